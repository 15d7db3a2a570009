"""Pong on the Arcade Learning Environment.

In reading order: `rules` (what may be chosen), `emulator` and `palette` (the console and its colours), `sticky` and
`game` (one game under the rules: seeds, sticky actions, frame skip, limit), `area`, `preprocessing`, `kernels` and
`ram` (what an agent sees), `observers`, `member` (game and observer together), `env` (one), `crew`, `infos` and
`vector` (many), `workers`, `helper`, `worker`, `shared` and `balance` (many in several processes), `rendering`.
`native` is Pong without an emulator.
"""
