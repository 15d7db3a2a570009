"""Rewards for the form of a response, and their composition."""

from __future__ import annotations

import pytest

from rlenvs.verifiers.composition import compose, potential_shaping
from rlenvs.verifiers.format import (
    language_consistency,
    length_reward,
    overlong_penalty,
    tag_count_format,
    think_answer_format,
)


@pytest.mark.parametrize(
    ("response", "reward"),
    [
        ("<think>a</think><answer>b</answer>", 1.0),
        ("  <think>a\nb</think>\n<answer>b</answer>\n", 1.0),
        ("<think></think><answer>b</answer>", 0.0),
        ("<think>a</think><answer> </answer>", 0.0),
        ("<think>a</think>x<answer>b</answer>", 0.0),
        ("<think>a</think><answer>b</answer> and more", 0.0),
        ("<answer>b</answer><think>a</think>", 0.0),
        ("<think>a</think><answer>b</answer><answer>c</answer>", 0.0),
        ("<think>a<think>b</think></think><answer>c</answer>", 0.0),
        ("b", 0.0),
    ],
)
def test_think_answer_format(response: str, reward: float) -> None:
    assert think_answer_format(response) == reward


def test_the_prompt_may_open_the_thought() -> None:
    assert think_answer_format("a</think><answer>b</answer>", starts_in_thought=True) == 1.0
    assert think_answer_format("<think>a</think><answer>b</answer>", starts_in_thought=True) == 0.0


def test_tags_are_counted_once_each() -> None:
    assert tag_count_format("<think>a</think><answer>b</answer>") == 1.0
    assert tag_count_format("<think>a</think>") == 0.5
    assert tag_count_format("<think><think></think><answer></answer>") == 0.75
    assert tag_count_format("") == 0.0


@pytest.mark.parametrize(
    ("response", "share"),
    [
        ("only English here", 1.0),
        ("", 1.0),
        ("1 + 1 = 2", 1.0),
        ("abc абв", 0.5),
        ("Просто текст $x^2$ и \\boxed{y}", 1.0),
        ("日本語の文です", 1.0),
        ("中文 ab", 0.5),
        (r"\alpha \beta абв", 1.0),
    ],
)
def test_language_consistency(response: str, share: float) -> None:
    assert language_consistency(response) == share


@pytest.mark.parametrize(("length", "penalty"), [(0, 0.0), (80, 0.0), (90, -0.5), (100, -1.0), (150, -1.0)])
def test_overlong_penalty_is_dapos(length: int, penalty: float) -> None:
    assert overlong_penalty(length, max_length=100, buffer=20) == penalty


def test_length_reward_falls_to_zero() -> None:
    assert [length_reward(length, 10) for length in (0, 5, 10, 20)] == [1.0, 0.5, 0.0, 0.0]


@pytest.mark.parametrize("call", [lambda: overlong_penalty(1, 10, 0), lambda: overlong_penalty(1, 10, 11)])
def test_a_buffer_lies_within_the_limit(call) -> None:
    with pytest.raises(ValueError, match="buffer is"):
        call()


@pytest.mark.parametrize("call", [lambda: overlong_penalty(-1, 10, 5), lambda: length_reward(-1, 10)])
def test_lengths_are_not_negative(call) -> None:
    with pytest.raises(ValueError, match="length is -1"):
        call()


def test_composition_keeps_every_component() -> None:
    composed = compose({"answer": 1.0, "format": 0.5, "length": -1.0}, {"answer": 1.0, "format": 0.1, "length": 0.0})
    assert composed.reward == 1.05
    assert composed.info() == {"reward/answer": 1.0, "reward/format": 0.5, "reward/length": -1.0}


@pytest.mark.parametrize(
    ("components", "weights", "message"),
    [
        ({"answer": 1.0}, {}, r"weights lack \['answer'\]"),
        ({}, {"answer": 1.0}, r"name \['answer'\]"),
        ({"answer": float("nan")}, {"answer": 1.0}, "answer is nan"),
    ],
)
def test_composition_names_what_is_wrong(components, weights, message) -> None:
    with pytest.raises(ValueError, match=message):
        compose(components, weights)


def test_potential_shaping_telescopes() -> None:
    potentials, gamma = [2.0, 5.0, 1.0, 0.0], 0.9
    shaped = [potential_shaping(*pair, gamma) for pair in zip(potentials, potentials[1:], strict=False)]
    assert sum(gamma**step * reward for step, reward in enumerate(shaped)) == pytest.approx(-2.0)
