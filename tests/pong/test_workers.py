"""Members in several processes: the same results, clear errors, and nobody left behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from rlenvs.pong.balance import STEPS, Balance
from rlenvs.pong.helper import WorkerDiedError
from rlenvs.pong.vector import PongVectorEnv
from rlenvs.pong.workers import number_of_workers
from tests.conformance.rollouts import assert_same

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers inherit file descriptors")
ARGUMENTS: dict[str, Any] = {"repeat_action_probability": 0.25, "noop_max": 6, "max_num_frames_per_episode": 70}


def worker_of(env: PongVectorEnv) -> subprocess.Popen[bytes]:
    return env._crew._helpers[-1]._process


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    for _ in range(200):
        if not is_alive(pid):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} still runs")


@pytest.mark.parametrize(
    ("observation", "mode", "group_size"),
    [
        ("stack", AutoresetMode.NEXT_STEP, None),
        ("difference", AutoresetMode.SAME_STEP, None),
        ("fast", AutoresetMode.DISABLED, None),
        ("ram", AutoresetMode.DISABLED, 2),
    ],
)
def test_workers_change_nothing(observation: str, mode: AutoresetMode, group_size: int | None) -> None:
    alone, shared = (
        PongVectorEnv(6, observation, mode, group_size, render_mode="ansi", workers=workers, **ARGUMENTS)
        for workers in (1, 3)
    )
    assert_same(shared.reset(seed=3), alone.reset(seed=3))
    for actions in np.random.default_rng(0).integers(2, size=(40, 6)):
        result = alone.step(actions)
        assert_same(shared.step(actions), result)
        over = result[2] | result[3]
        if mode == AutoresetMode.DISABLED and (over.all() if group_size else over.any()):
            options = [{"reset_mask": over.copy()} for _ in range(2)]
            assert_same(shared.reset(options=options[0]), alone.reset(options=options[1]))
    assert shared.render() == alone.render()
    assert shared.state() == alone.state()
    shared.close()


def test_members_that_move_between_processes_change_nothing() -> None:
    alone, shared = (PongVectorEnv(5, "stack", "SameStep", workers=workers, **ARGUMENTS) for workers in (1, 2))
    assert_same(shared.reset(seed=3), alone.reset(seed=3))
    moves = iter([(0, 1), (0, 1), (1, 0), (1, 0), (1, 0)])
    shared._crew._balance.add = lambda seconds, members: next(moves, None)
    for actions in np.random.default_rng(0).integers(6, size=(40, 5)):
        assert_same(shared.step(actions), alone.step(actions))
    assert sorted(map(len, shared._crew._parts)) == [1, 4]
    assert_same(shared.reset(seed=[9, 8, 7, 6, 5]), alone.reset(seed=[9, 8, 7, 6, 5]))
    assert shared.state() == alone.state()
    shared.close()


def test_a_member_moves_when_it_narrows_the_gap() -> None:
    for seconds, members, expected in (
        ([8.0, 12.0], [4, 4], None),
        ([8.0, 13.0], [4, 4], (1, 0)),
        ([9.0, 1.0, 1.0], [1, 4, 4], None),
        ([9.0, 2.0, 1.0], [2, 4, 4], (0, 2)),
    ):
        balance = Balance(len(seconds))
        answers = [balance.add(seconds, members) for _ in range(2 * STEPS)]
        assert [answers[STEPS - 1], answers[-1]] == [expected] * 2
        assert set(answers[: STEPS - 1]) == {None}


def test_a_state_moves_between_numbers_of_workers() -> None:
    alone, shared = (PongVectorEnv(3, "ram", workers=workers, **ARGUMENTS) for workers in (1, 2))
    alone.reset(seed=0)
    alone.step([0, 1, 2])
    shared.restore(alone.state())
    assert_same(shared.step([2, 1, 0]), alone.step([2, 1, 0]))
    shared.close()


def test_a_dead_worker_is_reported_and_nobody_is_left() -> None:
    env = PongVectorEnv(2, "ram", workers=2)
    env.reset(seed=0)
    worker_of(env).kill()
    for _ in range(2):
        with pytest.raises(WorkerDiedError, match="ended with exit code -9: close the environment and make a new one"):
            env.step([0, 0])
    env.close()


def test_closing_and_forgetting_end_the_workers() -> None:
    env = PongVectorEnv(2, "ram", workers=2)
    env.reset(seed=0)
    process = worker_of(env)
    env.close()
    env.close()
    assert process.returncode == 0
    env = PongVectorEnv(2, "ram", workers=2)
    env.reset(seed=0)
    process = worker_of(env)
    del env
    gc.collect()
    assert process.returncode == 0


SCRIPT = """
import os, sys, time
import gymnasium as gym
print("once", flush=True)
env = gym.make_vec("rlenvs:rlenvs/PongRam-v0", 2, workers=2)
env.reset(seed=0)
env.step([0, 0])
print(env.unwrapped._crew._helpers[0]._process.pid, flush=True)
{ending}
"""


@pytest.mark.parametrize(
    ("ending", "code"),
    [("", 0), ("sys.exit(3)", 3), ("os._exit(4)", 4), ("raise SystemError", 1), ("time.sleep(99)", -signal.SIGKILL)],
    ids=["end", "exit", "hard exit", "error", "kill"],
)
def test_workers_end_with_their_program(ending: str, code: int, tmp_path: Path) -> None:
    """The program has no main guard, and files that would get in a worker's way if it looked for modules here."""
    script = tmp_path / "program.py"
    script.write_text(SCRIPT.format(ending=ending))
    (tmp_path / "worker.py").write_text("raise SystemError")
    with subprocess.Popen(
        [sys.executable, script], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "once\n"
        worker = int(program.stdout.readline())
        assert code != -signal.SIGKILL or is_alive(worker)
        if code == -signal.SIGKILL:
            program.kill()
        assert program.wait() == code
    wait_until_gone(worker)


def test_the_number_of_workers_follows_cores_and_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlenvs.pong.workers._cores", lambda: 4)
    assert [number_of_workers(None, num_envs) for num_envs in (1, 4, 8, 15, 16, 64)] == [1, 1, 2, 3, 4, 4]
    assert [number_of_workers(workers, 3) for workers in (0, 1, 2, 9)] == [1, 1, 2, 3]
