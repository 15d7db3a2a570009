"""Problems from data files: every published form, splits, judging, errors that name file, line and field, records."""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
import types
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import rlenvs  # noqa: F401
from rlenvs.leaderboard.records import RunDirectory, RunSpec, read_run
from rlenvs.tasks.cards import card
from rlenvs.tasks.catalog import make_task
from rlenvs.tasks.dataset_files import split_of_file
from rlenvs.tasks.datasets import FileTask
from rlenvs.text.rules import make_rules

DATA = Path(__file__).resolve().parents[1] / "data" / "datasets"
FORMS = {
    "gsm8k/train.jsonl": ("GSM8K", "train", ["22", "13000", "-5"]),
    "gsm8k/test.jsonl": ("GSM8K", "test", ["50", "1"]),
    "math/train.jsonl": ("MATH", "train", ["6", r"\frac{9\pi}{4}"]),
    "math500.jsonl": ("MATH-500", "test", ["2, 3", r"\left( 2, \frac{\pi}{2} \right)"]),
    "aime24.jsonl": ("AIME or AMC", "test", ["401", "025"]),
    "aime_2024_capitals.jsonl": ("AIME", "test", ["272"]),
    "amc23.jsonl": ("AMC", "test", ["18", "2.5"]),
    "olympiadbench.jsonl": ("OlympiadBench", "test", ["-2,4", "(n-1)!"]),
    "minerva.jsonl": ("Minerva", "test", ["40", r"6.6 \times 10^{-19}"]),
    "omni_math.jsonl": ("OMNI-MATH", "test", ["31", "$-2 < a < 2$"]),
}
GSM8K = "file:" + str(DATA / "gsm8k")


def task_of(path: Path | str) -> FileTask:
    task = make_task(f"file:{path}")
    assert isinstance(task, FileTask)
    return task


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_every_sample_has_a_form() -> None:
    assert {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.jsonl")} == FORMS.keys()


@pytest.mark.parametrize("name", FORMS)
def test_published_forms_are_recognised(name: str) -> None:
    form, split, golds = FORMS[name]
    task = task_of(DATA / name)
    problems = task.problems(range(len(golds)), split)
    assert [problem.gold for problem in problems] == golds
    assert [task.size(other) for other in ("train", "validation", "test")].count(0) == 2
    assert task.size(split) == len(golds)
    assert {problem.meta["format"] for problem in problems} == {form}
    for problem in problems:
        assert task.prompt(problem).startswith(problem.prompt) and task.prompt(problem) != problem.prompt
        assert task.verify(problem, task.reference_response(problem)).reward == 1.0
        assert task.verify(problem, rf"So it is $\boxed{{{problem.gold}}}$.").reward == 1.0
        assert task.verify(problem, r"\boxed{7919}").reward == 0.0
        assert set(task.prompt(problem)) <= set(task.alphabet)


def test_what_a_row_says_of_itself_is_kept() -> None:
    problem = task_of(DATA / "math500.jsonl").problem(1, "test")
    assert problem.meta["subject"] == "Precalculus" and problem.meta["level"] == 3
    assert problem.meta["unique_id"] == "test/precalculus/9002.json"
    assert problem.id == "datasets/math500.jsonl/1/test/1"


def test_answers_must_be_marked_unless_asked_otherwise() -> None:
    strict, loose = make_task(GSM8K), make_task(GSM8K, extraction="auto")
    problem = strict.problem(0, "test")
    assert strict.verify(problem, "There are 50").status == "no_answer"
    assert loose.verify(problem, "There are 50").reward == 1.0
    assert strict.verify(problem, r"\boxed{56-6}").reward == 1.0
    assert make_task(GSM8K, reject_unevaluated=True).verify(problem, r"\boxed{56-6}").reward == 0.0


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.jsonl", "train"),
        ("train-00000-of-00001.parquet", "train"),
        ("validation.jsonl", "validation"),
        ("my_dev.jsonl", "validation"),
        ("test.jsonl", "test"),
        ("aime24.jsonl", "test"),
        ("trains.jsonl", "test"),
    ],
)
def test_a_files_name_tells_its_split(name: str, split: str) -> None:
    assert split_of_file(Path(name)) == split


