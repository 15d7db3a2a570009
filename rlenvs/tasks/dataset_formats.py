"""The published forms of mathematical data sets: which fields a row has, and where its gold answer stands.

A form is recognised by the fields of a file's first row; the first entry of `FORMATS` that fits is taken. To read
another one, add an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rlenvs.verifiers.boxes import boxes

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Format:
    """A published form.

    Attributes:
        name: What it is called in messages and records.
        problem: The field of the problem's text.
        answer: The field that holds the gold answer.
        gold: Takes the gold answer from that field; raises ValueError with the reason if it cannot.
        others: Further fields by which the form is recognised.
        details: Fields that go to `Problem.meta` where a row has them.
    """

    name: str
    problem: str
    answer: str
    gold: Callable[[Any], str]
    others: tuple[str, ...] = ()
    details: tuple[str, ...] = ()

    def fits(self, row: Row) -> bool:
        """Whether a row is of this form; an answer that cannot be taken is another form's."""
        if not {self.problem, self.answer, *self.others} <= row.keys():
            return False
        return self.gold is not after_mark or "####" in str(row[self.answer])


def after_mark(value: Any) -> str:
    """What follows GSM8K's last ``####``."""
    _, mark, answer = _text(value).rpartition("####")
    if not mark:
        raise ValueError("it has no line '#### answer'")
    return answer.strip().replace(",", "")


def last_box(value: Any) -> str:
    r"""What the last ``\boxed{}`` of a solution holds."""
    found = boxes(_text(value))
    if not found:
        raise ValueError(r"it has no \boxed{answer}")
    return found[-1].text.strip()


def answer_text(value: Any) -> str:
    """A string, or a number: AMC's 142.0 is 142."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _text(value)


def answer_list(value: Any) -> str:
    """OlympiadBench's list of answers, mostly of one, each in dollar signs; several are one answer with commas."""
    if not isinstance(value, list) or not value:
        raise ValueError(f"it is {value!r:.60}, not a list of answers")
    return ", ".join(_text(part).strip("$ ") for part in value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"it is {value!r:.60}, not a text")
    return value.strip()


FORMATS = (
    Format(
        "OlympiadBench",
        "question",
        "final_answer",
        answer_list,
        details=("id", "subfield", "answer_type", "unit", "error", "is_multiple_answer"),
    ),
    Format("GSM8K", "question", "answer", after_mark),
    Format("OMNI-MATH", "problem", "answer", answer_text, ("difficulty",), ("domain", "difficulty", "source")),
    Format("MATH-500", "problem", "answer", answer_text, ("subject", "level"), ("subject", "level", "unique_id")),
    Format("MATH", "problem", "solution", last_box, ("level", "type"), ("type", "level")),
    Format("Minerva", "problem", "solution", last_box, ("type",), ("type", "idx")),
    Format("AIME", "Problem", "Answer", answer_text, details=("ID",)),
    Format("AIME or AMC", "problem", "answer", answer_text, details=("id", "year", "url")),
    Format("AMC", "question", "answer", answer_text, details=("id", "url")),
)


def recognised(row: Row) -> Format | None:
    """The form of a row; None if no entry fits."""
    return next((form for form in FORMATS if form.fits(row)), None)
