from __future__ import annotations

import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest

from rlenvs.gridworld.canvas import Canvas
from rlenvs.gridworld.rendering import Painter, ansi
from rlenvs.gridworld.tiles import AGENTS, DRAWINGS, letter
from rlenvs.gridworld.worlds import WORLDS, build_world

from .helpers import IDS


@pytest.mark.parametrize("env_id", IDS)
def test_frames_show_the_agent_where_it_is(env_id: str) -> None:
    kwargs = {"split": "test"} if "Maze" in env_id else {}
    env = gym.make(env_id, render_mode="rgb_array", **kwargs).unwrapped
    env.reset(seed=0)
    _, rows, columns = env.world.cells.maps.shape
    before = env.render()
    assert before.shape == (48 * rows, 48 * columns, 3) and before.dtype == np.uint8
    places = [env.world.cells.place[env._state]]
    for action in (0, 1, 2, 3):
        if not env._is_over:
            env.step(action % env.action_space.n)
    places.append(env.world.cells.place[env._state])
    after = env.render()
    changed = (before != after).any(axis=2).reshape(rows, 48, columns, 48).any(axis=(1, 3))
    expected = np.zeros((rows, columns), dtype=np.bool_)
    if (places[0] != places[1]).any():
        for _, _, row, column in places:
            expected[row, column] = True
    np.testing.assert_array_equal(changed, expected)


def test_vector_frames_are_the_single_ones() -> None:
    vector = gym.make_vec("rlenvs/FourRooms-v0", num_envs=3, render_mode="rgb_array")
    texts = gym.make_vec("rlenvs/FourRooms-v0", num_envs=3, render_mode="ansi")
    vector.reset(seed=4)
    texts.reset(seed=4)
    for i in range(3):
        for mode, frames in (("rgb_array", vector.render()), ("ansi", texts.render())):
            env = gym.make("rlenvs/FourRooms-v0", render_mode=mode)
            env.reset(seed=4 + i)
            np.testing.assert_array_equal(frames[i], env.render())
    assert gym.make_vec("rlenvs/FourRooms-v0", num_envs=1).render() is None


def test_text_shows_map_agent_and_key() -> None:
    world = build_world("grid_world", map=["SKD", "##G"])
    with_key = next(s for s, p in enumerate(world.cells.place.tolist()) if p == [0, 1, 0, 0])
    assert ansi(world, 0) == "@KD\n##G\n"
    assert ansi(world, with_key) == "@./\n##G\nwith the key\n"


def test_images_show_the_key_in_hand_and_open_doors() -> None:
    world = build_world("grid_world", map=["SKD", "##G"])
    place = world.cells.place.tolist()
    without, holding = (place.index([0, inventory, 0, 0]) for inventory in (0, 1))
    images = Painter(world, 8).paint(np.array([without, holding]))
    changed = (images[0] != images[1]).any(axis=2).reshape(2, 8, 3, 8).any(axis=(1, 3))
    assert changed.tolist() == [[True, True, True], [False, False, False]]


def test_every_symbol_and_agent_has_a_drawing_of_its_own() -> None:
    drawings = [*DRAWINGS.values(), *AGENTS.values(), *map(letter, "ABMTXYZ0189abz")]
    pictures = set()
    for drawing in drawings:
        canvas = Canvas(16, (200, 200, 200))
        drawing(canvas)
        pictures.add(canvas.picture().tobytes())
    assert len(pictures) == len(drawings)


@pytest.mark.parametrize("world", list(WORLDS))
def test_painting_is_deterministic_and_fresh(world: str) -> None:
    painter = Painter(build_world(world), 9)
    first, second = (painter.paint(np.array([0, 1])) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.shares_memory(first, second)


def test_a_window_opens_shows_and_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    env = gym.make("rlenvs/CatHouse-v0", render_mode="human").unwrapped
    env.reset()
    env.step(1)
    assert env.render() is None
    env.close()
    env.close()
    env.reset()  # a new window after close
    env.close()


def test_a_missing_pygame_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    env = gym.make("rlenvs/CatHouse-v0", render_mode="human")
    with pytest.raises(gym.error.DependencyNotInstalled, match=r"pip install 'rlenvs-suite\[window\]'"):
        env.reset()


def test_rendering_without_a_mode_warns() -> None:
    env = gym.make("rlenvs/CatHouse-v0").unwrapped
    env.reset()
    with pytest.warns(UserWarning, match="render was called without a render_mode"):
        assert env.render() is None


def test_importing_the_room_loads_neither_pygame_nor_numba() -> None:
    code = "import rlenvs.gridworld.vector, sys; assert not {'pygame', 'numba', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
