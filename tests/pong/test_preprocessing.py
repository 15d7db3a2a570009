"""The three pictures: against OpenCV, against Karpathy's own lines, and what the field must show."""

from __future__ import annotations

import importlib.util

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.pong import preprocessing
from rlenvs.pong.palette import BACKGROUND, GREY, OPPONENT, PLAYER, RGB, WHITE
from tests.pong.consoles import frames_of_random_play

SHAPES = {"grey_84": (84, 84), "field_42": (42, 42), "karpathy_80": (80, 80)}


def made(name: str, *screens: np.ndarray, module=preprocessing) -> np.ndarray:
    out = np.full(SHAPES[name], 77, np.uint8)
    getattr(module, name)(screens, out)
    return out


def random_screens(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Screens of any colours; half of them with runs of equal rows, as the console's have."""
    screens = 2 * rng.integers(128, size=(count, 210, 160), dtype=np.uint8)
    if rng.random() < 0.5:
        screens = screens[:, np.sort(rng.integers(210, size=210))]
    return list(np.ascontiguousarray(screens))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_grey_84_is_opencvs_area_interpolation(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(40):
        screens = random_screens(rng, count)
        grey = np.max([GREY[screen] for screen in screens], axis=0)
        expected = cv2.resize(grey, (84, 84), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(made("grey_84", *screens), expected)


@pytest.mark.parametrize("name", SHAPES)
def test_compiled_frames_are_the_same(name: str) -> None:
    pytest.importorskip("numba")
    from rlenvs.pong import kernels

    rng = np.random.default_rng(1)
    play = [screen for screen, _ in frames_of_random_play(60)]
    for i in range(40):
        screens = random_screens(rng, 2 + (i == 0)) if i % 2 else play[i : i + 2]
        np.testing.assert_array_equal(made(name, *screens, module=kernels), made(name, *screens))


def test_changes_are_coded() -> None:
    before, now = np.array([[0, 0, 1, 1]], np.uint8), np.array([[0, 1, 0, 1]], np.uint8)
    modules = [preprocessing]
    if importlib.util.find_spec("numba"):
        modules.append(importlib.import_module("rlenvs.pong.kernels"))
    for module in modules:
        out = np.empty((1, 4), np.uint8)
        module.change(before, now, out)
        assert out.tolist() == [[128, 255, 0, 128]]


def karpathy(rgb: np.ndarray) -> np.ndarray:
    """`prepro` of pg-pong.py: "crop, downsample by factor of 2, erase background, everything else to 1"."""
    picture = rgb[35:195][::2, ::2, 0].copy()
    picture[picture == 144] = 0
    picture[picture == 109] = 0
    picture[picture != 0] = 1
    return picture


def test_karpathy_80_is_karpathys() -> None:
    for screen, _ in frames_of_random_play(300):
        np.testing.assert_array_equal(made("karpathy_80", screen), karpathy(RGB[screen]))
    rng = np.random.default_rng(0)
    first, second = random_screens(rng, 2)
    both = karpathy(RGB[first]) | karpathy(RGB[second])
    np.testing.assert_array_equal(made("karpathy_80", first, second), both)


@settings(max_examples=60)
@given(st.integers(0, 158), st.integers(0, 156), st.integers(0, 158), st.integers(0, 156))
def test_field_42_never_loses_the_ball(x: int, y: int, other_x: int, other_y: int) -> None:
    first, second = (np.full((210, 160), BACKGROUND, np.uint8) for _ in range(2))
    first[34 + y : 38 + y, x : x + 2] = WHITE
    second[34 + other_y : 38 + other_y, other_x : other_x + 2] = WHITE
    field = made("field_42", first, second).astype(int)
    pixels = np.count_nonzero((first == WHITE) | (second == WHITE))
    # Where the two balls lie in one block it may be saturated, at eight pixels.
    assert min(field.sum(), 255 * np.count_nonzero(field)) >= 32 * 8 - 1
    assert field.sum() <= 32 * pixels
    assert field[1 + y // 4, 1 + x // 4] > 0 and field[1 + other_y // 4, 1 + other_x // 4] > 0


def test_field_42_counts_pixels() -> None:
    screen = np.full((210, 160), BACKGROUND, np.uint8)
    screen[:34] = WHITE  # scores and the border are no part of the field
    screen[194:] = WHITE
    screen[34:37, 0] = PLAYER
    screen[190:194, 156:] = OPPONENT
    field = made("field_42", screen, screen)
    assert field[1, 1] == 96 and field[40, 40] == 255 and np.count_nonzero(field) == 2


def test_the_field_of_a_game_shows_nothing_but_objects() -> None:
    for number, (screen, _) in enumerate(frames_of_random_play(400, seed=3)):
        shown = set(np.unique(screen[preprocessing.FIELD]).tolist())
        assert number < 2 or shown <= {BACKGROUND, WHITE, OPPONENT, PLAYER}
