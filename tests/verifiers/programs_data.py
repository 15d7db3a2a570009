"""The programs in tests/data, the tasks they are judged by, and what they may not do.

As a script, judges all of them and prints a line for each that fared otherwise than it should: for another user than
the one that runs the tests.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.settings import Settings
from rlenvs.verifiers.code import judge_many
from rlenvs.verifiers.verdict import Verdict

DATA = Path(__file__).resolve().parents[1] / "data"
SHORT = Limits(cpu_seconds=0.6, wall_seconds=1.5, case_cpu_seconds=0.3, case_wall_seconds=0.8)
"""For programs that are not to pass anyway."""

SUMS = [([1, 2], 3), ([10, -4], 6), ([0, 0], 0)]
TASKS: dict[str, dict[str, Any]] = {
    "add": {"entry_point": "add", "cases": [{"args": args, "expected": value} for args, value in SUMS]},
    "order": {
        "entry_point": "solve",
        "cases": [{"args": [[3, 1, 2]], "expected": [1, 2, 3]}, {"args": [[5, 4]], "expected": [4, 5]}],
    },
    "sum": {"stdin_cases": [{"stdin": f"{a} {b}\n", "expected": f"{value}\n"} for (a, b), value in SUMS]},
    "checked": {
        "entry_point": "add",
        "tests": "def check(candidate):\n    for n in range(3):\n        assert candidate(n, 1) == n + 1\n",
    },
    "mapped": {
        "entry_point": "add",
        "tests": "def check(candidate):\n    assert all(map(lambda n: candidate(n, 1) == n + 1, range(3)))\n",
    },
    "zipped": {
        "entry_point": "add",
        "tests": "for got, wanted in zip(map(candidate, [0, 1], [1, 1]), [1, 2]):\n    assert got == wanted\n",
    },
    "near": {"stdin_cases": [{"stdin": "", "expected": "0.5\n"}], "tolerance": 1e-6},
    "pair": {"entry_point": "solve", "cases": [{"args": [1, 2], "expected": (2, 1)}]},
    "words": {"entry_point": "solve", "cases": [{"args": ["a b a"], "expected": {"a": 2, "b": 1}}]},
    "mean": {"entry_point": "solve", "cases": [{"args": [[1, 2, 2]], "expected": 1.6666667}], "tolerance": 1e-6},
    "groups": {
        "entry_point": "solve",
        "cases": [{"args": [["on", "pat", "no", "tap"]], "expected": [["on", "no"], ["pat", "tap"]]}],
        "unordered": True,
    },
}
PLACEHOLDERS = {
    "@HOST@": str(os.getpid()),
    "@NUL@": "\0",
    "@DEEP@": "(" * 50_000 + ")" * 50_000,
    "@LONG@": "x" * 10_000_000,
    "@DIGITS@": "9" * 100_000,
    "@SIGNS@": "-" * 100_000,
    "@SURROGATE@": "\ud800",
    "@BOM@": "\ufeff",
    "@CRLF@": "x = 1\r\ny = 2\r\n",
}


@dataclass(frozen=True)
class Program:
    """A source and the task it is judged by."""

    category: str
    name: str
    task: str
    source: str

    def problem(self, files: dict[str, str], limits: Limits) -> dict[str, Any]:
        source = self.source
        for word, text in (PLACEHOLDERS | files).items():
            source = source.replace(word, text)
        return {"source": source, "limits": limits, **TASKS[self.task]}


def load(name: str) -> list[Program]:
    programs = []
    for part in (DATA / name).read_text(encoding="utf-8").split("\n### ")[1:]:
        head, _, source = part.partition("\n")
        programs.append(Program(*head.split(), source + "\n"))
    return programs


HOSTILE, UNUSUAL = load("hostile_programs.txt"), load("unusual_programs.txt")


def surprises(programs: list[Program], right: bool, pool: Pool) -> list[str]:
    """What is not as it should be: verdicts, and what programs have done to this machine."""
    with tempfile.TemporaryDirectory() as directory:
        files = {"@SECRET@": f"{directory}/secret", "@MARK@": f"{directory}/mark"}
        Path(files["@SECRET@"]).write_text("secret")
        os.chmod(directory, 0o777)
        before = traces()
        verdicts = judge_many([program.problem(files, Limits() if right else SHORT) for program in programs], pool)
        found = [
            f"{program.category}/{program.name}: {verdict.status}, {verdict.detail.get('reason')}, {told(verdict)}"
            for program, verdict in zip(programs, verdicts, strict=True)
            if (verdict.status == "correct") != right or verdict.status == "error"
        ]
        found += [f"the host has {trace} now" for trace in sorted(traces() - before)]
        return found + (["the mark was made"] if Path(files["@MARK@"]).exists() else [])


def told(verdict: Verdict) -> str:
    return str(verdict.detail.get("failing", {}).get("message"))[:200]


def traces() -> set[str]:
    """Files that hostile programs try to leave, and System V objects."""
    places = [Path(place) for place in ("/", "/var/tmp", "/dev/shm", "/tmp")]
    names = {str(path) for place in places for path in place.glob("*mark*")}
    kept = {str(path) for path in Path("/proc/sysvipc").glob("*") if len(path.read_text().splitlines()) > 1}
    return names | kept


def main() -> None:
    """Judge everything as whoever runs this, with and without namespaces."""
    for namespaces in (True, False):
        with Pool(4, Settings(namespaces=namespaces)) as pool:
            for name in surprises(HOSTILE, False, pool) + surprises(UNUSUAL, True, pool):
                print(f"namespaces {namespaces}: {name}")
            if bool(pool.report()["layers"]["namespaces"]) != namespaces:
                print(f"namespaces {namespaces}: {pool.report()}")
    print(f"done as {os.getuid()}", file=sys.stderr)


if __name__ == "__main__":
    main()
