"""`rlenvs score --code`: verdicts a line with their cases, and errors that name file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlenvs.cli import main

ROWS = [
    {"id": 7, "source": "def f(x): return 2 * x", "entry_point": "f", "cases": [{"args": [1], "expected": 2}]},
    {"source": "print(input())", "stdin_cases": [{"stdin": "a", "expected": "a"}, {"stdin": "b", "expected": "c"}]},
    {"source": "def f(x)", "entry_point": "f", "tests": "assert f(1) == 2"},
]


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_every_line_gets_its_verdict(tmp_path, capsys) -> None:
    path = write(tmp_path / "programs.jsonl", *ROWS, "", ROWS[1] | {"partial_credit": True})
    assert main(["score", "--code", str(path)]) == 0
    rows = [json.loads(line) for line in (tmp_path / "programs.scored.jsonl").read_text().splitlines()]
    assert [row["verdict"]["status"] for row in rows] == ["correct", "wrong", "malformed", "wrong"]
    assert rows[0]["id"] == 7 and rows[3]["verdict"]["reward"] == 0.5
    assert [case["passed"] for case in rows[1]["verdict"]["cases"]] == [True, False]
    out = capsys.readouterr().out
    assert "25.0% of 4 lines right" in out and "verdicts a second" in out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1]", "programs.jsonl, line 2: list instead of an object with source and cases"),
        ({"entry_point": "f"}, "programs.jsonl, line 2: give the field source"),
        ({"source": "x", "entry_point": "f"}, "programs.jsonl, line 2: give one of cases, stdin_cases, tests"),
        ({"source": 1, "stdin_cases": ROWS[1]["stdin_cases"]}, "programs.jsonl, line 2: source must be a string"),
    ],
)
def test_errors_name_file_and_line(tmp_path, capsys, line, message) -> None:
    path = write(tmp_path / "programs.jsonl", ROWS[0], line)
    assert main(["score", "--code", str(path)]) == 1
    assert message in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["programs.jsonl"]
