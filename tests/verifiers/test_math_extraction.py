"""Where the answer of a response is found."""

from __future__ import annotations

import pytest

from rlenvs.verifiers.boxes import boxes, formulas, joined
from rlenvs.verifiers.extraction import extract


@pytest.mark.parametrize(
    ("response", "candidates", "source"),
    [
        (r"<answer>1</answer> \boxed{2}", ("1",), "answer tag"),
        (r"<answer>so \boxed{1}</answer>", ("1",), "answer tag"),
        (r"\boxed{1} #### 2", ("1",), "box"),
        ("#### 2\nThe answer is 3", ("2",), "mark"),
        ("#### Step 4: add all the numbers\n#### 7", ("7",), "mark"),
        ("The answer is 3. And 4.", ("3",), "anchor"),
        ("Final Answer: $x+1$ as shown", ("x+1",), "anchor"),
        ("**Answer:**\n42", ("42",), "anchor"),
        ("The answer is 3.5 because it is.", ("3.5",), "anchor"),
        (r"\frac{1}{2}", (r"\frac{1}{2}",), "bare"),
        ("no solution", ("no solution",), "bare"),
        (r"We see that $x = 5$ holds, and so on.", ("x = 5",), "formula"),
        (r"The roots are $x=1$ and $x=2$ as one sees.", ("x=1 , x=2",), "formula"),
        ("We add 3 to 4 and so we get 7 in the end", ("7",), "number"),
        ("It must be 3 or 4 in the end, we think", ("3 or 4",), "number"),
        ("It costs $1,250.50 in all, we think", ("$1,250.50",), "number"),
        (r"\boxed{\frac{1}{\sqrt{2}}}", (r"\frac{1}{\sqrt{2}}",), "box"),
        (r"\boxed{1} and \boxed{2}", ("1 , 2",), "box"),
        (r"\boxed{1}. Let me see, no: \boxed{2}", ("1", "2"), "box"),
        (r"\boxed{1}. So it is, as I said, \boxed{ 1 }", ("1",), "box"),
        (r"<think>\boxed{1}</think>\boxed{2}", ("2",), "box"),
    ],
)
def test_sources_speak_in_their_order(response: str, candidates: tuple[str, ...], source: str) -> None:
    found = extract(response)
    assert (found.candidates, found.source) == (candidates, source)


@pytest.mark.parametrize(
    "response",
    [
        "",
        "   ",
        "<think>42",
        r"<think>\boxed{42}</think> I do not know what it is, sorry.",
        "The answer is not 42",
        r"It is not \boxed{42}",
    ]
    + [r"\boxed{42", "nothing here is an answer at all"],
)
def test_responses_without_an_answer(response: str) -> None:
    found = extract(response)
    assert found.candidates == () and found.source == "none" and found.reason


def test_a_box_far_from_the_end_is_found() -> None:
    assert extract(r"\boxed{7}" + " and then words" * 5000).candidates == ("7",)
    assert extract("long thoughts " * 5000 + r"\boxed{7}").candidates == ("7",)


def test_boxes_are_outermost_and_closed() -> None:
    text = r"\boxed{a\boxed{b}} \boxed{c \boxed{d} \fbox {e}"
    assert [box.text for box in boxes(text)] == [r"a\boxed{b}", "d", "e"]
    assert [text[box.start : box.end] for box in boxes(text)][0] == r"\boxed{a\boxed{b}}"


def test_lists_of_boxes_are_joined_only_by_separators() -> None:
    text = r"\boxed{1}, \boxed{2} but \boxed{3}"
    assert [group.text for group in joined(text, boxes(text))] == ["1 , 2", "3"]


def test_formulas_of_one_kind_of_delimiter() -> None:
    assert [formula.text for formula in formulas(r"a \(x\) b \(y\) c")] == ["x", "y"]
    assert formulas("no formula") == []
