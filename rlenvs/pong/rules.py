"""How Pong is played and seen: the arguments of the environments, their defaults and checks."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from rlenvs.foundation.checks import boolean, finite_number, integer_from, one_of, positive_integer

ALL_ACTIONS = (
    *("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT"),
    *("UPFIRE", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE", "UPRIGHTFIRE", "UPLEFTFIRE", "DOWNRIGHTFIRE", "DOWNLEFTFIRE"),
)
"""ALE's actions by number. RIGHT moves Pong's paddle up, LEFT moves it down; with FIRE it smashes, see `SMASH`."""

SMASH = "a ball that the paddle hits while FIRE is held flies a pixel a frame faster, up to four, until the point ends"
"""What the button does: the six actions of `MINIMAL_ACTIONS` are not three pairs of equals."""

MINIMAL_ACTIONS = ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE")
LARGEST_FRAME_LIMIT = 100_000_000
_T = TypeVar("_T")


@dataclass(frozen=True)
class Defaults:
    """What an observation stands for if nothing else is asked for."""

    actions: tuple[str, ...]
    repeat_action_probability: float = 0.0
    max_pool: bool = False
    stack_size: int = 1


DEFAULTS = {
    "stack": Defaults(MINIMAL_ACTIONS, repeat_action_probability=0.25, max_pool=True, stack_size=4),
    "fast": Defaults(("NOOP", "RIGHT", "LEFT"), max_pool=True, stack_size=4),
    "difference": Defaults(("RIGHT", "LEFT")),
    "ram": Defaults(("NOOP", "RIGHT", "LEFT")),
}
"""By observation; all but "stack" leave FIRE out, and with it the smash."""


@dataclass(frozen=True)
class Rules:
    """What was chosen; the attributes are the arguments of `make_rules`."""

    observation: str
    actions: tuple[str, ...]
    repeat_action_probability: float
    noop_max: int
    frame_skip: int
    max_pool: bool
    stack_size: int
    max_num_frames_per_episode: int
    backend: str = "ale"

    @property
    def step_limit(self) -> int:
        """The largest number of steps that an episode may last."""
        return math.ceil(self.max_num_frames_per_episode / self.frame_skip)

    @property
    def action_codes(self) -> list[int]:
        """ALE's numbers of the actions."""
        return [ALL_ACTIONS.index(name) for name in self.actions]

    @property
    def fingerprint(self) -> bytes:
        """A digest that equal rules share."""
        return hashlib.sha256(repr(self).encode()).digest()


def make_rules(
    observation: str = "stack",
    repeat_action_probability: float | None = None,
    noop_max: int = 0,
    frame_skip: int = 4,
    full_action_space: bool = False,
    actions: Sequence[str] | None = None,
    max_pool: bool | None = None,
    stack_size: int | None = None,
    max_num_frames_per_episode: int = 108_000,
    backend: str = "ale",
) -> Rules:
    """Check the arguments and fill in what the observation stands for.

    Args:
        observation: "stack" (the last grey frames, 84x84), "fast" (the last frames of the field, 42x42, objects
            bright on black), "difference" (what changed since the last step, 80x80) or "ram" (ball and paddles).
        repeat_action_probability: at every frame the last action is kept with this probability (sticky actions;
            Machado et al. 2018). None: 0.25 with "stack", else 0.
        noop_max: an episode begins with 1 to this many frames of doing nothing, drawn uniformly; 0 for none.
        frame_skip: frames that an action lasts.
        full_action_space: all 18 actions of the console.
        actions: names of ALE actions, in the order of the action space, such as `["NOOP", "RIGHT", "LEFT"]`. None:
            ALE's six with "stack", up and down with "difference", else those three; without FIRE there is no smash.
        max_pool: show the pixelwise brightest of the last two frames. None: with "stack" and "fast".
        stack_size: how many frames "stack" and "fast" show, 4 if None; the others show one.
        max_num_frames_per_episode: the episode is truncated after so many frames, no-op frames counted.
        backend: "ale", the emulator, or "native", this package's own Pong: the same bits, faster.

    Raises:
        TypeError: a value of the wrong type.
        ValueError: a value out of range.
    """
    defaults = DEFAULTS[one_of(observation, tuple(DEFAULTS), "observation")]
    rules = Rules(
        observation=observation,
        actions=_actions(actions, boolean(full_action_space, "full_action_space"), defaults.actions),
        repeat_action_probability=_probability(_chosen(repeat_action_probability, defaults.repeat_action_probability)),
        noop_max=integer_from(0, noop_max, "noop_max"),
        frame_skip=positive_integer(frame_skip, "frame_skip"),
        max_pool=boolean(_chosen(max_pool, defaults.max_pool), "max_pool"),
        stack_size=positive_integer(_chosen(stack_size, defaults.stack_size), "stack_size"),
        max_num_frames_per_episode=positive_integer(max_num_frames_per_episode, "max_num_frames_per_episode"),
        backend=one_of(backend, ("ale", "native"), "backend"),
    )
    _check_together(rules, defaults)
    return rules


def _chosen(value: _T | None, default: _T) -> _T:
    return default if value is None else value


def _check_together(rules: Rules, defaults: Defaults) -> None:
    limit = rules.max_num_frames_per_episode
    if limit > LARGEST_FRAME_LIMIT:
        raise ValueError(f"max_num_frames_per_episode must be at most {LARGEST_FRAME_LIMIT}, got {limit}")
    if rules.noop_max >= limit:
        raise ValueError(f"noop_max must be below max_num_frames_per_episode={limit}, got {rules.noop_max}")
    if defaults.stack_size == 1 and rules.stack_size != 1:
        raise ValueError(f"stack_size must be 1 with observation={rules.observation!r}, got {rules.stack_size}")
    if rules.observation == "ram" and rules.max_pool:
        raise ValueError("max_pool=True needs a picture: observation='ram' shows none")


def _actions(names: Sequence[str] | None, full_action_space: bool, default: tuple[str, ...]) -> tuple[str, ...]:
    if names is None:
        return ALL_ACTIONS if full_action_space else default
    if full_action_space:
        raise ValueError(f"actions={names!r} and full_action_space=True exclude each other: give one of them")
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise TypeError(f"actions must be a list of ALE's names, such as ['NOOP', 'RIGHT', 'LEFT'], got {names!r}")
    if not names or len(set(names)) < len(names):
        raise ValueError(f"actions must be different names and at least one, got {list(names)!r}")
    return tuple(one_of(name, ALL_ACTIONS, "actions") for name in names)


def _probability(value: object) -> float:
    number = finite_number(value, "repeat_action_probability")
    if not 0 <= number <= 1:
        raise ValueError(f"repeat_action_probability must lie between 0 and 1, got {value}")
    return number
