"""The single environment: its four kinds, infos, pictures, states, and errors."""

from __future__ import annotations

import copy
import itertools
import pickle
import subprocess
import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rlenvs.pong.env import PongEnv
from rlenvs.pong.rules import ALL_ACTIONS

KINDS = ["stack", "fast", "difference", "ram"]
SHAPES = {"stack": (4, 84, 84), "fast": (4, 42, 42), "difference": (1, 80, 80), "ram": (9,)}
ACTIONS = {
    "stack": ["NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"],
    "fast": ["NOOP", "RIGHT", "LEFT"],
    "difference": ["RIGHT", "LEFT"],
    "ram": ["NOOP", "RIGHT", "LEFT"],
}


def play(env: gym.Env, steps: int, seed: int = 0) -> list[tuple[Any, ...]]:
    actions = np.random.default_rng(seed).integers(env.action_space.n, size=steps).tolist()
    return [env.step(action) for action in actions]


def assert_same_play(first: gym.Env, second: gym.Env, steps: int = 60) -> None:
    for one, other in zip(play(first, steps, 9), play(second, steps, 9), strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1:] == other[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_have_their_spaces_and_infos(kind: str) -> None:
    env = PongEnv(kind)
    assert env.observation_space.shape == SHAPES[kind]
    assert env.get_action_meanings() == ACTIONS[kind] and env.action_space.n == len(ACTIONS[kind])
    assert env.step_limit == 27_000
    observation, info = env.reset(seed=0)
    assert observation in env.observation_space and info == {"lives": 0, "point": 0}
    for observation, reward, terminated, truncated, info in play(env, 150):
        assert observation in env.observation_space
        assert type(reward) is float and type(terminated) is bool and type(truncated) is bool
        assert info == {"lives": 0, "point": reward} and type(info["point"]) is int


def test_up_moves_the_paddle_up_and_down_moves_it_down() -> None:
    env = PongEnv("ram")
    env.reset(seed=0)
    for _ in range(30):
        env.step(env.controls["idle"])
    heights = {}
    for key in ("up", "down"):
        for _ in range(8):
            observation, *_ = env.step(env.controls[key])
        heights[key] = observation[3]
    assert heights["up"] < heights["down"]
    assert PongEnv("difference").controls == {"up": 0, "down": 1}


def test_the_first_difference_is_nothing_and_later_ones_are_coded() -> None:
    env = PongEnv("difference")
    observation, _ = env.reset(seed=0)
    assert (observation == 128).all()
    frames = [env.step(k % 2)[0] for k in range(60)]
    assert {0, 128, 255} == set(np.unique(frames).tolist())


def test_actions_are_chosen_by_name_or_in_full() -> None:
    assert PongEnv(full_action_space=True).get_action_meanings() == list(ALL_ACTIONS)
    env = PongEnv("fast", actions=["LEFT", "RIGHT"])
    assert env.controls == {"up": 1, "down": 0} and env.action_space.n == 2


def test_the_frame_limit_truncates_and_the_score_terminates() -> None:
    env = PongEnv("ram", max_num_frames_per_episode=10)
    env.reset(seed=0)
    assert [env.step(0)[3] for _ in range(3)] == [False, False, True] and env.step_limit == 3
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    env = PongEnv("ram")
    env.reset(seed=0)
    results = list(itertools.takewhile(lambda result: not result[2], (env.step(0) for _ in range(2000))))
    assert sum(result[1] for result in results) == -20.0 and not results[-1][3]


@pytest.mark.parametrize("kind", KINDS)
def test_states_pickles_and_copies_go_on_equally(kind: str) -> None:
    env, other = (PongEnv(kind, repeat_action_probability=0.3, noop_max=9) for _ in range(2))
    env.reset(seed=4)
    play(env, 37)
    other.reset(seed=5)
    other.restore(env.state())
    twins = [other, pickle.loads(pickle.dumps(env)), copy.deepcopy(env)]
    for twin in twins:
        assert twin.state() == env.state()
    saved = env.state()
    for twin in twins:
        env.restore(saved)
        assert_same_play(env, twin)
        np.testing.assert_array_equal(env.reset()[0], twin.reset()[0])
        assert_same_play(env, twin, 10)


def test_a_copy_is_independent_and_unstarted_environments_can_be_copied() -> None:
    env = PongEnv("ram")
    again = copy.deepcopy(env)
    assert again.reset(seed=1)[1] == env.reset(seed=1)[1]
    twin = copy.deepcopy(env)
    before = twin.state()
    play(env, 20)
    assert twin.state() == before


def test_pictures_survive_restoring() -> None:
    env = PongEnv(render_mode="rgb_array")
    env.reset(seed=0)
    play(env, 80)
    picture, saved = env.render(), env.state()
    assert picture.shape == (210, 160, 3) and picture.dtype == np.uint8
    play(env, 5)
    assert (env.render() != picture).any()
    env.restore(saved)
    np.testing.assert_array_equal(env.render(), picture)


def test_the_text_shows_scores_ball_and_paddles() -> None:
    env = PongEnv("ram", render_mode="ansi")
    env.reset(seed=0)
    texts = [env.render() for _ in range(400) if env.step(0)]
    assert all({len(line) for line in text.splitlines()[1:]} == {42} for text in texts)
    assert texts[0].startswith("opponent  0 ") and int(texts[-1].split()[1]) > 3
    assert any("o" in text.partition("+")[2] for text in texts)
    assert all("[" in text for text in texts[20:]) and any("]" in text for text in texts)


def test_a_window_shows_the_game(monkeypatch: pytest.MonkeyPatch) -> None:
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    env = PongEnv(render_mode="human")
    env.reset(seed=0)
    env.step(0)
    assert pygame.display.get_surface().get_size() == (480, 630)
    env.close()


def test_seeds_matter_only_where_something_is_drawn() -> None:
    first, second = PongEnv("ram"), PongEnv("ram")
    first.reset(seed=1)
    second.reset(seed=2)
    assert_same_play(first, second)
    first, second = (PongEnv("ram", repeat_action_probability=0.5) for _ in range(2))
    first.reset(seed=1)
    second.reset(seed=2)
    assert any((one[0] != other[0]).any() for one, other in zip(play(first, 60), play(second, 60), strict=True))
    assert first.np_random_seed == 1


def test_no_op_starts_are_drawn_from_the_generator() -> None:
    env = PongEnv("ram", noop_max=30)
    env.reset(seed=0)
    starts = {env._member.game.frames for _ in range(40) if env.reset()}
    assert len(starts) > 10 and min(starts) >= 1 and max(starts) <= 30


def test_closing_twice_and_resetting_after_it() -> None:
    env = PongEnv("ram")
    env.reset(seed=3)
    env.close()
    env.close()
    assert env.reset(seed=3)[0] in env.observation_space


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"observation": "rgb"}, ValueError, "observation must be one of 'stack', 'fast', 'difference', 'ram'"),
        ({"repeat_action_probability": 1.5}, ValueError, "must lie between 0 and 1, got 1.5"),
        ({"repeat_action_probability": "often"}, TypeError, "repeat_action_probability must be a number"),
        ({"frame_skip": 0}, ValueError, "frame_skip must be at least 1, got 0"),
        ({"frame_skip": (2, 5)}, TypeError, "frame_skip must be an integer"),
        ({"noop_max": -1}, ValueError, "noop_max must be at least 0, got -1"),
        ({"noop_max": 30, "max_num_frames_per_episode": 30}, ValueError, "noop_max must be below"),
        ({"max_num_frames_per_episode": None}, TypeError, "max_num_frames_per_episode must be an integer"),
        ({"max_num_frames_per_episode": 10**9}, ValueError, "at most 100000000"),
        ({"actions": "NOOP"}, TypeError, "actions must be a list of ALE's names"),
        ({"actions": []}, ValueError, "actions must be different names and at least one"),
        ({"actions": ["NOOP", "NOOP"]}, ValueError, "actions must be different names"),
        ({"actions": ["JUMP"]}, ValueError, "actions must be one of 'NOOP'"),
        ({"actions": ["NOOP"], "full_action_space": True}, ValueError, "exclude each other"),
        ({"full_action_space": 1}, TypeError, "full_action_space must be True or False"),
        ({"observation": "ram", "max_pool": True}, ValueError, "max_pool=True needs a picture"),
        ({"observation": "ram", "stack_size": 2}, ValueError, "stack_size must be 1 with observation='ram'"),
        ({"stack_size": 0}, ValueError, "stack_size must be at least 1"),
        ({"render_mode": "video"}, ValueError, "render_mode must be one of"),
        ({"frameskip": 4}, TypeError, "frameskip"),
        ({"compiled": "yes"}, TypeError, "compiled must be True or False"),
    ],
)
def test_bad_arguments_get_one_line(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        PongEnv(**arguments)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("action", "error"), [(6, ValueError), (-1, ValueError), (1.0, TypeError), (True, TypeError), (None, TypeError)]
)
def test_bad_actions_are_refused_and_change_nothing(action: Any, error: type[Exception]) -> None:
    env = PongEnv()
    env.reset(seed=0)
    before = env.state()
    with pytest.raises(error, match="action must be an integer from 0 to 5"):
        env.step(action)
    assert env.state() == before


def test_foreign_and_damaged_states_are_refused() -> None:
    env = PongEnv("ram")
    env.reset(seed=0)
    other = PongEnv("ram", frame_skip=3)
    other.reset(seed=0)
    with pytest.raises(ValueError, match="state of another environment"):
        env.restore(other.state())
    with pytest.raises(ValueError, match="damaged"):
        env.restore(env.state()[:-1])
    with pytest.raises(TypeError, match="needs the bytes"):
        env.restore("state")
    with pytest.raises(ValueError, match=r"options has unknown keys \['mode'\]"):
        env.reset(options={"mode": 1})


@pytest.mark.parametrize(
    ("module", "arguments", "remedy"),
    [("ale_py", {}, "pip install 'ale-py"), ("numba", {"compiled": True}, r"pip install 'rlenvs-suite\[fast\]'")],
)
def test_what_is_missing_is_named(
    module: str, arguments: dict[str, Any], remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(gym.error.DependencyNotInstalled, match=remedy):
        PongEnv(**arguments)


def test_the_emulator_is_silent() -> None:
    code = "import gymnasium as gym; gym.make('rlenvs:rlenvs/Pong-v0').reset(seed=1)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == run.stderr == ""
