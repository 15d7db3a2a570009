"""A small environment with exact answers, to test the leaderboard without the suite's own environments."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np

from rlenvs.leaderboard import evaluation
from rlenvs.leaderboard.episodes import play_episodes, sampled_choices, save_actions
from rlenvs.leaderboard.records import RunDirectory, RunSpec

ID = "tests/Corridor-v0"


class Corridor(gymnasium.Env):
    """Walk right from the first to the last cell: -1 a step; with probability `slip` it goes back."""

    def __init__(self, length: int = 4, slip: float = 0.1, step_limit: int = 30) -> None:
        self.num_states, self.slip, self.step_limit = length, slip, step_limit
        self.observation_space = gymnasium.spaces.Discrete(length)
        self.action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.cell, self.elapsed = 0, 0
        return self.cell, {}

    def step(self, action):
        forward = (action == 1) != (self.np_random.random() < self.slip)
        self.cell = max(0, self.cell + (1 if forward else -1))
        self.elapsed += 1
        terminated = self.cell == self.num_states - 1
        return self.cell, -1.0, terminated, self.elapsed >= self.step_limit, {}

    def all_observations(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        return np.arange(self.num_states)[start:stop]

    def expected_return(self, probabilities: np.ndarray) -> float:
        forward = probabilities[:, 1] * (1 - self.slip) + probabilities[:, 0] * self.slip
        cells = np.arange(self.num_states)
        values = np.zeros(self.num_states)
        for _ in range(self.step_limit):
            ahead, behind = values[np.minimum(cells + 1, cells[-1])], values[np.maximum(cells - 1, 0)]
            values = np.where(cells == cells[-1], 0.0, -1 + forward * ahead + (1 - forward) * behind)
        return float(values[0])

    def exact_scores(self, probabilities: np.ndarray) -> dict[str, float]:
        own = self.expected_return(probabilities)
        random = self.expected_return(np.full((self.num_states, 2), 0.5))
        optimal = self.expected_return(np.tile([0.0, 1.0], (self.num_states, 1)))
        score = (own - random) / (optimal - random)
        return {"mean_return": own, "random_return": random, "optimal_return": optimal, "score": score}


if ID not in gymnasium.registry:
    gymnasium.register(ID, entry_point=Corridor)


POLICY = np.tile([0.25, 0.75], (4, 1))


def write_corridor_run(path: Path, seed: int = 0, policy: np.ndarray = POLICY) -> RunSpec:
    """A finished run whose agent steps forward with probability 0.75."""
    spec = RunSpec(ID, "walker", seed, 1000, "demo@1")
    run = RunDirectory.open(path, spec)
    env = evaluation.make_evaluation_env(spec)
    seeds = evaluation.evaluation_seeds(spec.run_id, 100)
    envs = evaluation.make_evaluation_envs(spec, len(seeds))
    played = play_episodes(envs, sampled_choices(lambda seen: policy[seen], spec.run_id, 1000), seeds)
    scores, table = evaluation.exact_scores(env, lambda seen: policy[seen])
    run.append("episodes", played.rows)
    run.append("metrics", [{"step": 0, "wall_s": 0.0, "score": 0.0}, {"step": 1000, "wall_s": 1.0, **scores}])
    save_actions(path / "actions.npz", played, table)
    run.finish({**scores, "env_steps": 1000, "wall_s": 1.0})
    return spec
