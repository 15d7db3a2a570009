"""Pong on the Arcade Learning Environment.

In reading order: `rules` (what may be chosen), `emulator` and `palette` (the console and its colours), `game` (one game
under the rules: seeds, sticky actions, frame skip, limit), `area`, `preprocessing` and `ram` (what an agent sees),
`observers`, `member` (game and observer together), `env` (one), `crew` and `vector` (many), `rendering`.
"""
