"""The study's matrix and its tables."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from agents.answer_statistics import tries_reported
from agents.entropy_fit import fit_of_run
from agents.entropy_study import METHODS, VARIATIONS, Outcome, findings, pass_rates, specs


def finished(after: float, entropy: float, seed: int = 0) -> SimpleNamespace:
    scores = {"pass@1": 0.3, "pass@4": 0.6, "pass@16": 0.9, "greedy": 0.4, "entropy": 0.4, "distinct": 2.5}
    curve = [(0.4 * float(np.exp(-step)), 0.3 + after * float(step)) for step in np.linspace(0, 1, 5)]
    later = {**scores, "pass@1": 0.3 + after, "pass@16": 0.7, "entropy": entropy}
    result = {"before": scores, "after": later, "entropy_fit": fit_of_run(curve)}
    spec = SimpleNamespace(seed=seed, env_kwargs={"task": "countdown", "level": 1})
    return SimpleNamespace(result=result, spec=spec)


def configs(*methods: str, **settings) -> list[dict]:
    return [spec.config for spec in specs(methods, 1, 51_200, settings=settings)]


def test_all_methods_share_warm_start_problems_and_budget():
    wanted = specs(list(METHODS), 2, 51_200)
    assert len(wanted) == 2 * len(METHODS) == len({spec.run_id for spec in wanted})
    shared = ("warm_up_steps", "warm_up_seed", "wrong_share", "learning_rate", "minibatches", "group_size", "groups")
    assert len({tuple(spec.config[name] for name in shared) for spec in wanted}) == 1
    assert len({(spec.budget, spec.protocol, str(spec.env_kwargs)) for spec in wanted}) == 1
    assert [spec.seed for spec in wanted] == [0] * len(METHODS) + [1] * len(METHODS)


def test_the_warm_start_is_clean_and_long_enough_for_countdown():
    (config,) = configs("grpo")
    assert (config["warm_up_steps"], config["warm_up_learning_rate"], config["wrong_share"]) == (1600, 2e-3, 0.0)


def test_controls_take_as_many_tokens_as_clip_cov():
    of = dict(zip(METHODS, configs(*METHODS), strict=True))
    for control in ("random tokens", "random A > 0"):
        one, other = of["Clip-Cov"], of[control]
        assert {name for name in one if one[name] != other[name]} == {"selection", "variant"}


def test_the_papers_ratio_differs_from_clip_cov_in_ratio_and_bounds_alone():
    one, other = configs("Clip-Cov", "paper's ratio")
    differing = {name: other[name] for name in one if one[name] != other[name]}
    assert differing == {"selection_ratio": 2e-4, "selection_lower": 1.0, "variant": "clip-cov-paper"}
    assert other["selection_upper"] == 5.0 and other["selection_bounds"] == "absolute"


def test_variations_are_no_part_of_the_study_and_end_as_grpo_where_they_say_so():
    assert not set(METHODS) & set(VARIATIONS)
    grpo, *varied = configs("grpo", *VARIATIONS)
    for name, config in zip(VARIATIONS, varied, strict=True):
        ends = "then GRPO" in name
        assert config["selection_ratio"] == (0.03 if "0.03" in name else 0.1)
        assert config.get("selection_until") == (0.6 if ends else None)
        assert (config["clip_ratio_low"] == config["clip_ratio_high"] == grpo["clip_ratio_low"]) == ends


def test_the_control_differs_from_what_it_controls_by_how_tokens_are_chosen():
    selected, chance = configs("Clip-Cov 0.03 then GRPO", "random 0.03 then GRPO")
    assert {name for name in selected if selected[name] != chance[name]} == {"selection", "variant"}
    assert chance["selection"] == "random"


def test_settings_stand_above_the_methods_and_task_and_protocol_can_be_chosen():
    settings = {"learning_rate_end": 0.25, "warm_up_steps": 3200, "selection_ratio": 0.05}
    (spec,) = specs(["Clip-Cov 0.03"], 1, 163_840, 7, "countdown:2", settings, "text-long@1")
    assert settings.items() <= spec.config.items() and spec.config["learning_rate"] == 2e-4
    assert (spec.seed, dict(spec.env_kwargs)) == (7, {"task": "countdown", "level": 2})
    with pytest.raises(ValueError, match="protocol text@1 allows at most 51,200"):
        specs(["grpo"], 1, 163_840)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method 'sgd' is not known"):
        specs(["sgd"], 1, 100)


def test_what_leaves_nothing_to_compare_is_refused_before_training():
    with pytest.raises(ValueError, match="seeds is 0: there would be nothing to train; choose 1 or more"):
        specs(["grpo"], 0, 51_200)
    with pytest.raises(ValueError, match="agent 'grpo' has network='mlp': this table is of language models"):
        specs(["grpo"], 1, 51_200, settings={"network": "mlp"})


@pytest.mark.parametrize(
    ("tries", "rates"),
    [
        (16, ["pass@1", "pass@4", "pass@16"]),
        (5, ["pass@1", "pass@4", "pass@5"]),
        (4, ["pass@1", "pass@4"]),
        (2, ["pass@1", "pass@2"]),
        (1, ["pass@1"]),
    ],
)
def test_the_tables_have_the_pass_rates_of_their_records(tries, rates):
    outcomes = [Outcome(method, [finished(0.1, 0.2)]) for method in ("grpo", "Clip-Cov")]
    scores = {f"pass@{k}": 0.5 for k in tries_reported(tries)} | {"greedy": 0.4, "entropy": 0.4, "distinct": 2.5}
    for outcome in outcomes:
        outcome.runs[0].result.update(before=scores, after=scores)
    changes, differences = findings(outcomes)
    assert list(changes.heads[2 : 2 + len(rates)]) == list(differences.heads[2:]) == rates == pass_rates(outcomes)


def test_titles_and_notes_name_the_task():
    for table in findings([Outcome(method, [finished(0.1, 0.2)]) for method in ("grpo", "Clip-Cov")]):
        assert table.title.endswith(" on countdown:1") and table.note.startswith("Task countdown:1. ")
    with pytest.raises(ValueError, match="outcomes hold no run"):
        findings([])


def test_the_table_tells_changes_in_points_and_the_share_of_entropy_kept():
    (table,) = findings([Outcome("grpo", [finished(0.10, 0.2), finished(0.06, 0.3)])])
    (row,) = table.rows
    assert row[:3] == ("grpo", "2", "+8.0 [-17.4, +33.4]")  # 12.706 * 2.83 / sqrt(2) to either side
    assert row[3] == "+0.0 [+0.0, +0.0]" and row[4] == "-20.0 [-20.0, -20.0]" and row[6].startswith("0.62 [")
    exponential, linear = (float(part.strip("()")) for part in row[8].split())
    assert 0.9 < exponential <= 1 and 0.9 < linear <= 1


def test_runs_whose_score_stood_still_are_left_out_of_the_fits():
    still, moved = Outcome("grpo", [finished(0.0, 0.2)]), Outcome("grpo", [finished(0.0, 0.2), finished(0.1, 0.2, 1)])
    assert still.fits() == [] and len(moved.fits()) == 1
    (table,) = findings([still])
    assert table.rows[0][8] == ""


def test_methods_are_compared_with_grpo_seed_by_seed():
    """What a seed does to both methods cancels: changes differ between seeds, their differences do not."""
    grpo = Outcome("grpo", [finished(gain, 0.2, seed) for seed, gain in enumerate((0.02, 0.10, 0.06))])
    other = Outcome("Clip-Cov", [finished(gain, 0.3, seed) for seed, gain in enumerate((0.03, 0.11, 0.07))])
    changes, differences = findings([grpo, other])
    assert [row[0] for row in changes.rows] == ["grpo", "Clip-Cov"]
    assert differences.rows == (("Clip-Cov", "3", "+1.0 [+1.0, +1.0]", *["+0.0 [+0.0, +0.0]"] * 2),)
