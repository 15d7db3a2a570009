"""How much faster SB3's PPO trains through the native door: `python -m scripts.bench_sb3`.

Both ways train the same model with the same number of steps an update, in one process and taking turns; each number
is the median over the rounds of environment steps per second of `learn`, updates included. `ratio` compares equal
numbers of environments: the door alone. `ratio to 8` compares with SB3's usual eight in `DummyVecEnv`: the door and
the larger batches in the policy that it makes affordable (large `DummyVecEnv`s gain from those as well).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecEnv

from agents.runtime import configure_torch
from rlenvs.integrations.sb3 import make_sb3_vec_env

STEPS_PER_UPDATE = 8192
USUAL_ENVS = 8

WAYS: dict[str, Callable[[str, int], VecEnv]] = {
    "DummyVecEnv": lambda env_id, count: make_vec_env(env_id, count, seed=0),
    "SB3VecEnv": lambda env_id, count: make_sb3_vec_env(env_id, count, seed=0),
}


def make_model(env: VecEnv) -> PPO:
    """PPO with SB3's defaults but for the sizes: batches of 2,048 of `STEPS_PER_UPDATE`, four epochs."""
    steps = STEPS_PER_UPDATE // env.num_envs
    return PPO("MlpPolicy", env, n_steps=steps, batch_size=2048, n_epochs=4, seed=0, device="cpu")


def steps_per_second(model: PPO) -> float:
    """Speed of one more update."""
    start = time.perf_counter()
    model.learn(STEPS_PER_UPDATE, reset_num_timesteps=False)
    return STEPS_PER_UPDATE / (time.perf_counter() - start)


def measure(env_id: str, num_envs: list[int], rounds: int) -> dict[tuple[str, int], float]:
    """Median speed by way and number of environments, all rounds interleaved after a warm-up."""
    models = {(way, n): make_model(make(env_id, n)) for n in num_envs for way, make in WAYS.items()}
    speeds: dict[tuple[str, int], list[float]] = {case: [] for case in models}
    for _ in range(rounds + 1):
        for case, model in models.items():
            speeds[case].append(steps_per_second(model))
    return {case: statistics.median(values[1:]) for case, values in speeds.items()}


def rows_of(speeds: dict[tuple[str, int], float]) -> list[dict[str, float]]:
    """A row a number of environments: both speeds and both ratios."""
    rows = []
    for n in sorted({n for _, n in speeds}):
        dummy, native = speeds["DummyVecEnv", n], speeds["SB3VecEnv", n]
        usual = speeds["DummyVecEnv", USUAL_ENVS]
        rows.append(
            {"environments": n, "DummyVecEnv": dummy, "SB3VecEnv": native}
            | {"ratio": native / dummy, f"ratio to {USUAL_ENVS}": native / usual}
        )
    return rows


def main() -> None:
    """Prints a row a number of environments."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_sb3", description=__doc__)
    parser.add_argument("--env", default="rlenvs/FourRooms-v0", help="environment id")
    parser.add_argument("--num-envs", type=int, nargs="+", default=[8, 64, 1024], help="numbers of environments")
    parser.add_argument("--rounds", type=int, default=5, help="measured updates of each model (default 5)")
    parser.add_argument("--threads", type=int, default=1, help="PyTorch threads (default 1)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args()
    configure_torch(options.threads)
    rows = rows_of(measure(options.env, sorted({USUAL_ENVS, *options.num_envs}), options.rounds))
    if options.json:
        print(json.dumps({"env": options.env, "rows": rows}, indent=2))
        return
    table = Table(title=f"Steps per second of SB3 PPO on {options.env}", title_justify="left")
    for heading in rows[0]:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            *(f"{value:.2f}x" if name.startswith("ratio") else f"{value:,.0f}" for name, value in row.items())
        )
    Console().print(table)


if __name__ == "__main__":
    main()
