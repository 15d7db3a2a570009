"""The command line: what each command prints, its exit codes, and one line an error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rlenvs import commands
from rlenvs.cli import main
from rlenvs.registration import ENVIRONMENTS
from rlenvs.tasks.catalog import TASKS
from tests.leaderboard.corridor import write_corridor_run
from tests.leaderboard.synthetic import write_suite

DATASETS = Path(__file__).parent / "data" / "datasets"
IDS = [entry.id for entry in ENVIRONMENTS]
RLENVS = [sys.executable, "-c", "import sys; from rlenvs.cli import main; sys.exit(main())"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def error_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    return captured.err


def test_list_has_a_row_an_id(capsys) -> None:
    table, _, tasks = run(capsys, "list").partition("\n\n")
    heading, *rows = table.splitlines()
    assert heading.split() == ["id", "observation", "actions", "reward", "steps", "random", "optimal"]
    assert [row.split()[0] for row in rows] == IDS
    (cliff,) = (row for row in rows if "CliffWalk" in row)
    assert cliff.split()[1:] == "Discrete(48) 4 -100 to -1 100 -1083 -13".split()
    assert all(name in tasks for name in TASKS) and "file:PATH" in tasks


def test_info_of_a_task_has_levels_and_examples(capsys) -> None:
    page = run(capsys, "info", "addition")
    assert page.startswith("## addition") and "best constant" in page and "systematic mistake" in page
    facts = json.loads(run(capsys, "info", "countdown", "--json"))
    assert [level["level"] for level in facts["levels"]] == list(TASKS["countdown"].levels)
    first = facts["levels"][0]
    assert first["chance"] < 0.1 and first["problems"]["train"] > 0
    assert first["examples"][0].keys() == {"prompt", "answer", "systematic", "scattered"}
    assert "addition is a task" in error_of(capsys, "info", "addition", "--measure")


def test_info_of_a_data_file_has_its_format_and_problems(capsys) -> None:
    path = f"file:{DATASETS / 'math500.jsonl'}"
    page = run(capsys, "info", path)
    assert "| MATH-500 | test | 2 |" in page and "Answer: `2, 3`" in page
    facts = json.loads(run(capsys, "info", path, "--json"))
    assert facts["files"][0]["rows"] == 2 and len(facts["examples"]) == 2
    assert "there is no" in error_of(capsys, "info", "file:nowhere.jsonl")


def test_list_as_json(capsys) -> None:
    rows = {row["id"]: row for row in json.loads(run(capsys, "list", "--family", "gridworld", "--json"))}
    assert list(rows) == [entry.id for entry in ENVIRONMENTS if entry.family == "gridworld"]
    assert rows["rlenvs/CliffWalk-v0"]["optimal_return"] == -13
    assert rows["rlenvs/CatHouse-v0"]["reward_range"] == [-10, 100]
    assert rows["rlenvs/Maze-v0"]["missing"] is None


def test_an_environment_that_cannot_be_made_says_why(capsys, monkeypatch) -> None:
    def make(*_args, **_kwargs):
        raise ImportError("no such emulator: pip install ale-py")

    monkeypatch.setattr("rlenvs.catalog.gym.make", make)
    assert "no such emulator: pip install ale-py" in run(capsys, "list")
    assert "cannot be made here: no such emulator" in run(capsys, "info", "CliffWalk")


def test_info_as_json(capsys) -> None:
    card = json.loads(run(capsys, "info", "frozenlake", "--json"))
    assert card["id"] == "rlenvs/FrozenLake-v0"
    assert card["observation_space"] == "Discrete(16)"
    assert card["steps_per_second"] == {}


def test_info_measures_when_asked(capsys, monkeypatch) -> None:
    monkeypatch.setattr("rlenvs.cards.MEASURED_SECONDS", 0.01)
    speeds = json.loads(run(capsys, "info", "cliffwalk", "--json", "--measure"))["steps_per_second"]
    assert len(speeds) == 2 and all(speed > 0 for speed in speeds.values())
    assert "## Speed" in run(capsys, "info", "cliffwalk", "--markdown", "--measure")


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("rlenvs/CliffWolk-v0", "did you mean rlenvs/CliffWalk-v0"),
        ("frozen", "did you mean rlenvs/FrozenLake-v0"),
        ("rlenvs/CatHouse-v7", "did you mean rlenvs/CatHouse-v0"),
        ("???", "`rlenvs list` shows all ids"),
    ],
)
def test_unknown_ids_suggest_near_ones(capsys, name: str, suggestion: str) -> None:
    for command in ("info", "play"):
        error = error_of(capsys, command, name)
        assert repr(name) in error and suggestion in error


def test_ids_may_be_short_or_carry_the_module(capsys) -> None:
    cards = {run(capsys, "info", name, "--markdown") for name in ("DeepSea", "deepsea", "rlenvs:rlenvs/DeepSea-v0")}
    assert len(cards) == 1


@pytest.mark.parametrize("arguments", [[], ["dance"], ["info"], ["info", "a", "--json", "--markdown"], ["leaderboard"]])
def test_wrong_usage_exits_with_2_and_says_where_help_is(capsys, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: ")
    assert second.startswith("help:  rlenvs") and second.endswith("--help")


def test_errors_name_the_value_and_the_remedy(capsys) -> None:
    assert "--family is 'pongs': choose one of" in error_of(capsys, "list", "--family", "pongs")
    assert "--set is 'slip': write NAME=VALUE" in error_of(capsys, "play", "cliffwalk", "--set", "slip")
    assert "slip" in error_of(capsys, "play", "cliffwalk", "--set", "slip=2")
    assert error_of(capsys, "play", "cliffwalk", "--set", "slipp=1").endswith("it takes slip, step_limit\n")


def test_errors_show_a_traceback_only_for_developers(capsys, monkeypatch) -> None:
    monkeypatch.setenv("RLENVS_DEBUG", "1")
    main(["info", "???"])
    assert "Traceback" in capsys.readouterr().err


def test_interrupts_end_with_130_and_no_traceback(capsys, monkeypatch) -> None:
    def interrupted(_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "list_environments", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_leaves_early_is_no_error() -> None:
    with subprocess.Popen([*RLENVS, "info", "cliffwalk"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_version_and_help() -> None:
    version = subprocess.run([*RLENVS, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("rlenvs 0.")
    commands_help = subprocess.run([*RLENVS, "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("list", "info", "play", "leaderboard", "verify", "reproduce", "doctor"):
        assert command in commands_help


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_suite(tmp_path_factory.mktemp("runs"), agents=("ppo", "a2c"), seeds=5)


def test_leaderboard_show(capsys, runs: Path) -> None:
    assert "Leaderboard demo@1" in run(capsys, "leaderboard", "show", "--runs", str(runs))
    assert run(capsys, "leaderboard", "show", "--runs", str(runs), "--markdown").startswith("| Rank | Agent |")
    (board,) = json.loads(run(capsys, "leaderboard", "show", "--runs", str(runs), "--json", "--reference", "a2c"))
    assert board["reference"] == "a2c" and {row["label"] for row in board["rows"]} == {"ppo", "a2c"}


def test_leaderboard_build(capsys, runs: Path, tmp_path: Path) -> None:
    printed = run(capsys, "leaderboard", "build", "--runs", str(runs), "--out", str(tmp_path / "site"))
    assert Path(printed.strip()).read_text().startswith("<!doctype html>")


def test_leaderboard_without_runs_says_so(capsys, tmp_path: Path) -> None:
    assert "holds no runs" in error_of(capsys, "leaderboard", "show", "--runs", str(tmp_path))


def test_verify_passes_a_good_record_and_fails_an_edited_one(capsys, tmp_path: Path) -> None:
    path = tmp_path / "run"
    write_corridor_run(path)
    good = run(capsys, "verify", str(path)).splitlines()
    assert [line.split(": ")[1] for line in good] == ["passed", "passed"]
    edited = (path / "run.json").read_text().replace('"score": 0', '"score": 1', 1)
    (path / "run.json").write_text(edited)
    assert main(["verify", str(path), "--json"]) == 1
    verdicts = json.loads(capsys.readouterr().out)
    assert verdicts[-1]["passed"] is False


def test_reproduce_prints_the_commands(capsys, tmp_path: Path) -> None:
    path = tmp_path / "run"
    write_corridor_run(path)
    printed = run(capsys, "reproduce", str(path), "--work", str(tmp_path / "work"))
    assert "scripts.train --spec" in printed.splitlines()[-1]
    assert not (tmp_path / "work").exists()
    assert "no run.json" in error_of(capsys, "reproduce", str(tmp_path))
