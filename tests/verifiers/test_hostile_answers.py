"""Responses that try to be rewarded, to run code, to hang the verifier, or to break it."""

from __future__ import annotations

import ast
import asyncio
import concurrent.futures
import multiprocessing
from pathlib import Path

import pytest

import rlenvs.verifiers
from rlenvs.verifiers.math import equivalent, verify
from tests.verifiers.answers_data import HOSTILE, text_of

CATEGORIES = sorted({case["category"] for case in HOSTILE})
HONEST = [("42", r"\boxed{42}"), (r"\frac12", "0.5"), ("x^2-1", "$(x-1)(x+1)$"), ("[2,5]", r"2 \le x \le 5")]
ROOM = Path(rlenvs.verifiers.__file__).parent
EVALUATORS = {
    "eval",
    "exec",
    "compile",
    "sympify",
    "parse_expr",
    "parse_latex",
    "__import__",
    "system",
    "S",
    "lambdify",
}


def judge(case: tuple[str, str]) -> tuple[float, str, str]:
    verdict = verify(*case)
    return verdict.reward, verdict.status, verdict.detail["stage"]


def test_the_set_is_large() -> None:
    assert sum(not case["right"] for case in HOSTILE) >= 150


@pytest.mark.parametrize("category", CATEGORIES)
def test_hostile_responses_get_nothing_and_honest_ones_their_reward(category: str) -> None:
    wrong = []
    for case in (case for case in HOSTILE if case["category"] == category):
        verdict = verify(case["gold"], text_of(case["response"]))
        if (verdict.reward == 1.0) != case["right"] or (verdict.status == "error" and case["gold"] != "nan"):
            wrong.append((text_of(case["response"])[:80], verdict.status, verdict.detail))
    assert wrong == []


@pytest.mark.parametrize("extraction", ["strict", "exact"])
def test_no_mode_of_extraction_rewards_a_hostile_response(extraction: str) -> None:
    for case in HOSTILE:
        if not case["right"]:
            assert verify(case["gold"], text_of(case["response"]), extraction).reward == 0.0, case


def test_no_code_was_run() -> None:
    for case in HOSTILE:
        if case["category"] == "injection":
            verify(case["gold"], text_of(case["response"]))
            equivalent(text_of(case["response"]), case["gold"])
    assert not Path("/tmp/pwned").exists()


def test_right_answers_stay_right_after_every_costly_one() -> None:
    for case in (case for case in HOSTILE if case["category"] in ("cost", "nesting")):
        verify(case["gold"], text_of(case["response"]))
        for gold, response in HONEST * 5:
            assert verify(gold, response).reward == 1.0


def test_threads_and_other_processes_judge_hostile_responses_alike() -> None:
    cases = [(case["gold"], text_of(case["response"])) for case in HOSTILE[::3]]
    expected = [judge(case) for case in cases]
    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        assert list(executor.map(judge, cases)) == expected
    with multiprocessing.get_context("spawn").Pool(1) as processes:
        assert processes.map_async(judge, cases).get(timeout=120) == expected


def test_an_event_loop_judges_hostile_responses_alike() -> None:
    cases = [(case["gold"], text_of(case["response"])) for case in HOSTILE if case["category"] == "cost"][::2]

    async def gather() -> list[tuple[float, str, str]]:
        return list(await asyncio.gather(*(asyncio.to_thread(judge, case) for case in cases)))

    assert asyncio.run(gather()) == [judge(case) for case in cases]


def test_hostile_gold_answers_neither_raise_nor_reward() -> None:
    for case in (case for case in HOSTILE if not case["right"]):
        gold = text_of(case["response"])[:3000]
        if gold:
            assert verify(gold, "7919").status in ("wrong", "error", "malformed")


def test_the_room_never_evaluates_text() -> None:
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                owner = getattr(getattr(node.func, "value", None), "id", "")
                assert name not in EVALUATORS or (owner, name) == ("re", "compile"), f"{path.name}: {name}"
