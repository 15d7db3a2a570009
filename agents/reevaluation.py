"""Playing a record's evaluation again with its own policy."""

from __future__ import annotations

from typing import Any

from agents.examination import Probabilities, play_for
from rlenvs.leaderboard import evaluation
from rlenvs.leaderboard.records import RunRecord


def reevaluate(record: RunRecord, probabilities: Probabilities, episodes: int | None = None) -> dict[str, Any]:
    """Scores the policy in a fresh environment and plays its public episodes.

    Args:
        record: a finished run.
        probabilities: its policy.
        episodes: how many; None for those that were recorded, which must come out bit for bit on the same machine.

    Returns:
        `numbers` (name to recorded and new value), `identical`, `difference` (the first one, in words), `episodes` and
        `recorded_episodes`, of which the new and the recorded means over episodes are.

    Raises:
        ValueError: fewer than one episode.
    """
    count = len(record.episodes) if episodes is None else episodes
    if count < 1:
        raise ValueError(f"episodes={count}: play at least one")
    env, seeds = evaluation.make_evaluation_env(record.spec), evaluation.evaluation_seeds(record.run_id, count)
    played = play_for(record.spec, probabilities, int(record.result["env_steps"]), seeds)
    numbers = {"episodes_mean_return": (float(record.result["episodes_mean_return"]), played.mean_return)}
    if evaluation.offers_exact_scores(env):
        scores, _ = evaluation.exact_scores(env, probabilities)
        numbers |= {name: (float(record.result[name]), value) for name, value in scores.items()}
    env.close()
    difference = _difference(record, played.rows, numbers)
    told = {"numbers": numbers, "identical": not difference, "difference": difference}
    return {**told, "episodes": count, "recorded_episodes": len(record.episodes)}


def _difference(record: RunRecord, rows: list[dict[str, Any]], numbers: dict[str, tuple[float, float]]) -> str:
    """The first thing that differs; empty where nothing does."""
    for old, new in zip(record.episodes, rows, strict=False):
        if old != new:
            return f"the episode of seed {new['seed']} returned {new['return']!r}, recorded is {old['return']!r}"
    for name, (recorded, now) in numbers.items():
        if recorded != now and (name != "episodes_mean_return" or len(rows) == len(record.episodes)):
            return f"{name} is {now!r}, recorded is {recorded!r}"
    return ""