def test_a_directory_holds_several_splits() -> None:
    task = make_task(GSM8K)
    assert (task.size("train"), task.size("validation"), task.size("test")) == (3, 0, 2)
    assert task.name == "gsm8k"
    with pytest.raises(IndexError, match="test of gsm8k-1 has 2 problems"):
        task.problem(2, "test")


def gsm8k(question: str, answer: int) -> dict[str, str]:
    return {"question": question, "answer": f"#### {answer}"}


def test_no_problem_is_in_two_splits(tmp_path) -> None:
    written(tmp_path / "test.jsonl", gsm8k("2+2?", 4), gsm8k("3+3?", 6), gsm8k("3+3?", 6))
    written(tmp_path / "dev.jsonl", gsm8k(" 3+3?", 6), gsm8k("5 + 5?", 10))
    written(tmp_path / "train.jsonl", gsm8k("2+2?", 5), gsm8k("5 +\n5?", 10), gsm8k("7+7?", 14), gsm8k("7+7?", 14))
    task = task_of(tmp_path)
    prompts = {
        split: [problem.prompt for problem in task.problems(range(task.size(split) or 0), split)]
        for split in ("train", "validation", "test")
    }
    assert prompts == {"train": ["7+7?"] * 2, "validation": ["5 + 5?"], "test": ["2+2?", "3+3?", "3+3?"]}
    files = {Path(file["path"]).name: (file["rows"], file["left_out"]) for file in task.provenance}
    assert files == {"train.jsonl": (4, 2), "dev.jsonl": (2, 1), "test.jsonl": (3, 0)}
    assert "| train | 2 | 2 |" in card(f"file:{tmp_path}")


def test_a_copy_of_another_split_is_refused(tmp_path) -> None:
    for name in ("train.jsonl", "test.jsonl"):
        written(tmp_path / name, gsm8k("2+2?", 4))
    with pytest.raises(ValueError, match=r"train.jsonl: all its problems are in a later split too; is it a copy\?"):
        make_task(f"file:{tmp_path}")


def test_files_of_one_name_are_different_environments(tmp_path, monkeypatch) -> None:
    """Also if one takes the other's place while the process lives."""
    (tmp_path / "other").mkdir()
    written(tmp_path / "data.jsonl", gsm8k("2+2?", 4))
    written(tmp_path / "other" / "data.jsonl", gsm8k("9-2?", 7))
    written(tmp_path / "copy.jsonl", gsm8k("2+2?", 4))
    monkeypatch.chdir(tmp_path)
    first = make_rules("file:data.jsonl", split="test")
    monkeypatch.chdir(tmp_path / "other")
    other = make_rules("file:data.jsonl", split="test")
    assert other.book.text(0).startswith("9-2?") and other.fingerprint != first.fingerprint
    snapshot = gym.make("rlenvs/Math-v0", task="file:data.jsonl", split="test")
    snapshot.reset(seed=0)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="another environment"):
        gym.make("rlenvs/Math-v0", task="file:data.jsonl", split="test").unwrapped.restore(snapshot.unwrapped.state())
    written(tmp_path / "data.jsonl", gsm8k("2+2+3?", 7))
    assert make_rules("file:data.jsonl", split="test").book.text(0).startswith("2+2+3?")


