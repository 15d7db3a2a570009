"""Hostile programs get nothing and do no harm; unusual ones that are right pass. As whom, and with which layers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.settings import Settings
from tests.verifiers.programs_data import HOSTILE, UNUSUAL, Program, surprises

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
CATEGORIES = sorted({program.category for program in HOSTILE})


@pytest.fixture(scope="module", params=[True, False], ids=["namespaces", "no_namespaces"])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    os.environ["RLENVS_TEST_SECRET"] = "secret"
    with Pool(4, Settings(namespaces=request.param)) as found:
        yield found
    del os.environ["RLENVS_TEST_SECRET"]


def test_the_sets_are_large_and_their_names_unique() -> None:
    assert len(HOSTILE) >= 100 and len(UNUSUAL) >= 40
    for programs in (HOSTILE, UNUSUAL):
        assert len({program.name for program in programs}) == len(programs)


@pytest.mark.parametrize("category", CATEGORIES)
def test_no_hostile_program_passes_or_does_harm(pool: Pool, category: str) -> None:
    programs = [program for program in HOSTILE if program.category == category]
    assert surprises(programs, False, pool) == []


def test_unusual_programs_pass(pool: Pool) -> None:
    assert surprises(UNUSUAL, True, pool) == []


def test_the_harness_would_notice(pool: Pool) -> None:
    right = Program("none", "right", "add", "def add(a, b):\n    return a + b\n")
    wrong = Program("none", "wrong", "add", "def add(a, b):\n    return a\n")
    assert len(surprises([right], False, pool)) == len(surprises([wrong], True, pool)) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as a normal user already")
def test_the_same_as_a_normal_user() -> None:
    environment = {
        "PYTHONPATH": os.pathsep.join([str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]),
        "RLENVS_TEST_SECRET": "secret",
        "HOME": "/",
    }
    python = _python_for_everybody(environment)
    run = subprocess.run(
        [python, "-m", "tests.verifiers.programs_data"],
        user=NOBODY, group=NOBODY, extra_groups=[], env=environment, cwd="/", capture_output=True, text=True,
    )  # fmt: skip
    assert (run.stdout, run.stderr.splitlines()[-1:]) == ("", [f"done as {NOBODY}"])


def _python_for_everybody(environment: dict[str, str]) -> str:
    """An interpreter of this version that a normal user may start; root's own may lie in root's home."""
    for path in (os.path.realpath(sys.executable), f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        try:
            command = [path, "-c", "import rlenvs, tests.verifiers.programs_data"]
            subprocess.run(
                command, user=NOBODY, group=NOBODY, env=environment, cwd="/", check=True, capture_output=True
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return path
    pytest.skip("no interpreter that a normal user may start")
