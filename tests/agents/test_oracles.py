from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.losses import clamp_log_ratio, clip_fractions, log_ratio
from agents.oracles.case import Case
from agents.oracles.check import Report, Tolerance, check_case, check_file
from scripts.check_oracles import main

FILE = Path(__file__).parent.parent / "data" / "oracles.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())["cases"]
NOT_COVERED = {
    "prime/agg/token-mean",
    "prime/agg/seq-mean-token-sum-norm",
    "prime/ppo_clip/agg_seq-mean-token-sum-norm",
}
COVERED = [case for case in CASES if case["id"] not in NOT_COVERED]


def named(name: str) -> dict[str, Any]:
    return copy.deepcopy(next(case for case in CASES if case["id"] == name))


def run(raw: dict[str, Any]) -> Report:
    report = Report()
    check_case(Case.parse(raw, 0), Tolerance(2e-6, 1e-6), report)
    return report


def write(path: Path, *cases: Any, **header: Any) -> Path:
    path.write_text(json.dumps({"schema_version": 1, **header, "cases": list(cases)}))
    return path


def bump(value: Any) -> Any:
    """The first number of nested lists, off by a thousandth, absolute and relative."""
    return [bump(value[0]), *value[1:]] if isinstance(value, list) else value + 1e-3 + 1e-3 * abs(value)


def fill_padding(values: Any, mask: Any, garbage: float) -> Any:
    if isinstance(mask, list):
        return [fill_padding(v, m, garbage) for v, m in zip(values, mask, strict=True)]
    return values if mask or isinstance(values, list) else garbage


def test_every_reference_value_is_met() -> None:
    report = check_file(FILE)
    assert report.failed == []
    assert {name for name, _ in report.not_covered} == NOT_COVERED
    assert report.summary() == "74 passed, 0 failed, 3 not covered"


@pytest.mark.parametrize("raw", COVERED, ids=lambda raw: raw["id"])
def test_a_wrong_value_is_noticed(raw: dict[str, Any]) -> None:
    for name in set(raw["expected"]) - {"metrics", "loss_counts_over_600_seeds"}:
        wrong = copy.deepcopy(raw)
        wrong["expected"][name] = bump(wrong["expected"][name])
        if name == "loss_any_of":
            wrong["expected"][name] = [wrong["expected"][name][0]]
        report = run(wrong)
        assert len(report.failed) == 1 and report.failed[0][1].startswith(f"{name}: ")


@pytest.mark.parametrize(
    "raw", [raw for raw in COVERED if "response_mask" in raw["inputs"]], ids=lambda raw: raw["id"]
)
def test_garbage_in_the_padding_changes_nothing(raw: dict[str, Any]) -> None:
    dirty, mask = copy.deepcopy(raw), raw["inputs"]["response_mask"]
    for name, values in raw["inputs"].items():
        per_token = name not in ("response_mask", "group_index", "reward_baselines", "actions")
        dirty["inputs"][name] = fill_padding(values, mask, 1e30) if per_token else values
    assert run(dirty).passed == [raw["id"]]


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        (
            "verl/ppo_clip/01_symmetric_dualclip_c3",
            "clip_ratio_low clip_ratio_high clip_ratio_c loss_agg_mode",
        ),
        ("verl/clip_cov/01_on_policy_all_eligible_chosen", "clip_cov_lb clip_cov_ub loss_agg_mode"),
        ("verl/kl_cov/01_off_policy_top2_beta1", "ppo_kl_coef loss_agg_mode"),
        ("verl/gspo/03_paper_eps_3e-4_4e-4", "clip_ratio_low clip_ratio_high loss_agg_mode"),
        ("verl/cispo/01", "clip_ratio_low clip_ratio_high loss_agg_mode"),
        ("verl/sapo/01", "tau_pos tau_neg loss_agg_mode"),
        ("verl/gmpo/01_geo_mean", "clip_ratio_low clip_ratio_high"),
        ("verl/value_loss/clip0.5", "cliprange_value coef loss_agg_mode"),
        ("verl/adv/grpo/binary", "norm_by_std eps std"),
        ("verl/adv/gae/llm_lam1", "gamma lam"),
        ("trl/grpo_loss/bnpo", "clip_ratio_c delta beta importance_sampling_level loss_agg_mode"),
        ("trl/adv/grpo_group/binary", "scale_rewards eps"),
        ("gem/rebn", "eps std"),
        ("vapo/lambda_len1000", "alpha"),
        ("sb3/gae_g0.99_l0.95_lastdone0", "gamma gae_lambda"),
    ],
)
def test_missing_parameters_take_the_references_default(name: str, defaults: str) -> None:
    raw = named(name)
    for parameter in defaults.split():
        raw["params"].pop(parameter, None)
    assert run(raw).passed == [name]


def test_parameters_are_read_and_not_guessed() -> None:
    raw = named("verl/ppo_clip/01_symmetric_dualclip_c3")
    for parameter, value in (
        ("clip_ratio_high", 0.5),
        ("clip_ratio_c", None),
        ("loss_agg_mode", "token-sum"),
    ):
        changed = copy.deepcopy(raw)
        changed["params"][parameter] = value
        assert run(changed).failed, parameter
    without_dual_clip = named("trl/grpo_loss/bnpo")
    without_dual_clip |= {"algorithm": "ppo_clip", "params": {"clip_ratio": 0.2, "clip_ratio_c": None}}
    assert run(without_dual_clip).passed
    gspo = named("verl/gspo/01_token_form")
    gspo["params"]["loss_agg_mode"] = "token-mean"
    assert run(gspo).passed  # verl's GSPO ignores it


