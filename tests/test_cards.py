"""Environment cards: complete for every id, and equal to what the live environment says."""

from __future__ import annotations

import gymnasium as gym
import pytest

from rlenvs.card_sections.parts import split_docstring
from rlenvs.cards import card
from rlenvs.catalog import find_entry
from rlenvs.registration import ENVIRONMENTS

SECTIONS = (
    "Description",
    "Action space",
    "Observation space",
    "Starting state",
    "Rewards",
    "Episode end",
    "Arguments",
    "Information",
    "Reference scores",
    "Determinism",
    "Version history",
)


@pytest.mark.parametrize("entry", ENVIRONMENTS, ids=[entry.id for entry in ENVIRONMENTS])
def test_cards_have_gymnasiums_sections_in_order(entry) -> None:
    text = card(entry)
    assert text.startswith(f"# {entry.id}\n\n{entry.summary}.\n")
    assert tuple(line[3:] for line in text.splitlines() if line.startswith("## ")) == SECTIONS
    assert "|  |" not in text, "an argument has no meaning given"
    env = gym.make(entry.id, render_mode="ansi")
    env.reset(seed=0)
    assert env.render().rstrip() in text
    assert f"`{env.action_space}`" in text


def test_numbers_come_from_the_tables() -> None:
    text = card(find_entry("cliffwalk"))
    for fact in (
        "Discrete(48)",
        "| random | -1083 | 0 |",
        "| optimal | -13 | 1 |",
        "one of: -100, -1.",
        "entering `G`",
    ):
        assert fact in text
    maze = card(find_entry("maze"))
    assert "Drawn uniformly from 10,000 of 490,000 states" in maze and "not offered" in maze
    assert "Moves are random" in card(find_entry("frozenlake"))
    assert "Moves are deterministic" in card(find_entry("cathouse"))


def test_pongs_cards_tell_which_actions_smash() -> None:
    pong, fast = card(find_entry("pong")), card(find_entry("pongfast"))
    assert "| 4 | `RIGHTFIRE` | up, smash |" in pong and "| 2 | `RIGHT` | up |" in pong and "Smash: a ball" in pong
    assert "No action has FIRE" in fast


def test_arguments_come_from_the_signature_and_the_docstring() -> None:
    text = card(find_entry("deepsea"))
    assert "| `size` | `10` | number of rows" in text
    for name in ("autoreset_mode", "group_size", "independent_noise", "observation", "render_mode"):
        assert f"| `{name}` |" in text


def test_docstrings_are_split_into_text_and_arguments() -> None:
    def documented(first: int, second: int) -> None:
        """What it does.

        More of it.

        Args:
            first: one
                and more.
            second: two.

        Raises:
            ValueError: never.
        """

    assert split_docstring(documented) == (
        "What it does.\n\nMore of it.",
        {"first": "one and more.", "second": "two."},
    )
