"""Workers die, are replaced, and leave nothing behind, whoever uses them."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rlenvs.sandbox import worker as worker_module
from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.settings import Settings
from rlenvs.sandbox.stage import STAGE_PREFIX, make_stage, remove_stage
from rlenvs.sandbox.worker import SandboxError, SandboxRefusedError
from rlenvs.verifiers.code import judge

LIMITS = Limits()


def job(source: str = "def f(x):\n    return x + 1\n", *arguments: int) -> dict[str, Any]:
    cases = [{"args": [value], "kwargs": {"dict": []}} for value in arguments or (1,)]
    return {"role": "function", "source": source, "entry_point": "f", "cases": cases}


def children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def is_right(pool: Pool, value: int = 1) -> bool:
    return pool.run(job("def f(x):\n    return x + 1\n", value), LIMITS).answers == [{"value": value + 1}]


def test_answers_come_one_a_case_with_their_moments(pool: Pool) -> None:
    run = pool.run(job("import time\ndef f(x):\n    time.sleep(x / 100)\n    return x\n", 1, 2), LIMITS, answers=2)
    assert run.answers == [{"value": 1}, {"value": 2}] and run.ending == "exit" and run.exit_code == 0
    assert 0 < run.moments[0] < run.moments[1]


@pytest.mark.parametrize("which", ["outer", "inner"])
def test_a_killed_zygote_is_replaced(which: str) -> None:
    with Pool(1) as pool:
        assert is_right(pool)
        victim = pool.processes()[0]
        if which == "inner" and pool.report()["layers"]["namespaces"]:
            victim = int(Path(f"/proc/{victim}/task/{victim}/children").read_text().split()[0])
        os.kill(victim, signal.SIGKILL)
        assert is_right(pool)
        assert len(pool.processes()) == 1


def test_a_zygote_killed_while_a_program_runs_is_no_wrong_answer() -> None:
    with Pool(1) as pool:
        is_right(pool)
        victim = pool.processes()[0]
        threading.Timer(0.2, os.kill, (victim, signal.SIGKILL)).start()
        assert pool.run(job("import time\ndef f(x):\n    time.sleep(0.6)\n    return x"), LIMITS).answers == [
            {"value": 1}
        ]


def test_a_second_failure_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "no process ids left")

    monkeypatch.setattr(worker_module.subprocess, "Popen", fail)
    with Pool(1) as pool, pytest.raises(SandboxError, match="the sandbox does not start: .*no process ids left"):
        is_right(pool)


def test_without_descriptors_the_sandbox_fails_and_then_works_again(pool: Pool) -> None:
    assert is_right(pool)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 1, hard))
    held = []
    try:
        try:
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        with pytest.raises(SandboxError, match="Too many open files"):
            is_right(pool)
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert is_right(pool)


def test_many_threads_share_a_pool(pool: Pool) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda value: is_right(pool, value), range(60)))
    assert len(pool.processes()) <= pool.workers


def test_an_event_loop_uses_it_in_threads(pool: Pool) -> None:
    async def both() -> list[bool]:
        return await asyncio.gather(*(asyncio.to_thread(is_right, pool, value) for value in range(4)))

    assert asyncio.run(both()) == [True] * 4


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_start_their_own(pool: Pool, method: str) -> None:
    is_right(pool)
    before = pool.processes()
    with multiprocessing.get_context(method).Pool(1) as processes:
        assert processes.apply(use_shared_pool) is True
        if method == "fork":
            assert processes.apply(use_inherited_pool, (None,)) is True
    assert pool.processes() == before and is_right(pool)


def use_shared_pool() -> bool:
    from rlenvs.sandbox.pool import shared_pool

    return is_right(shared_pool())


def use_inherited_pool(_: None) -> bool:
    with Pool(1) as pool:
        return is_right(pool)


def test_hundreds_of_runs_leave_nothing(either_pool: Pool) -> None:
    is_right(either_pool)
    dirty = "def f(x):\n    open('left', 'w').write('x' * 1000)\n    return x + 1\n"
    descriptors, memory = len(os.listdir("/proc/self/fd")), children()
    for _ in range(60):
        assert either_pool.run(job(dirty), LIMITS).answers == [{"value": 2}]
    assert len(os.listdir("/proc/self/fd")) == descriptors and children() == memory


def test_a_closed_pool_leaves_no_process_no_directory_and_no_descriptor() -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    mine = f"{STAGE_PREFIX}{os.getpid()}-*"
    before, stages = children(), set(Path("/tmp").glob(mine))
    for namespaces in (True, False):
        with Pool(1, Settings(namespaces=namespaces)) as pool:
            assert is_right(pool)
            assert len(children() - before) == 1
    assert children() == before and set(Path("/tmp").glob(mine)) == stages
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_programs_cannot_reach_the_zygotes_socket_whatever_its_number_was() -> None:
    source = (
        "import os, struct\n"
        "body = b'{\"passed\": true}'\n"
        "for fd in range(5, 400):\n"
        "    try:\n"
        "        os.write(fd, struct.pack('>I', len(body)) + body)\n"
        "    except OSError:\n"
        "        pass\n"
        "def add(a, b):\n"
        "    return a + b\n"
    )
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(100)]
    try:
        for namespaces in (True, False):
            with Pool(1, Settings(namespaces=namespaces)) as pool:
                verdict = judge(source, entry_point="add", cases=[{"args": [1, 2], "expected": 3}], pool=pool)
                assert verdict.status == "correct" and is_right(pool)
    finally:
        for descriptor in taken:
            os.close(descriptor)


def test_zygotes_end_with_their_host() -> None:
    code = (
        "from tests.sandbox.test_pool import *; p = Pool(2); is_right(p);"
        "print(p.processes()[0]); sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    zygote, end = int(run.stdout), time.monotonic() + 10
    while Path(f"/proc/{zygote}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(f"/proc/{zygote}").exists()


def test_directories_of_dead_hosts_are_swept_and_links_in_them_lead_nowhere(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    old = Path(f"/tmp/{STAGE_PREFIX}{dead.pid}-test")
    (old / "scratch" / "a" / "b").mkdir(parents=True)
    trap = Path(f"/tmp/{STAGE_PREFIX}{dead.pid}-trap")
    trap.mkdir()
    (trap / "scratch").symlink_to(tmp_path)
    (tmp_path / "kept").touch()
    stage = make_stage(None)
    assert not old.exists() and Path(stage).is_dir()
    assert not trap.exists() and (tmp_path / "kept").exists()
    remove_stage(stage)


def test_it_refuses_where_programs_cannot_be_kept_in_and_says_what_helps() -> None:
    settings = Settings(namespaces=False, landlock=False)
    with Pool(1, settings) as pool, pytest.raises(SandboxRefusedError, match=r"reads \(.* can be read\).*unsafe=True"):
        is_right(pool)
    with Pool(1, Settings(namespaces=False, landlock=False, unsafe=True)) as pool:
        assert is_right(pool)
        assert pool.layers()["not_denied"] and pool.layers()["landlock"] == 0


def test_without_seccomp_it_refuses() -> None:
    with (
        Pool(1, Settings(seccomp=False)) as pool,
        pytest.raises(SandboxRefusedError, match="processes .*allow seccomp"),
    ):
        is_right(pool)


def test_layers_are_reported_and_checked(either_pool: Pool) -> None:
    report = either_pool.report()
    assert set(report["probes"].values()) == {"denied"}
    assert report["layers"]["uid"] != 0 and report["layers"]["seccomp"] > 0
    assert bool(report["degraded"]) != report["layers"]["namespaces"]


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "2"])
def test_wrong_numbers_of_workers(workers: Any) -> None:
    with pytest.raises(ValueError, match="workers must be a whole number of at least 1"):
        Pool(workers)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"packages": ["numpy"]}, "packages must be a tuple of names"),
        ({"packages": ("a.b",)}, "packages must be a tuple of names"),
        ({"preload": ("scipy",)}, r"preload names \['scipy'\]: add them to packages"),
        ({"unsafe": 1}, "unsafe must be True or False"),
    ],
)
def test_wrong_settings(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        Settings(**arguments)
