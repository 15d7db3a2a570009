"""Programming problems from data files: every published form, judging, errors that name file, line and field."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from pathlib import Path

import gymnasium as gym
import pytest

import rlenvs  # noqa: F401
from rlenvs.leaderboard.records import RunDirectory, RunSpec, read_run
from rlenvs.tasks.cards import card
from rlenvs.tasks.catalog import make_task
from rlenvs.tasks.dataset_code import CodeFileTask
from rlenvs.tasks.programs.responses import fenced

DATA = Path(__file__).resolve().parents[1] / "data" / "code_datasets"
FORMS = {
    "HumanEval.jsonl": ("HumanEval", "test"),
    "HumanEvalPlus.jsonl": ("HumanEval", "test"),
    "mbpp.jsonl": ("MBPP", "test"),
    "sanitized-mbpp.jsonl": ("MBPP", "test"),
    "MbppPlus.jsonl": ("MBPP", "test"),
    "evalplus/HumanEvalPlus.jsonl": ("EvalPlus", "test"),
    "evalplus/MbppPlus.jsonl": ("EvalPlus", "test"),
    "apps/train.jsonl": ("APPS or TACO", "train"),
    "taco.jsonl": ("APPS or TACO", "test"),
    "livecodebench.jsonl": ("LiveCodeBench", "test"),
    "own.jsonl": ("rlenvs with cases", "test"),
}
SOLUTIONS = {
    "sample_a": "print(sum(int(input()) for _ in range(int(input()))))",
    "9999": "class Solution:\n    def weighted(self, nums: List[int], factor):\n        return sum(nums) * factor",
}
"""Of problems whose rows have none."""


def task_of(path: Path | str) -> CodeFileTask:
    task = make_task(f"file:{path}")
    assert isinstance(task, CodeFileTask)
    return task


def test_every_sample_has_a_form() -> None:
    assert {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.jsonl")} == FORMS.keys()


@pytest.mark.parametrize("name", FORMS)
def test_published_forms_are_recognised_and_judged(name: str) -> None:
    form, split = FORMS[name]
    task = task_of(DATA / name)
    problems = task.problems(range(task.size(split) or 0), split)
    for problem in problems:
        right = problem.gold or SOLUTIONS[problem.meta["question_id"]]
        stub = problem.meta["tests"].get("entry_point", "f").rpartition(".")[2]
        answers = [fenced(right), fenced(f"def {stub}(*args): return None"), "import os; os._exit(0)", "", "I pass."]
        statuses = [verdict.status for verdict in task.verify_many([problem] * 5, answers)]
        assert statuses == ["correct", "wrong", "wrong", "no_answer", "malformed"], problem.id
        assert problem.meta["format"] == form
        assert "```python" in problem.chat_prompt and set(task.prompt(problem)) <= set(task.alphabet)
        if problem.gold:
            assert task.verify(problem, task.reference_response(problem)).reward == 1.0
        else:
            with pytest.raises(ValueError, match="has no solution in its file"):
                task.reference_response(problem)


def test_a_function_may_be_completed_or_repeated_without_its_imports() -> None:
    task = task_of(DATA / "HumanEval.jsonl")
    first, second = task.problems(range(2), "test")
    body = "    ordered = sorted(numbers)\n    return max((b - a for a, b in zip(ordered, ordered[1:])), default=0)"
    head = "def widest_gap(numbers: List[int]) -> int:\n"
    responses = [body, fenced(body), fenced(head + body), first.gold, head.strip()]
    statuses = [task.verify(first, response).status for response in responses]
    assert statuses == ["correct"] * 4 + ["malformed"]
    helped = fenced(
        "def turn_back(word):\n    while turn(word) and len(word) > 9: pass\n    return word[-1:] + word[:-1]"
    )
    assert task.verify(second, helped).status == "correct"


def test_the_failing_case_is_told() -> None:
    task = task_of(DATA / "apps" / "train.jsonl")
    first, second = task.problems(range(2))
    assert task.remark(task.verify(first, "print(3)")) == "For the input '-5 5\\n': printed '3\\n' instead of '0\\n'"
    wrong = "class Solution:\n    def largest(self, nums): return nums[-1]"
    assert task.remark(task.verify(second, wrong)) == "For the arguments [3, 1, 2]: 2 instead of 3"


def packed(text: str) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(text))).decode()


class Bomb:
    """Runs something when it is unpickled."""

    def __reduce__(self) -> tuple:
        return eval, ("1/0",)


HUMAN = {"prompt": "def f(): pass", "entry_point": "f", "canonical_solution": "    pass", "test": "assert f() == 1"}
MBPP = {"text": "?", "code": "def f(): pass", "test_list": ["assert f() == 1"]}
APPS = {"question": "?", "input_output": json.dumps({"inputs": ["1"], "outputs": ["1"]})}
LIVE = {"question_content": "?", "public_test_cases": json.dumps([{"input": "1", "output": "1", "testtype": "stdin"}])}
CALL = {"input": "1", "output": "1", "testtype": "functional"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([HUMAN | {"prompt": ""}], "line 1: field prompt: it is '', not a text"),
        ([HUMAN, HUMAN | {"test": "assert ("}], "line 2: field test: it is no Python"),
        ([HUMAN | {"entry_point": "f()"}], r"line 1: field entry_point: 'f\(\)' is no function's name"),
        ([HUMAN, {"prompt": "?", "test": ""}], "line 2: field entry_point is missing; HumanEval rows have it"),
        ([HUMAN, MBPP], "line 2: field prompt is missing; HumanEval rows have it"),
        ([MBPP | {"test_list": []}], r"line 1: field test_list: it is \[\], not a list of asserts"),
        (
            [MBPP | {"test_list": ["assert g() == 1"]}],
            "line 1: field test_list: it calls no function that the field code",
        ),
        ([MBPP | {"code": "def f("}], "line 1: field code: it is no Python"),
        ([APPS | {"input_output": "{"}], "line 1: field input_output: it is no JSON"),
        ([APPS | {"input_output": "{}"}], "line 1: field input_output: it has no inputs and outputs"),
        ([APPS | {"input_output": {"inputs": ["1"], "outputs": []}}], "lists of one length of at least 1"),
        ([APPS | {"input_output": {"fn_name": "f", "inputs": [1], "outputs": [1]}}], "arguments of a function must be"),
        ([APPS | {"question": None}], "line 1: field question: it is None, not a text"),
        ([LIVE | {"public_test_cases": "[]"}], "line 1: field public_test_cases: there is no test case"),
        ([LIVE | {"private_test_cases": "###"}], "field private_test_cases: it is neither JSON nor packed JSON"),
        ([LIVE | {"private_test_cases": packed("[1]")}], "field private_test_cases: it is no list of cases"),
        (
            [LIVE | {"private_test_cases": base64.b64encode(zlib.compress(pickle.dumps(Bomb()))).decode()}],
            "field private_test_cases: it is neither JSON nor packed JSON .it names builtins.eval",
        ),
        ([LIVE | {"public_test_cases": [CALL]}], "field metadata: '' is no function's name"),
        (
            [LIVE | {"public_test_cases": [CALL | {"input": "x"}], "metadata": '{"func_name": "f"}'}],
            "line 1: field input: it is no JSON",
        ),
        ([{"prompt": "?", "cases": []}], "line 1: field cases: give one of cases, stdin_cases and tests, got none"),
        ([{"prompt": "?", "cases": [1], "entry_point": "f"}], r"line 1: field cases: it is \[1\]"),
        ([{"prompt": "?", "cases": [1]}], "line 1: field entry_point: it is None"),
        ([{"prompt": "?", "stdin_cases": [{"stdin": "1"}]}], "line 1: field stdin_cases: it is"),
        ([{"prompt": "?", "tests": "assert (", "entry_point": "f"}], "line 1: field tests: it is no Python"),
        (
            [{"prompt": "?", "label": 1}],
            "no known format has the fields label, prompt; .*HumanEval: prompt, entry_point",
        ),
    ],
)
def test_errors_name_file_line_and_field(tmp_path: Path, rows: list[dict], message: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ValueError, match=message) as raised:
        make_task(f"file:{path}")
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)


def test_a_directory_must_not_mix_kinds(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(MBPP))
    (tmp_path / "b.jsonl").write_text(json.dumps({"problem": "1+1", "answer": "2"}))
    with pytest.raises(ValueError, match="b.jsonl, line 1: no programming problem; keep them apart"):
        make_task(f"file:{tmp_path}")


def test_environments_play_programming_files() -> None:
    env = gym.make("rlenvs/Code-v0", task=f"file:{DATA / 'mbpp.jsonl'}", split="test", max_turns=2)
    env.reset(options={"problem": 0})
    observation, reward, *_ = env.step("def count_even(numbers): return 2")
    assert reward == 0.0 and "For the arguments []: 2 instead of 0" in observation
    assert observation in env.observation_space
    assert env.step("def count_even(numbers): return sum(n % 2 == 0 for n in numbers)")[1] == 1.0


def test_cards_and_records_know_them(tmp_path: Path) -> None:
    path = DATA / "HumanEval.jsonl"
    assert "| HumanEval | test | 2 |" in card(f"file:{path}")
    spec = RunSpec("rlenvs/Code-v0", "grpo", 0, 512, "text@1", env_kwargs={"task": f"file:{path}"})
    RunDirectory.open(tmp_path / "run", spec).finish({"score": 0.0})
    assert read_run(tmp_path / "run").provenance["datasets"][0]["format"] == "HumanEval"
