"""The interface of the math verifier: golds, modes, batches, bad input."""

from __future__ import annotations

import json
import pickle

import pytest

from rlenvs.verifiers.math import check_gold, equivalent, verify, verify_many
from rlenvs.verifiers.verdict import STATUSES, Verdict


def test_a_verdict_is_plain_data() -> None:
    verdict = verify("42", r"So \boxed{41}")
    assert verdict == Verdict(0.0, "wrong", "41", {"stage": "integer", "source": "box", "reason": "the numbers differ"})
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert json.loads(json.dumps(verdict.detail)) == verdict.detail
    assert verdict.status in STATUSES


def test_any_of_several_golds_is_accepted() -> None:
    assert verify(["1/2", "2"], r"\boxed{0.5}").reward == 1.0
    assert verify(["1/2", "2"], r"\boxed{2}").reward == 1.0
    assert verify(["1", "2"], "2").reward == 1.0
    assert verify(["1", "2"], "3").reward == 0.0


@pytest.mark.parametrize(
    ("extraction", "response", "status"),
    [
        ("auto", "42", "correct"),
        ("auto", "six times seven makes 42", "correct"),
        ("strict", "42", "no_answer"),
        ("strict", "six times seven makes 42", "no_answer"),
        ("strict", "The answer is 42.", "correct"),
        ("exact", "42", "correct"),
        ("exact", "six times seven makes 42", "wrong"),
        ("exact", "", "no_answer"),
    ],
)
def test_modes_of_extraction(extraction: str, response: str, status: str) -> None:
    assert verify("42", response, extraction).status == status


def test_a_batch_gives_the_verdicts_of_single_calls() -> None:
    golds = ["42", "-7", ["1", "2"], r"\frac12", "x^2"]
    responses = ["42", "-8", "2", "0.5", r"\boxed{x \cdot x}"]
    verdicts = verify_many(golds, responses)
    assert verdicts == [verify(gold, response) for gold, response in zip(golds, responses, strict=True)]
    assert [verdict.reward for verdict in verdicts] == [1.0, 0.0, 1.0, 1.0, 1.0]


def test_restating_the_question_can_be_refused() -> None:
    assert equivalent("56088", r"123 \times 456")
    assert not equivalent("56088", r"123 \times 456", reject_unevaluated=True)
    assert verify("4", r"\boxed{2+2}", reject_unevaluated=True).status == "wrong"


@pytest.mark.parametrize(
    ("gold", "answers"),
    [
        ("4", ["4", "4.0", "x = 4", "-(-4)", "4 cm", "2+2 = 4", "400\\%"]),
        (r"\frac{5}{6}", [r"\frac56", "5/6", r"\frac{-5}{-6}"]),
        (r"\frac{9}{4}", ["2.25", r"2\frac14", "9/4"]),
        ("3000", [r"3 \times 10^3", "3e3", "3,000"]),
        ("2^{10}", ["1024", "2^{10}"]),
        (r"2\sqrt{3}", [r"\sqrt{12}"]),
        ("x^2-1", ["(x-1)(x+1)"]),
        ("(2, 3)", ["(2, 3)", "x = 2, y = 3"]),
    ],
)
def test_what_is_worked_out_passes(gold: str, answers: list[str]) -> None:
    for answer in answers:
        assert verify(gold, rf"\boxed{{{answer}}}", reject_unevaluated=True).reward == 1.0, answer


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("46", "92/2"),
        ("46", "12+34"),
        ("46", "x = 92/2"),
        (r"\frac{5}{6}", "1/2+1/3"),
        (r"\frac{1}{2}", r"\frac{4}{8}"),
        ("8", "2^3"),
        ("120", "5!"),
        ("(2, 3)", "(1+1, 3)"),
        (r"\frac{\pi^2}{6}", r"\sum_{n=1}^\infty \frac{1}{n^2}"),
        ("e-2", r"\int_0^1 x^2 e^x dx"),
    ],
)
def test_what_restates_the_question_does_not(gold: str, answer: str) -> None:
    assert equivalent(gold, answer)
    assert verify(gold, rf"\boxed{{{answer}}}", reject_unevaluated=True).reward == 0.0


def test_an_outcome_tells_stage_and_reason() -> None:
    outcome = equivalent(r"\{1,2\}", r"\{1,2,3\}")
    assert not outcome and outcome.stage == "structure" and outcome.reason == "3 answers instead of 2"
    assert bool(equivalent("1", "1")) is True


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("", "1"), ValueError, "gold is empty"),
        (([], "1"), ValueError, "gold is an empty list"),
        ((5, "1"), TypeError, "gold is 5"),
        (("1", None), TypeError, "response is NoneType"),
        (("1", "2", "loose"), ValueError, "extraction is 'loose'"),
    ],
)
def test_bad_input_is_named(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        verify(*arguments)


def test_a_batch_needs_one_gold_a_response() -> None:
    with pytest.raises(ValueError, match="golds has 1 entries and responses 2"):
        verify_many(["1"], ["1", "2"])


@pytest.mark.parametrize("gold", ["nan", " ", "\\boxed{\\color{red}1}", "1\x00", "(" * 100 + "1" + ")" * 100])
def test_a_gold_answer_that_cannot_be_read_is_an_error_not_a_zero(gold: str) -> None:
    assert verify(gold, "1 and more").status == "error"
    with pytest.raises(ValueError, match="gold is"):
        check_gold(gold)


@pytest.mark.parametrize("gold", ["42", "9" * 5000, r"\frac12", "Paris", "no solution"])
def test_readable_gold_answers_pass(gold: str) -> None:
    check_gold(gold)
