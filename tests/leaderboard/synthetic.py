"""Invented runs that look like real ones: logistic learning curves, falling entropy, seeds that differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rlenvs.leaderboard.curves import area_under_curve
from rlenvs.leaderboard.records import RunDirectory, RunSpec

# agent: final score, share of the budget at which half of it is reached, seconds for the budget
AGENTS = {
    "reinforce": (0.90, 0.45, 2.4),
    "a2c": (0.95, 0.40, 2.9),
    "ppo": (0.985, 0.20, 3.6),
    "grpo": (0.96, 0.30, 4.4),
    "grpo-clip_cov": (0.975, 0.32, 4.9),
    "sb3-ppo": (0.94, 0.50, 21.0),
}
# environment: difficulty, return of the random policy, return of an optimal one
ENVIRONMENTS = {
    "rlenvs/CatHouse-v0": (0.8, -32.4, 98.0),
    "rlenvs/CliffWalk-v0": (0.9, -812.0, -13.0),
    "rlenvs/FourRooms-v0": (1.2, 0.11, 1.0),
    "rlenvs/FrozenLake-v0": (1.6, 0.014, 0.74),
}


def write_run(
    root: Path, agent: str, env_id: str, seed: int, *, budget: int = 50_000, protocol: str = "demo@1", state: str = "ok"
) -> RunDirectory:
    """Writes one finished run below `root`."""
    name, _, variant = agent.partition("-") if agent.startswith("grpo") else (agent, "", "")
    config = {"gamma": 0.99, "learning_rate": 3e-3} | ({"variant": variant} if variant else {})
    spec = RunSpec(env_id, name, seed, budget, protocol, config=config)
    run = RunDirectory.open(root / spec.run_id, spec)
    if state != "ok":
        run.finish({}, state=state)
        return run
    rows = _metrics(agent, env_id, seed, budget)
    run.append("metrics", rows)
    run.append("episodes", [{"seed": 1, "return": rows[-1]["mean_return"], "length": 10}])
    curve = np.array([row["step"] for row in rows]), np.array([row["score"] for row in rows])
    _, low, high = ENVIRONMENTS[env_id]
    costs = {"env_steps": budget, "wall_s": rows[-1]["wall_s"], "env_steps_per_s": budget / rows[-1]["wall_s"]}
    scores = {"score": rows[-1]["score"], "mean_return": rows[-1]["mean_return"]}
    references = {"random_return": low, "optimal_return": high}
    run.finish({"label": agent, **scores, **references, **costs, "auc": area_under_curve(*curve, budget)})
    return run


def write_suite(
    root: Path,
    agents: Sequence[str] = tuple(AGENTS),
    environments: Sequence[str] = tuple(ENVIRONMENTS),
    seeds: int = 5,
    **arguments,
) -> Path:
    """Writes every agent's runs in every environment below `root`."""
    for agent in agents:
        for env_id in environments:
            for seed in range(seeds):
                write_run(root, agent, env_id, seed, **arguments)
    return root


def _metrics(agent: str, env_id: str, seed: int, budget: int) -> list[dict]:
    best, half, seconds = AGENTS[agent]
    difficulty, low, high = ENVIRONMENTS[env_id]
    rng = np.random.default_rng([seed, *map(ord, agent + env_id)])
    half, best = half * difficulty * rng.uniform(0.8, 1.25), 1 - (1 - best) * difficulty * rng.uniform(0.3, 1.7)
    shares = np.linspace(0, 1, 21)
    scores = best / (1 + np.exp(-(shares - half) * 16)) + rng.normal(0, 0.012, 21) * (shares > 0)
    scores = np.minimum(scores, 1.0)
    entropy = np.log(4) * (0.08 + 0.92 / (1 + np.exp((shares - half * 1.1) * 9))) + rng.normal(0, 0.015, 21)
    seconds *= rng.uniform(0.92, 1.1)
    rows = []
    for index, (share, score) in enumerate(zip(shares, scores, strict=True)):
        mean_return = low + score * (high - low)
        row = {"step": int(share * budget), "wall_s": float(seconds * share), "score": float(score)}
        row |= {"mean_return": float(mean_return), "rollout/ep_rew_mean": float(mean_return)}
        shares_of_time = {"time/env_s": 0.2 * seconds * share, "time/update_s": 0.6 * seconds * share}
        rows.append(row | shares_of_time | ({"entropy": float(entropy[index])} if index else {}))
    return rows
