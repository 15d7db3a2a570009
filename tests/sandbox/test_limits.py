"""Limits: checked, reached, and not reached by mistake."""

from __future__ import annotations

from typing import Any

import pytest

from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.pool import Pool

SPIN = "def f(x):\n    while True:\n        pass\n"
SLEEP = "import time\ndef f(x):\n    time.sleep(100)\n"


def run(pool: Pool, source: str, **limits: Any) -> Any:
    cases = [{"args": [0], "kwargs": {"dict": []}}] * 6
    job = {"role": "function", "source": source, "entry_point": "f", "cases": cases}
    return pool.run(job, Limits(**limits), answers=6)


@pytest.mark.parametrize(
    ("source", "limits", "ending"),
    [
        (SPIN, {"cpu_seconds": 0.2}, "cpu"),
        (SPIN, {"case_cpu_seconds": 0.2}, "case cpu"),
        (SLEEP, {"wall_seconds": 0.3}, "wall"),
        (SLEEP, {"case_wall_seconds": 0.3}, "case wall"),
        ("import os\nwhile True:\n    os.write(3, b'x' * 65536)\n", {"reply_bytes": 100_000}, "reply"),
    ],
)
def test_each_limit_ends_a_program(either_pool: Pool, source: str, limits: dict[str, Any], ending: str) -> None:
    found = run(either_pool, source, **limits)
    assert found.ending == ending and found.exit_code == -9 and found.answers[1:] == []
    if ending.endswith("cpu"):
        assert 0.2 <= found.cpu < 0.4


def test_the_time_of_a_case_begins_anew_with_each(pool: Pool) -> None:
    busy = "import time\ndef f(x):\n    end = time.process_time() + 0.1\n    while time.process_time() < end: pass\n"
    assert len(run(pool, busy, case_cpu_seconds=0.3).answers) == 6
    assert 1 <= len(run(pool, busy, cpu_seconds=0.3).answers) <= 3


def test_memory_is_bounded_and_told(pool: Pool) -> None:
    found = run(pool, "def f(x):\n    return len(bytearray(200 * 2**20))\n", memory_bytes=128 * 2**20)
    assert {answer["raised"][0] for answer in found.answers} == {"MemoryError"}
    assert run(pool, "def f(x):\n    return len(bytearray(200 * 2**20))\n").answers[0] == {"value": 200 * 2**20}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cpu_seconds": 0}, "cpu_seconds must be positive and finite, got 0"),
        ({"wall_seconds": float("inf")}, "wall_seconds must be positive and finite, got inf"),
        ({"case_cpu_seconds": "1"}, "case_cpu_seconds must be a number, got '1'"),
        ({"case_wall_seconds": True}, "case_wall_seconds must be a number, got True"),
        ({"memory_bytes": 1e9}, "memory_bytes must be a whole number of bytes"),
        ({"memory_bytes": 1000}, "memory_bytes must be at least"),
    ],
)
def test_wrong_limits(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        Limits(**arguments)
