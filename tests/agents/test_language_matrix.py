"""The matrix of agents and text tasks, and its table."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agents.language_matrix import AGENTS, BUDGET, TASKS, Cell, finding, specs
from agents.text_tasks import WARM_UPS
from rlenvs.tasks.catalog import CODE_TASKS


def finished(agent: str, task: str, seed: int, after: float, before: float = 0.3, error: float = 1e-9):
    rates = {"before": before, "after": after}
    scores = {when: {"pass@1": rate, "standard_error": error, "problems": 100.0} for when, rate in rates.items()}
    name, _, level = task.partition(":")
    config = {"variant": ""}
    spec = SimpleNamespace(
        agent=agent, config=config, seed=seed, budget=BUDGET, env_kwargs={"task": name, "level": int(level)}
    )
    return SimpleNamespace(spec=spec, result=scores)


def test_the_matrix_is_of_different_runs_at_equal_samples_from_one_warm_start_a_task():
    wanted = specs(AGENTS, TASKS, 2, BUDGET)
    assert len({spec.run_id for spec in wanted}) == len(wanted) == 2 * len(AGENTS) * len(TASKS)
    assert {spec.budget for spec in wanted} == {BUDGET}
    for task in TASKS:
        name = task.partition(":")[0]
        warm_ups = [
            tuple((key, value) for key, value in spec.config.items() if key.startswith(("warm_up", "wrong", "model")))
            for spec in wanted
            if spec.env_kwargs["task"] == name
        ]
        assert len(set(warm_ups)) == 1 and WARM_UPS.get(name, {}).items() <= dict(warm_ups[0]).items()
        assert dict(warm_ups[0])["warm_up_seed"] == 0
    assert len({spec.env_kwargs["task"] for spec in wanted[: len(TASKS)]}) == len(
        TASKS
    )  # workers warm up different ones


def test_five_families_with_one_of_code_and_three_kinds_of_critic():
    names = {task.partition(":")[0] for task in TASKS}
    assert len(names) >= 5 and names & set(CODE_TASKS)
    ppo = [spec.config["critic"] for spec in specs(AGENTS, TASKS[:1], 1, BUDGET) if spec.agent == "ppo"]
    assert {"detached", "shared", "separate"} == set(ppo)


def test_the_table_counts_what_was_surely_learned_and_puts_the_best_first():
    rates = {("ppo", "sort:3"): (0.80, 0.81, 0.82), ("ppo", "steps:1"): (0.2, 0.5, 0.3)}
    rates |= {("grpo", "sort:3"): (0.90, 0.91, 0.92), ("grpo", "steps:1"): (0.60, 0.61, 0.62)}
    records = [
        finished(*key, seed, after) for seed in range(3) for key, found in rates.items() for after in [found[seed]]
    ]
    table = finding(records)
    first, second = table.rows
    assert table.heads == ("agent", "sort:3", "steps:1", "mean after", "learned")
    # 4.303 * 0.01 / sqrt(3) to either side
    gains = ("30.0 to 91.0: +61.0 [+58.5, +63.5]", "30.0 to 61.0: +31.0 [+28.5, +33.5]")
    assert first == ("grpo", *gains, "76.0", "2 of 2")
    assert second[0] == "ppo" and second[3:] == ("57.2", "1 of 2")
    assert "3 seeds of 12,288 responses" in table.note


def test_problems_widen_the_interval_whatever_the_seeds_say():
    cell = Cell([finished("ppo", "sort:1", seed, 0.5, error=0.01) for seed in range(3)])
    low, high = cell.gain.interval
    assert (low, high) == pytest.approx((0.2 - 1.96 * 0.01 * 2**0.5, 0.2 + 1.96 * 0.01 * 2**0.5), abs=1e-4)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_where_all_problems_fared_alike_the_interval_has_wilsons_reach(rate):
    """Of 100 alike it reaches 1.96^2 / (100 + 1.96^2) = 3.70 points; before and after together sqrt(2) times that."""
    records = [finished("ppo", "sort:1", seed, rate, rate, error=0.0) for seed in range(3)]
    percent = f"{100 * rate:.1f}"
    assert finding(records).rows[0][1:] == (f"{percent} to {percent}: +0.0 [-5.2, +5.2]", percent, "0 of 1")
    assert "nan" not in Cell([finished("ppo", "sort:1", 0, rate, rate, error=0.0)]).text


def test_the_title_names_the_tasks():
    assert finding([finished("ppo", "sort:1", 0, 0.5)]).title == "What each agent learned on sort:1"


@pytest.mark.parametrize(
    ("agents", "seeds", "message"),
    [
        (["grpo@text", "grpo"], 1, "agent 'grpo' has network='auto': .* name a text preset, such as grpo@text"),
        (["sb3-ppo"], 1, "setting"),
        (["grpo@text"], 0, "seeds is 0: there would be nothing to train; choose 1 or more"),
    ],
)
def test_what_trains_no_language_model_is_refused_before_training(agents, seeds, message):
    with pytest.raises(ValueError, match=message):
        specs(agents, ["sort:1"], seeds, BUDGET)


def test_what_fell_was_not_learned():
    records = [finished("ppo", "sort:1", seed, 0.1 + 0.001 * seed) for seed in range(3)]
    assert finding(records).rows[0][-1] == "0 of 1"
