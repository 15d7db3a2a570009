"""The study's matrix and its table."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from agents.entropy_study import METHODS, Outcome, markdown, specs


def finished(after: float, entropy: float) -> SimpleNamespace:
    scores = {"pass@1": 0.3, "pass@16": 0.9, "greedy": 0.4, "entropy": 0.4, "distinct": 2.5}
    steps = np.linspace(0, 1, 5)
    metrics = [{"step": step, "score": 0.3 + after * step, "entropy": 0.4 * np.exp(-step)} for step in steps]
    later = {**scores, "pass@1": 0.3 + after, "pass@16": 0.7, "entropy": entropy}
    return SimpleNamespace(result={"before": scores, "after": later}, metrics=[{"step": 0, "score": 0.3}, *metrics])


def test_all_methods_share_warm_start_problems_and_budget():
    wanted = specs(list(METHODS), 2, 51_200)
    assert len(wanted) == 2 * len(METHODS) == len({spec.run_id for spec in wanted})
    shared = ("warm_up_steps", "warm_up_seed", "wrong_share", "learning_rate", "minibatches", "group_size", "groups")
    assert len({tuple(spec.config[name] for name in shared) for spec in wanted}) == 1
    assert len({(spec.budget, spec.protocol, str(spec.env_kwargs)) for spec in wanted}) == 1
    assert [spec.seed for spec in wanted] == [0] * len(METHODS) + [1] * len(METHODS)


def test_controls_take_as_many_tokens_as_clip_cov():
    of = dict(zip(METHODS, specs(list(METHODS), 1, 51_200), strict=True))
    for control in ("random tokens", "random A > 0"):
        one, other = of["Clip-Cov"].config, of[control].config
        assert {name for name in one if one[name] != other[name]} == {"selection", "variant"}


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method 'sgd' is not known"):
        specs(["sgd"], 1, 100)


def test_the_table_tells_changes_in_points_and_the_share_of_entropy_kept():
    table = markdown([Outcome("grpo", [finished(0.10, 0.2), finished(0.06, 0.3)])])
    row = [cell.strip() for cell in table.splitlines()[-1].split("|")[1:-1]]
    assert row[:3] == ["grpo", "2", "+8.0 (+6.0 to +10.0)"]
    assert row[3] == "-20.0 (-20.0 to -20.0)" and row[5] == "0.62 (0.50 to 0.75)"
    exponential, linear = (float(part.strip("()")) for part in row[7].split())
    assert 0.9 < exponential <= 1 and 0.9 < linear <= 1