def test_paths_are_also_looked_for_below_the_data_directory(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RLENVS_DATA", str(DATA))
    assert make_task("file:gsm8k/test.jsonl").size("test") == 2
    with pytest.raises(ValueError, match=r"'file:nowhere.jsonl': there is no nowhere.jsonl nor .*set \$RLENVS_DATA"):
        make_task("file:nowhere.jsonl")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["{"], r"bad.jsonl, line 1: no JSON"),
        (["[1]"], r"bad.jsonl, line 1: list instead of an object"),
        ([{"prompt": "?", "label": "1"}], r"bad.jsonl, line 1: no known format has the fields label, prompt"),
        ([{"problem": "?", "answer": "1"}, {"problem": "?"}], r"bad.jsonl, line 2: field answer is missing"),
        ([{"problem": "?", "answer": "1"}, {"answer": "1"}], r"bad.jsonl, line 2: field problem is missing"),
        ([{"problem": "", "answer": "1"}], r"bad.jsonl, line 1: field problem is ''"),
        ([{"problem": "?", "answer": None}], r"bad.jsonl, line 1: field answer: it is None, not a text"),
        ([{"problem": "?", "answer": "nan"}], r"bad.jsonl, line 1: field answer: gold is 'nan'"),
        ([{"problem": "?", "answer": True}], r"bad.jsonl, line 1: field answer: it is True"),
        (
            [{"question": "?", "answer": "#### 1"}, "", {"question": "?", "answer": "1"}],
            r"bad.jsonl, line 3: field answer: it has no line '#### answer'",
        ),
        (
            [{"problem": "?", "solution": "It is 1.", "level": "Level 1", "type": "Algebra"}],
            r"bad.jsonl, line 1: field solution: it has no \\boxed",
        ),
        ([{"question": "?", "final_answer": None}], r"bad.jsonl, line 1: field final_answer: it is None, not a list"),
        ([], r"bad.jsonl holds no rows"),
    ],
)
def test_errors_name_file_line_and_field(tmp_path, rows, message: str) -> None:
    path = written(tmp_path / "bad.jsonl", *rows)
    with pytest.raises(ValueError, match=message):
        make_task(f"file:{path}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": 2}, "level of .* must be one of 1"),
        ({"extraction": "loose"}, "extraction must be one of"),
        ({"length": 3}, "length is no option"),
    ],
)
def test_bad_options_are_named(arguments, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_task(GSM8K, **arguments)


@pytest.mark.parametrize("name", ["notes.txt", "empty"])
def test_other_files_are_refused(tmp_path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"is no .jsonl or .parquet file"):
        make_task(f"file:{tmp_path / name}")


def test_there_are_no_demonstrations() -> None:
    task = make_task(GSM8K)
    with pytest.raises(ValueError, match="no demonstrations: warm up"):
        task.demonstration(task.problem(0), np.random.default_rng(0))


def test_a_task_survives_pickling() -> None:
    task = make_task(GSM8K)
    assert pickle.loads(pickle.dumps(task)).problems(range(3)) == task.problems(range(3))


def test_parquet_needs_pyarrow(monkeypatch, tmp_path) -> None:
    (tmp_path / "test.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="test.parquet is parquet, which needs pyarrow: pip install pyarrow"):
        make_task(f"file:{tmp_path / 'test.parquet'}")


def test_parquet_rows_are_read_like_lines(monkeypatch, tmp_path) -> None:
    """With a stand-in for pyarrow, which the tests do not install."""
    rows = [{"question": "?", "answer": "so\n#### 1,000"}, {"question": "?", "answer": "none"}]
    table = types.SimpleNamespace(to_pylist=lambda: rows[:1])
    pyarrow = types.ModuleType("pyarrow")
    pyarrow.parquet = types.SimpleNamespace(read_table=lambda path: table)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyarrow", pyarrow)
    path = tmp_path / "train-00000-of-00001.parquet"
    path.write_bytes(b"PAR1")
    assert task_of(path).problem(0, "train").gold == "1000"
    table.to_pylist = lambda: rows
    with pytest.raises(ValueError, match=r"parquet, row 2: field answer: it has no line"):
        task_of(path)


def test_real_parquet_files_are_read(tmp_path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [json.loads(line) for line in (DATA / "olympiadbench.jsonl").read_text().splitlines()]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "test.parquet")
    assert [problem.gold for problem in task_of(tmp_path / "test.parquet").problems(range(2), "test")] == [
        "-2,4",
        "(n-1)!",
    ]


def test_environments_play_data_files() -> None:
    env = gym.make("rlenvs/Math-v0", task=GSM8K, split="test")
    observation, info = env.reset(seed=0)
    assert info["problem_id"].startswith("gsm8k/1/test/") and "Write the answer between" in observation
    gold = "50" if "chairs" in observation else "1"
    assert env.step(f"<answer>{gold}</answer>")[1] == 1.0


def test_a_run_records_which_bytes_it_played(tmp_path) -> None:
    path = DATA / "gsm8k" / "train.jsonl"
    spec = RunSpec("rlenvs/Math-v0", "grpo", 0, 512, "text@1", env_kwargs={"task": f"file:{path}"})
    RunDirectory.open(tmp_path / "run", spec).finish({"score": 0.0})
    assert read_run(tmp_path / "run").provenance["datasets"] == [
        {
            "path": str(path),
            "split": "train",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "rows": 3,
            "left_out": 0,
            "format": "GSM8K",
        }
    ]