def test_trl_gspo_agrees_with_verl() -> None:
    raw = named("verl/gspo/01_token_form")
    raw["params"] |= {"importance_sampling_level": "sequence"}
    assert run(raw | {"algorithm": "grpo_trl"}).passed


@pytest.mark.parametrize(
    "raw", [raw for raw in COVERED if raw["algorithm"] == "ppo_clip" and "metrics" in raw["expected"]],
    ids=lambda raw: raw["id"],
)  # fmt: skip
def test_clip_fractions_add_up_to_the_references(raw: dict[str, Any]) -> None:
    tensors = {name: torch.tensor(values, dtype=torch.float64) for name, values in raw["inputs"].items()}
    mask = tensors["response_mask"]
    d = clamp_log_ratio(log_ratio(tensors["log_prob"], tensors["old_log_prob"], mask))
    widths = raw["params"]["clip_ratio_low"], raw["params"]["clip_ratio_high"]
    low, high = clip_fractions(d, tensors["advantages"], mask, *widths)
    assert (low + high).item() == pytest.approx(raw["expected"]["metrics"]["actor/pg_clipfrac"], abs=1e-6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "new"}, "kind new"),
        ({"algorithm": "new"}, "algorithm new"),
        ({"params": {"temperature": 2}}, "parameter temperature"),
        ({"params": {"loss_agg_mode": "median"}}, "aggregation median"),
    ],
)
def test_what_is_unknown_is_not_covered(change: dict[str, Any], reason: str) -> None:
    assert run(named("verl/ppo_clip/01_symmetric_dualclip_c3") | change).not_covered[0][1] == reason


def test_a_refused_value_is_a_failure_with_a_reason() -> None:
    raw = named("verl/ppo_clip/01_symmetric_dualclip_c3")
    raw["params"]["clip_ratio_c"] = 0.5
    assert (
        run(raw).failed[0][1]
        == "ValueError: clip_ratio_c is 0.5: it must be above 1, or None for no dual clip"
    )


def test_tolerances_come_from_the_file(tmp_path: Path) -> None:
    raw = named("verl/kl/k1")
    raw["expected"]["per_token"][0][0] += 0.01
    header: dict[str, Any] = {"conventions": {"tolerance": {"default": {"atol": 1e-6, "rtol": 1e-6}}}}
    assert check_file(write(tmp_path / "a.json", raw, **header)).failed
    header["conventions"]["tolerance"]["verl"] = {"atol": 0.02}
    assert check_file(write(tmp_path / "b.json", raw, **header)).passed
    header["conventions"]["tolerance"]["verl"] = "prose explains, it does not bind"
    assert check_file(write(tmp_path / "c.json", raw, **header)).failed
    assert check_file(write(tmp_path / "d.json", raw | {"tolerance": {"atol": 0.02}}, **header)).passed


def test_the_command_reports_and_exits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(FILE)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "74 passed, 0 failed, 3 not covered"
    wrong = named("verl/kl/k1")
    wrong["expected"]["per_token"][0][1] = 0.0
    assert main([str(write(tmp_path / "wrong.json", wrong)), str(FILE)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "FAILED: verl/kl/k1: per_token: -0.5, expected 0 (1 of 4 differ)",
        "74 passed, 1 failed, 3 not covered",
    ]


GOOD = named("verl/kl/k1")
MALFORMED = {
    "no JSON text": "{",
    "no list of cases": "[]",
    "non-empty field 'cases'": '{"cases": []}',
    "case 0 is str, not an object": json.dumps({"cases": ["x"]}),
    "case 'verl/kl/k1' has no field 'kind'": json.dumps(
        {"cases": [{k: GOOD[k] for k in GOOD if k != "kind"}]}
    ),
    "params is list, expected dict": json.dumps({"cases": [GOOD | {"params": []}]}),
    "inputs has no ref_log_prob": json.dumps({"cases": [GOOD | {"inputs": {"log_prob": [[1.0]]}}]}),
    "inputs.log_prob is no array of numbers": json.dumps(
        {"cases": [GOOD | {"inputs": {"log_prob": [[1.0], [1.0, 2.0]], "ref_log_prob": [[1.0]]}}]}
    ),
    "expected is empty": json.dumps({"cases": [GOOD | {"expected": {}}]}),
    "conventions.tolerance is no object": json.dumps({"conventions": {"tolerance": 3}, "cases": [GOOD]}),
    "tolerance is {'atol': 'x'}": json.dumps({"cases": [GOOD | {"tolerance": {"atol": "x"}}]}),
}


@pytest.mark.parametrize("message", MALFORMED)
def test_a_malformed_file_is_one_line(
    message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.json"
    path.write_text(MALFORMED[message])
    assert main([str(path)]) == 2
    output = capsys.readouterr()
    assert output.out == "" and message in output.err
    assert output.err.count("\n") == 1 and output.err.startswith(f"error: {path}: ")


def test_a_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.json")]) == 2
    assert (
        capsys.readouterr().err
        == f"error: {tmp_path / 'none.json'}: cannot be read (No such file or directory)\n"
    )
