"""The native Pong against ale-py: game, memory, screen, sticky actions, and whole environments."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import ale_py
import gymnasium as gym
import numpy as np
import pytest

import rlenvs  # noqa: F401
from rlenvs.pong.native import layout, rom
from rlenvs.pong.native.automaton import advance
from rlenvs.pong.native.memory import memory
from rlenvs.pong.native.screen import draw_screens
from rlenvs.pong.native.verification import compare, random_player, tracker

IDS = ("rlenvs/Pong-v0", "rlenvs/PongFast-v0", "rlenvs/PongDifference-v0", "rlenvs/PongRam-v0")
STACK_FLAGS = 0x79  # tells of the ball's last move, which a transplanted ball has not made


@pytest.mark.parametrize(
    ("player", "sticky", "repeats"), [(random_player, 0.0, 4), (tracker(0.3), 0.25, 4), (tracker(0.97), 0.0, 1)]
)
def test_equal_to_ale_frame_by_frame(player, sticky, repeats):
    report = compare(7000, player, seed=5, repeat_action_probability=sticky, repeats=repeats)
    assert report.frames >= 7000
    assert not any(report.mismatches.values()), report.mismatches


def test_the_comparison_sees_a_difference():
    def fumble(game, rng):
        game[layout.KNOB] ^= 1
        return 0

    report = compare(256, fumble, seed=0)
    assert report.mismatches["memory"] and report.mismatches["screen"]


@pytest.mark.parametrize(("button_is_held", "fastest"), [(True, 4), (False, 1)])
def test_the_button_smashes(button_is_held, fastest):
    game, rng, speeds = layout.start(), np.random.default_rng(0), set()
    without_button = {1: 0, 11: 3, 12: 4}
    player = tracker(1.0)
    for _ in range(2000):
        action = player(game, rng)
        advance(game, action if button_is_held else without_button[action])
        speeds.add(int(min(game[layout.BALL_DX], 256 - game[layout.BALL_DX])))
    assert max(speeds) == fastest


def test_equal_to_ale_from_transplanted_states():
    """States that play hardly reaches: any ball, speed, height and clock, the end of the cartridge's patience."""
    rng = np.random.default_rng(3)
    ale = _emulator()
    for _ in range(100):
        ale.act(0)
    snapshot, base = ale.cloneState(), layout.start()
    for _ in range(100):
        advance(base, 0)
    for _ in range(150):
        ale.restoreState(snapshot)
        game = _transplant(ale, base, rng)
        for frame in range(20):
            if layout.POINTS_TO_WIN in game[[layout.CPU_SCORE, layout.PLAYER_SCORE]]:
                break
            action = int(rng.integers(18))
            reward = ale.act(action)
            assert advance(game, action) == reward or frame == 0
            differs = np.flatnonzero(memory(game[None])[0] != ale.getRAM())
            assert set(differs) <= {STACK_FLAGS}
            assert np.array_equal(draw_screens(game[None])[0], ale.getScreen())


def test_the_cartridge_stops_a_game_that_is_too_long():
    game = layout.start()
    game[layout.CLOCK], game[layout.CLOCK_HIGH] = 255, 255
    rewards = [int(advance(game, 0)) for _ in range(3)]
    assert game[layout.RUNNING] == 0 and game[layout.CPU_SCORE] == 1 and sum(rewards) == -1


def test_equal_without_numba():
    program = (
        "from rlenvs.pong.native.verification import compare, tracker\n"
        "report = compare(300, tracker(0.8), 1, 0.25)\n"
        "assert not any(report.mismatches.values()), report.mismatches\n"
        "from rlenvs.pong.native.automaton import advance\n"
        "assert not hasattr(advance, 'py_func')\n"
    )
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_vector_environments_equal(env_id, mode):
    arguments = {"num_envs": 3, "autoreset_mode": mode, "max_num_frames_per_episode": 481, "noop_max": 9}
    emulated = gym.make_vec(env_id, **arguments, workers=1, repeat_action_probability=0.25)
    native = gym.make_vec(env_id, **arguments, backend="native", repeat_action_probability=0.25)
    rng = np.random.default_rng(0)
    assert np.array_equal(emulated.reset(seed=3)[0], native.reset(seed=3)[0])
    for actions in rng.integers(emulated.single_action_space.n, size=(60, 3)).repeat(5, axis=0):
        _assert_equal(emulated.step(actions), native.step(actions))
    emulated.close()
    native.close()


def test_whole_episodes_equal():
    """Up to the 21st point, where the frames of the last step count."""
    emulated, native = (gym.make_vec("rlenvs/Pong-v0", 2, backend=b, workers=1) for b in ("ale", "native"))
    emulated.reset(seed=1)
    native.reset(seed=1)
    ends = 0
    for _ in range(1300):
        step, other = emulated.step(np.array([0, 2])), native.step(np.array([0, 2]))
        _assert_equal(step, other)
        ends += step[2].sum()
    assert ends > 0


