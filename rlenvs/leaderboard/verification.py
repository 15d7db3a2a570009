"""Checks of a run record that need no trust in who wrote it, in tiers of rising cost.

0 complete: the record is whole and keeps to its protocol; milliseconds.
1 re-scored: the recorded actions are replayed in a fresh environment and the recorded policy table is scored again;
  seconds. Reveals edited returns and scores, and data files that have changed since. Does not reveal a policy table
  that no network of the run produced.
2 re-evaluated: the record's own policy is loaded and evaluated again, in another process; seconds.
  Does not reveal a policy that was not trained as the record says: for that the run must be reproduced.

See `rlenvs.leaderboard.reproduction` for training again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from rlenvs.leaderboard.data_files import check_data_files
from rlenvs.leaderboard.episodes import Episodes, replay_episodes
from rlenvs.leaderboard.evaluation import (
    checked_probabilities,
    evaluation_seeds,
    make_evaluation_env,
    make_evaluation_envs,
    offers_exact_scores,
    protocol,
    scores_of,
)
from rlenvs.leaderboard.files import RecordError
from rlenvs.leaderboard.provenance import PACKAGE
from rlenvs.leaderboard.reading import ACTIONS, RunRecord, read_run

TIERS = ("complete", "re-scored", "re-evaluated")
TOLERANCE = 1e-9  # of exact scores, which sum in an order that the platform's BLAS may choose
TIMEOUT_S = 600


@dataclass(frozen=True)
class Verdict:
    """The outcome of one tier, with its reason in one line."""

    tier: int
    passed: bool
    reason: str

    def __str__(self) -> str:
        return f"tier {self.tier} {TIERS[self.tier]}: {'passed' if self.passed else 'FAILED'}: {self.reason}"


def verify(path: str | Path, tier: int = 1) -> list[Verdict]:
    """Checks one run up to `tier`; stops at the first tier that fails.

    Raises:
        ValueError: There is no such tier.
    """
    if tier not in range(len(TIERS)):
        raise ValueError(f"tier is {tier}: choose 0 (complete), 1 (re-scored) or 2 (re-evaluated)")
    try:
        record = read_run(path)
    except RecordError as error:
        return [Verdict(0, False, str(error))]
    verdicts = []
    for number, check in enumerate((_complete, _rescored, _reevaluated)[: tier + 1]):
        verdicts.append(_verdict(number, check, record))
        if not verdicts[-1].passed:
            break
    return verdicts


def _verdict(tier: int, check: Callable[[RunRecord], str], record: RunRecord) -> Verdict:
    """Runs a check, which returns what it found good or raises a one-line error about what it did not."""
    try:
        return Verdict(tier, True, check(record))
    except (ValueError, gymnasium.error.Error) as error:
        return Verdict(tier, False, str(error))


def _complete(record: RunRecord) -> str:
    rules = protocol(record.spec.protocol)
    rules.check(record.spec)
    for problem in _problems(record, rules.eval_episodes):
        raise RecordError(problem)
    steps, episodes = record.result["env_steps"], len(record.episodes)
    return f"{steps:,} of {record.spec.budget:,} steps, {episodes} episodes on the public seeds"


def _problems(record: RunRecord, eval_episodes: int) -> Iterator[str]:
    """What is wrong; only the first is of use, for later checks rely on it."""
    result, budget = record.result, record.spec.budget
    if record.state != "ok":
        yield f"the run ended as {record.state!r}"
    for name in ("score", "mean_return", "env_steps"):
        if not isinstance(result.get(name), int | float):
            yield f"result has no number {name!r}"
    if max([result["env_steps"], *(row.get("step", 0) for row in record.metrics)]) > budget:
        yield f"more steps were taken than the budget of {budget:,}"
    if [row.get("seed") for row in record.episodes] != evaluation_seeds(record.run_id, eval_episodes):
        yield f"episodes.jsonl does not hold the {eval_episodes} episodes of the run's public seeds, in order"


def _rescored(record: RunRecord) -> str:
    check_data_files(record.provenance.get("datasets", ()), record.spec)
    actions, policy = _load_actions(record)
    env, envs = make_evaluation_env(record.spec), make_evaluation_envs(record.spec, len(actions))
    try:
        replayed = replay_episodes(envs, [row["seed"] for row in record.episodes], actions)
        _compare_rows(record, replayed)
        reason = f"{len(actions)} episodes replayed bit for bit"
        if not offers_exact_scores(env):
            for name, value in scores_of(record.spec.env_id, replayed.mean_return).items():
                _compare_number(record, name, value)
            return reason
        for name, value in _table_scores(env, policy).items():
            _compare_number(record, name, value)
        return f"{reason}, exact score {record.result['score']:.6f} computed again from the policy's table"
    finally:
        env.close()
        envs.close()


def _load_actions(record: RunRecord) -> tuple[list[list[int]], np.ndarray | None]:
    file = record.path / ACTIONS
    try:
        with np.load(file, allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
        bounds = arrays["offsets"]
        actions = [arrays["actions"][i:j].tolist() for i, j in zip(bounds[:-1], bounds[1:], strict=True)]
    except (OSError, ValueError, KeyError):
        raise RecordError(f"{file} is missing or holds no actions: copy the whole directory or train again") from None
    if len(actions) != len(record.episodes):
        raise RecordError(f"{file} holds {len(actions)} episodes, episodes.jsonl {len(record.episodes)}")
    return actions, arrays.get("policy")


def _table_scores(env: Any, policy: np.ndarray | None) -> dict[str, float]:
    if policy is None:
        raise RecordError("actions.npz holds no policy table, although the environment's scores are exact")
    if policy.ndim != 2 or len(policy) != env.unwrapped.num_states:
        raise RecordError(
            f"the policy table has shape {policy.shape}, the environment {env.unwrapped.num_states} states"
        )
    return {name: float(value) for name, value in env.unwrapped.exact_scores(checked_probabilities(policy)).items()}


def _compare_rows(record: RunRecord, replayed: Episodes) -> None:
    for old, new in zip(record.episodes, replayed.rows, strict=True):
        for name, value in new.items():
            if old.get(name) != value:
                seed = new["seed"]
                raise RecordError(f"the episode of seed {seed} has {name} {value!r}, recorded is {old.get(name)!r}")


def _compare_number(record: RunRecord, name: str, value: float) -> None:
    recorded = record.result.get(name)
    if not isinstance(recorded, int | float) or abs(recorded - value) > TOLERANCE * max(1.0, abs(value)):
        raise RecordError(f"{name} is {value!r}, recorded is {recorded!r}")


def _reevaluated(record: RunRecord) -> str:
    """Runs the checkout's own evaluation: this package neither knows PyTorch nor the agents."""
    if not (PACKAGE.parent / "scripts" / "evaluate.py").is_file():
        raise RecordError("not checked, for it needs the agents: run from a checkout of the repository")
    command = [sys.executable, "-m", "scripts.evaluate", str(record.path.resolve()), "--verify", "--json"]
    try:
        done = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise RecordError(f"scripts.evaluate did not end within {TIMEOUT_S} s") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"scripts.evaluate exited with {done.returncode}"]
        raise RecordError(lines[-1].removeprefix("error: "))
    report = json.loads(done.stdout)
    return f"the recorded policy gave the same {report['episodes']} episodes and scores again, bit for bit"
