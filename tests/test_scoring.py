"""`rlenvs score`: verdicts a line, the summary, and errors that name file, line and field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlenvs import scoring
from rlenvs.cli import main
from rlenvs.verifiers.verdict import Verdict

ROWS = [
    {"id": 1, "gold": "42", "response": r"So \boxed{42}"},
    {"gold": ["1/2", "2"], "prediction": "0.5"},
    {"gold": 7, "response": "eight, that is 8"},
    {"gold": "5", "response": "I do not know what it is, sorry"},
]


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_every_line_gets_its_verdict(tmp_path, capsys) -> None:
    path = write(tmp_path / "answers.jsonl", *ROWS, "")
    assert main(["score", str(path)]) == 0
    rows = [json.loads(line) for line in (tmp_path / "answers.scored.jsonl").read_text().splitlines()]
    assert [row["verdict"]["status"] for row in rows] == ["correct", "correct", "wrong", "no_answer"]
    assert rows[0]["id"] == 1 and rows[0]["gold"] == "42"
    assert rows[2]["verdict"]["reason"] == "the numbers differ"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    out = capsys.readouterr().out
    assert "correct" in out and "50.0% of 4 lines right" in out


def test_the_summary_as_json(tmp_path, capsys) -> None:
    path, out = write(tmp_path / "answers.jsonl", *ROWS), tmp_path / "verdicts.jsonl"
    assert main(["score", str(path), "--out", str(out), "--extraction", "strict", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["statuses"] == {"correct": 2, "no_answer": 2} and summary["lines"] == 4
    assert summary["accuracy"] == 0.5 and summary["out"] == str(out) and out.exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "answers.jsonl, line 2: no JSON"),
        ("[1]", "answers.jsonl, line 2: list instead of an object"),
        ({"gold": "1"}, "answers.jsonl, line 2: give the field gold and one of response and prediction"),
        ({"response": "1"}, "give the field gold"),
        ({"gold": "1", "response": "1", "prediction": "1"}, "give the field gold and one of"),
        ({"gold": "1", "response": 1}, "line 2: field response is 1"),
        ({"gold": [], "response": "1"}, r"line 2: field gold is \[\]"),
        ({"gold": " ", "response": "1"}, "line 2: field gold is ' '"),
        ({"gold": None, "response": "1"}, "line 2: field gold is None"),
    ],
)
def test_errors_name_file_line_and_field_and_leave_nothing_behind(tmp_path, line, message) -> None:
    path = write(tmp_path / "answers.jsonl", ROWS[0], line)
    with pytest.raises(ValueError, match=message):
        scoring.score_file(path, tmp_path / "out.jsonl")
    assert [entry.name for entry in tmp_path.iterdir()] == ["answers.jsonl"]


def test_a_missing_file_is_one_line(tmp_path, capsys) -> None:
    assert main(["score", str(tmp_path / "none.jsonl")]) == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_the_verifiers_own_failure_is_tried_again_and_left_out_of_the_accuracy(tmp_path, monkeypatch) -> None:
    calls = []

    def fail(gold, text, how):
        calls.append(text)
        return Verdict(0.0, "error", text, {"stage": "proof", "reason": "the worker died"})

    monkeypatch.setattr(scoring, "verify", fail)
    summary = scoring.score_file(write(tmp_path / "a.jsonl", ROWS[0]), tmp_path / "b.jsonl")
    assert len(calls) == 2 and summary.statuses == {"error": 1} and summary.accuracy == 0.0


def test_a_file_without_lines_is_one_line(tmp_path, capsys) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    assert main(["score", str(tmp_path / "empty.jsonl")]) != 0
    assert "empty.jsonl holds no lines" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["empty.jsonl"]