@pytest.mark.parametrize("env_id", IDS)
def test_single_environments_equal_and_return_to_states(env_id):
    emulated, native = gym.make(env_id), gym.make(env_id, backend="native")
    assert np.array_equal(emulated.reset(seed=8)[0], native.reset(seed=8)[0])
    for step in range(120):
        action = step // 3 % emulated.action_space.n
        _assert_equal(emulated.step(action), native.step(action))
    state = native.unwrapped.state()
    after = [native.step(1) for _ in range(20)]
    native.unwrapped.restore(state)
    for step in after:
        _assert_equal(step, native.step(1))


@pytest.mark.parametrize("env_id", IDS)
def test_vector_states_and_pickles_return(env_id):
    env = gym.make_vec(env_id, 3, backend="native", noop_max=5)
    env.reset(seed=2)
    for _ in range(40):
        env.step(np.array([0, 1, 0]))
    copy = pickle.loads(pickle.dumps(env))
    state = env.state()
    after = [env.step(np.array([1, 1, 0])) for _ in range(10)]
    env.restore(state)
    for step in after:
        _assert_equal(step, env.step(np.array([1, 1, 0])))
        _assert_equal(step, copy.step(np.array([1, 1, 0])))


def test_groups_start_alike_and_vary_as_with_ale():
    emulated, native = (
        gym.make_vec("rlenvs/PongFast-v0", 4, group_size=2, independent_noise=True, backend=b, workers=1,
                     repeat_action_probability=0.5, noop_max=20)
        for b in ("ale", "native")
    )  # fmt: skip
    assert np.array_equal(emulated.reset(seed=4)[0], native.reset(seed=4)[0])
    for step in range(60):
        _assert_equal(emulated.step(np.full(4, step // 9 % 3)), native.step(np.full(4, step // 9 % 3)))


def test_pictures_equal():
    pictures = []
    for backend in ("ale", "native"):
        env = gym.make_vec("rlenvs/PongFast-v0", 2, backend=backend, workers=1, render_mode="rgb_array")
        env.reset(seed=0)
        for _ in range(30):
            env.step(np.array([1, 2]))
        pictures.append(env.render())
    assert np.array_equal(*pictures)


def test_an_unknown_cartridge_is_refused(monkeypatch, tmp_path):
    (tmp_path / "pong.bin").write_bytes(bytes(2048))
    monkeypatch.setattr(rom, "cartridge_path", lambda: tmp_path / "pong.bin")
    with pytest.raises(ValueError, match="is not the Pong cartridge"):
        rom.cartridge.__wrapped__()


def _assert_equal(step, other):
    (observation, reward, terminated, truncated, infos), (*others, other_infos) = step, other
    for mine, its in zip((observation, reward, terminated, truncated), others, strict=True):
        assert np.array_equal(mine, its)
    _assert_infos_equal(infos, other_infos)


def _assert_infos_equal(infos, others):
    assert infos.keys() == others.keys()
    for key, value in infos.items():
        if isinstance(value, dict):
            _assert_infos_equal(value, others[key])
        elif isinstance(value, np.ndarray) and value.dtype == object:
            for mine, its in zip(value, others[key], strict=True):
                assert np.array_equal(mine, its)
        else:
            assert np.array_equal(value, others[key])


def _transplant(ale, base, rng):
    """Put random values into the memory of both, play a frame so that the video chip follows, and read them back."""
    game = base.copy()
    values = {
        layout.BALL_X: rng.integers(53, 205), layout.BALL_Y: rng.integers(256), layout.CPU_Y: rng.integers(256),
        layout.BALL_DX: rng.choice([1, 2, 3, 4, 252, 253, 254, 255]), layout.BALL_DY: rng.integers(-9, 10) & 255,
        layout.CLOCK: rng.integers(256), layout.CLOCK_HIGH: rng.choice([1, 2, 255]), layout.LAST: rng.integers(2),
        layout.KNOB: rng.integers(0x25, 0xDD), layout.CPU_SCORE: rng.integers(21),
        layout.PLAYER_SCORE: rng.integers(21), layout.PAUSE: rng.choice([0, 0, 0, 2]),
    }  # fmt: skip
    for field, value in values.items():
        game[field] = value
        ale.setRAM(layout.ADDRESSES[field], int(value))
    ale.act(0)
    advance(game, 0)
    ram = ale.getRAM()
    for field, address in layout.ADDRESSES.items():
        game[field] = ram[address]
    return game


def _emulator():
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setFloat("repeat_action_probability", 0.0)
    ale.loadROM(rom.cartridge_path())
    ale.reset_game()
    return ale
