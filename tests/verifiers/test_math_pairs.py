"""The verifier on gold answers and predictions of every category, right and wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from rlenvs.verifiers.math import equivalent, verify
from tests.verifiers.answers_data import PAIRS

CATEGORIES = sorted({pair["category"] for pair in PAIRS})


def test_the_set_is_large_and_has_both_labels_everywhere() -> None:
    labels = Counter((pair["category"], pair["equal"]) for pair in PAIRS)
    assert len(PAIRS) >= 400
    assert all(labels[category, equal] for category in CATEGORIES for equal in (True, False) if category != "trap")


@pytest.mark.parametrize("category", CATEGORIES)
def test_pairs_are_judged_as_labelled(category: str) -> None:
    pairs = [pair for pair in PAIRS if pair["category"] == category]
    wrong = [pair for pair in pairs if bool(equivalent(pair["gold"], pair["prediction"])) != pair["equal"]]
    assert wrong == []


@pytest.mark.parametrize("wrapped", [r"Hence \boxed{%s}.", "<think>hm</think><answer>%s</answer>", "%s"])
def test_responses_get_the_verdict_of_their_answer(wrapped: str) -> None:
    wrong = []
    for pair in PAIRS:
        verdict = verify(pair["gold"], wrapped.replace("%s", pair["prediction"], 1))
        if (verdict.reward == 1.0) != pair["equal"]:
            wrong.append((pair["gold"], pair["prediction"], verdict))
    assert wrong == []


def test_an_answer_equals_itself_and_equality_has_no_order() -> None:
    for pair in PAIRS:
        assert equivalent(pair["prediction"], pair["prediction"]) or pair["prediction"] in ("nan",)
        if pair["equal"] and pair["category"] not in ("base", "choice", "decimal"):
            assert equivalent(pair["prediction"], pair["gold"]), pair


def test_few_pairs_need_a_proof() -> None:
    stages = Counter(equivalent(pair["gold"], pair["prediction"]).stage for pair in PAIRS)
    assert stages["proof"] <= 0.05 * len(PAIRS)
