"""Run records, evaluation protocols, statistics and the leaderboard page."""
