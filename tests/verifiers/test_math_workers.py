"""Proofs in worker processes: from threads, event loops and other processes, within limits, after a worker's death."""

from __future__ import annotations

import asyncio
import concurrent.futures
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

from rlenvs.verifiers import pool, worker
from rlenvs.verifiers.math import equivalent, verify
from rlenvs.verifiers.normalisation import fold, unwrap
from rlenvs.verifiers.parsing import parse
from rlenvs.verifiers.symbolic import UnsupportedError, build, prove
from rlenvs.verifiers.wire import encode

CASES = [
    ("42", r"\boxed{42}"),
    ("42", r"\boxed{(10**9)**(10**9)}"),
    (r"\frac{\pi^2}{6}", r"\boxed{\sum_{n=1}^{\infty} \frac{1}{n^2}}"),
    (r"\frac{1}{3}", r"\boxed{\int_0^1 x^2\,dx}"),
    ("2", r"\boxed{\sum_{n=1}^{\infty} \frac{1}{n(n+1)}}"),
    (r"\sin^2 x+\cos^2 x", r"\boxed{1}"),
    ("x^2-1", r"\boxed{(x-1)(x+2)}"),
    ("1", r"\boxed{\lim_{x \to 0} \frac{\sin x}{x}}"),
]
RIGHT = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]


def judge(case: tuple[str, str]) -> tuple[float, str, str]:
    verdict = verify(*case)
    return verdict.reward, verdict.status, verdict.detail["stage"]


@pytest.fixture(scope="module")
def expected() -> list[tuple[float, str, str]]:
    verdicts = [judge(case) for case in CASES]
    assert [reward for reward, _, _ in verdicts] == RIGHT
    return verdicts


def test_threads_give_the_same_verdicts(expected) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        assert list(executor.map(judge, CASES * 4)) == expected * 4


def test_an_event_loop_gives_the_same_verdicts(expected) -> None:
    async def gather() -> list[tuple[float, str, str]]:
        return list(await asyncio.gather(*(asyncio.to_thread(judge, case) for case in CASES)))

    async def inside() -> list[tuple[float, str, str]]:
        return [judge(case) for case in CASES]

    assert asyncio.run(gather()) == expected
    assert asyncio.run(inside()) == expected


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_other_processes_give_the_same_verdicts(method: str, expected) -> None:
    with multiprocessing.get_context(method).Pool(1) as processes:
        assert processes.map_async(judge, CASES).get(timeout=60) == expected


def test_a_dead_worker_is_replaced_unseen(expected) -> None:
    judge(CASES[2])
    for idle in pool._pool().free:
        os.kill(idle.process.pid, signal.SIGKILL)
    assert [judge(case) for case in CASES] == expected


def test_an_operation_limit_ends_a_proof_as_undecided() -> None:
    outcome = equivalent("42", r"\int_0^1 \int_0^1 \sin(x^x) \cos(y^y) dx dy")
    assert (outcome.equal, outcome.stage, outcome.failed) == (None, "proof", False)
    assert "operations" in outcome.reason
    assert verify("42", r"\boxed{\int_0^1 \int_0^1 \sin(x^x) \cos(y^y) dx dy}").status == "wrong"


def test_memory_and_time_limits_hold_in_a_child(monkeypatch) -> None:
    line = encode(parse("1"), parse("1"))
    monkeypatch.setattr(worker, "prove", lambda *_: bytearray(2**30) == b"")
    assert worker._answer_in_child(line) == b"memory\n"
    monkeypatch.setattr(worker, "MAX_WALL_SECONDS", 0.1)
    monkeypatch.setattr(worker, "prove", lambda *_: signal.pause())
    assert worker._answer_in_child(line) == b"time\n"
    monkeypatch.setattr(worker, "prove", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert worker._answer_in_child(line) == b"memory\n"


def test_what_the_clock_ended_is_an_error(monkeypatch) -> None:
    monkeypatch.setattr(pool.Worker, "ask", lambda *_: "time")
    verdict = verify("42", r"\boxed{\lim_{x \to 0} x}")
    assert (verdict.status, verdict.reward) == ("error", 0.0)


def test_a_worker_that_cannot_start_is_an_error(monkeypatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError("no processes left")

    monkeypatch.setattr(pool.Pool, "_take", refuse)
    assert verify("42", r"\boxed{\lim_{x \to 0} x}").detail["reason"] == "no processes left"


@pytest.mark.parametrize(
    ("gold", "prediction", "equal"),
    [
        ("55", r"\sum_{k=1}^{10} k", True),
        (r"\frac{n(n+1)}{2}", r"\sum_{k=1}^{n} k", True),
        ("e", r"\lim_{n \to \infty} (1+\frac{1}{n})^n", True),
        (r"\ln 2", r"\int_1^2 \frac{1}{x}\,dx", True),
        ("2", r"\int_1^2 \frac{1}{x}\,dx", False),
    ],
)
def test_proofs(gold: str, prediction: str, equal: bool) -> None:
    assert prove(parse(unwrap(fold(gold))), parse(unwrap(fold(prediction)))) is equal


@pytest.mark.parametrize("text", [r"10^{10^{10}}", "(10^9)!", r"\prod_{k=1}^{10^9} k", r"\{1\}"])
def test_sympy_is_not_given_what_it_would_compute_at_once(text: str) -> None:
    with pytest.raises(UnsupportedError):
        build(parse(text))


def test_the_caller_never_loads_sympy() -> None:
    code = "import sys, rlenvs.verifiers.math as m; m.verify('x+1', '1+x'); print('sympy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
