"""Single errors at random places of an answer."""

from __future__ import annotations

from rlenvs.tasks.draws import Draws

DIGITS = "0123456789"


def slip(answer: str, draws: Draws, kinds: tuple[str, ...] = (DIGITS,)) -> str:
    """`answer` with one character replaced by another one of its kind; a leading zero only where there is no other.

    Raises:
        ValueError: No character is of a kind.
    """
    places = [place for place, character in enumerate(answer) if any(character in kind for kind in kinds)]
    if not places:
        raise ValueError(f"answer {answer!r} has no character that an error could replace")
    place = draws.choice(places)
    kind = next(kind for kind in kinds if answer[place] in kind)
    others = [other for other in kind if other != answer[place]]
    others = [other for other in others if not _leads(answer, place, other)] or others
    return answer[:place] + draws.choice(others) + answer[place + 1 :]


def swap(text: str, draws: Draws) -> str:
    """`text` with two characters that differ in each other's place; itself where all are equal."""
    first = draws.below(len(text))
    others = [place for place, character in enumerate(text) if character != text[first]]
    if not others:
        return text
    low, high = sorted((first, draws.choice(others)))
    return text[:low] + text[high] + text[low + 1 : high] + text[low] + text[high + 1 :]


def _leads(answer: str, place: int, digit: str) -> bool:
    """Whether a zero at `place` would lead a longer number."""
    starts = place == 0 or not answer[place - 1].isalnum()
    return digit == "0" and starts and answer[place + 1 : place + 2].isdigit()
