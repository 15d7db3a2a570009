"""Trees compared part by part: in order, in any order, row by row; `compare` decides on two parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rlenvs.verifiers.outcome import Outcome, different, same
from rlenvs.verifiers.tree import CONTAINERS, Tree, children

Compare = Callable[[Tree, Tree], Outcome]


def compare_in_order(gold: Sequence[Tree], prediction: Sequence[Tree], compare: Compare) -> Outcome:
    """As many parts, each equal to the other's in its place."""
    if len(gold) != len(prediction):
        return different("structure", f"{len(prediction)} parts instead of {len(gold)}")
    for right, answer in zip(gold, prediction, strict=True):
        outcome = compare(right, answer)
        if not outcome:
            return outcome
    return same("structure")


def compare_unordered(gold: Tree, prediction: Tree, compare: Compare) -> Outcome:
    """Lists or sets with equal parts in any order; in a set equal ones count once."""
    right, answers = list(gold.args), list(prediction.args)
    if "set" in (gold.head, prediction.head):
        right, answers = list(dict.fromkeys(right)), list(dict.fromkeys(answers))
    if "set" in (gold.head, prediction.head) and len(right) != len(answers):
        right = _distinct(right, len(right), compare)
        answers = _distinct(answers, len(right) + 1, compare)
    if len(right) != len(answers):
        return different("structure", f"{len(prediction.args)} answers instead of {len(right)}")
    for item in right:
        for place, answer in enumerate(answers):
            if compare(item, answer):
                del answers[place]
                break
        else:
            return different("structure", "an answer is missing")
    return same("structure")


def compare_rows(gold: Tree, prediction: Tree, compare: Compare) -> Outcome:
    """Matrices of one shape with equal entries; a tuple is as good as a matrix of one row or column."""
    if gold.head == prediction.head:
        if len(gold.args) != len(prediction.args) or len(gold.args[0]) != len(prediction.args[0]):
            return different("structure", "the matrices have different shapes")
        return compare_in_order(tuple(children(gold)), tuple(children(prediction)), compare)
    if {gold.head, prediction.head} == {"matrix", "tuple"} and 1 in _shape(
        gold if gold.head == "matrix" else prediction
    ):
        return compare_in_order(tuple(children(gold)), tuple(children(prediction)), compare)
    return different("structure", "one is a matrix, the other is not")


def compare_sets(gold: Tree, prediction: Tree, compare: Compare) -> Outcome:
    """Sets that are not on the line: the same head, the same parts."""
    if gold.head != prediction.head or len(gold.args) != len(prediction.args):
        return different("structure", "one is a set that the other is not")
    if gold.head == "interval" and gold.args[2:] != prediction.args[2:]:
        return different("structure", "an end is open in one and closed in the other")
    if gold.head == "domain":
        return different("structure", "the sets differ")
    if gold.head == "union":
        return compare_unordered(gold, prediction, compare)
    return compare_in_order(tuple(children(gold)), tuple(children(prediction)), compare)


def compare_repeated(gold: Tree, prediction: Tree, compare: Compare) -> Outcome:
    """One answer against a list of it in several forms: ``1/2 or 0.5``."""
    if gold.head not in CONTAINERS and prediction.head == "list":
        outcome = None
        for answer in prediction.args:
            if not (outcome := compare(gold, answer)):
                break
        if outcome:
            return outcome
    return different("structure", f"{len(prediction.args)} answers instead of one")


def _distinct(items: Sequence[Tree], most: int, compare: Compare) -> list[Tree]:
    """Items that differ in value, no more than are needed."""
    result: list[Tree] = []
    for item in items:
        if len(result) < most and not any(compare(other, item) for other in result):
            result.append(item)
    return result


def _shape(matrix: Tree) -> tuple[int, int]:
    return len(matrix.args), len(matrix.args[0])
