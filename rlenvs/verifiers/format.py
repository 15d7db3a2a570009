"""Rewards for how a response is written: its tags, its script, its length. Pure functions of text and counts.

All of them are shaping that is *not* potential-based: they can change which response is best. Compose them with small
weights (`composition`), and report them beside the reward for the answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_TAGS = re.compile(r"</?(?:think|answer)>")
_IN_ORDER = ["<think>", "</think>", "<answer>", "</answer>"]
_FORMULA = re.compile(r"\$[^$]*\$|\\\[.*?\\\]|\\\(.*?\\\)|\\boxed\{[^{}]*\}", re.DOTALL)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_TOGETHER = {"CJK": "HAN", "HIRAGANA": "JAPANESE", "KATAKANA": "JAPANESE", "HANGUL": "HANGUL"}


def think_answer_format(response: str, starts_in_thought: bool = False) -> float:
    """1.0 for exactly ``<think>...</think>`` then ``<answer>...</answer>`` and nothing else around, else 0.0.

    Both passages must hold text. DeepSeek-R1's format reward (Guo et al. 2025, section 2.2.2).

    Args:
        response: What the model wrote.
        starts_in_thought: Whether the prompt already ended with ``<think>``.
    """
    text = ("<think>" if starts_in_thought else "") + response.strip()
    tags = list(_TAGS.finditer(text))
    if [tag[0] for tag in tags] != _IN_ORDER:
        return 0.0
    before, thought_end, answer_start, end = tags
    thought = text[before.end() : thought_end.start()].strip()
    between = text[thought_end.end() : answer_start.start()].strip()
    answer = text[answer_start.end() : end.start()].strip()
    around = text[: before.start()] + text[end.end() :]
    return float(bool(thought) and bool(answer) and not between and not around.strip())


def tag_count_format(response: str) -> float:
    """A quarter for each of the four tags that occurs exactly once: partial credit for `think_answer_format`."""
    counts = Counter(_TAGS.findall(response))
    return sum(counts[tag] == 1 for tag in _IN_ORDER) / len(_IN_ORDER)


def language_consistency(response: str) -> float:
    """The share of letters in the script that most letters have; 1.0 without letters.

    Formulas and LaTeX commands do not count, nor do scripts within formulas. Chinese characters in a Japanese text are
    Japanese. DeepSeek-R1's language consistency reward (Guo et al. 2025, section 2.3.2) counts words of a target
    language; scripts need no word list, and do not tell English from French.
    """
    text = _COMMAND.sub(" ", _FORMULA.sub(" ", response))
    counts = Counter(_script(character) for character in text if character.isalpha())
    if counts["JAPANESE"]:
        counts["JAPANESE"] += counts.pop("HAN", 0)
    return max(counts.values()) / counts.total() if counts.total() else 1.0


def overlong_penalty(length: int, max_length: int, buffer: int) -> float:
    """DAPO's soft overlong punishment, 0.0 to -1.0.

    0 up to ``max_length - buffer``, then falling linearly to -1 at `max_length` and beyond (Yu et al. 2025, eq. 13).

    Args:
        length: Tokens of the response.
        max_length: The token limit.
        buffer: Over how many tokens before the limit the penalty grows.
    """
    if not 0 < buffer <= max_length:
        raise ValueError(f"buffer is {buffer}: it must be from 1 to max_length ({max_length})")
    if length < 0:
        raise ValueError(f"length is {length}: it must be 0 or more")
    return max(-1.0, min(0.0, (max_length - buffer - length) / buffer))


def length_reward(length: int, max_length: int) -> float:
    """1.0 for nothing, falling linearly to 0.0 at `max_length` and beyond: prefers short responses of equal worth."""
    if max_length < 1 or length < 0:
        raise ValueError(f"length is {length} of {max_length}: both must be positive")
    return max(0.0, 1.0 - length / max_length)


def _script(character: str) -> str:
    """The script of a letter: the first word of its Unicode name."""
    name = unicodedata.name(character, "OTHER").split()[0]
    return _TOGETHER.get(name, name)
