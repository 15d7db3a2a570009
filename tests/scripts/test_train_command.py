"""`python -m scripts.train` and `scripts.sb3_baseline`: from words on a command line to a record, or to one line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rlenvs.leaderboard.records import find_runs, read_run
from scripts import sb3_baseline, train
from tests.scripts.commands import ENV, assert_one_line, training

ROOT = Path(__file__).parents[2]


def test_a_training_leaves_a_complete_record(trained):
    record = read_run(trained)
    assert trained.name == f"CliffWalk-v0_ppo_seed0_{record.run_id}" and record.state == "ok"
    assert record.spec.env_id == ENV and record.spec.config["num_envs"] == 4 and record.spec.config["hidden"] == [16]
    assert 0.9 * 1500 < record.result["env_steps"] <= 1500 and record.result["label"] == "ppo"
    assert len(record.episodes) == 100 and len(record.metrics) > 15
    names = {"run.json", "metrics.jsonl", "episodes.jsonl", "actions.npz", "policy.pt", "checkpoint.pt"}
    assert {path.name for path in trained.iterdir()} == names


def test_a_finished_run_is_not_repeated_unless_forced(run, trained, tmp_path):
    finished = Path(shutil.copytree(trained, tmp_path / trained.name))
    written = (finished / "run.json").read_bytes()
    code, out, err = run(train, *training(tmp_path))
    assert code == 0 and err == "" and (finished / "run.json").read_bytes() == written
    printed = json.loads(out)
    assert printed["run"] == str(finished) and printed["score"] == read_run(finished).result["score"]
    code, out, _ = run(train, *training(tmp_path), "--force")
    assert code == 0 and json.loads(out)["score"] == printed["score"]
    assert (finished / "run.json").read_bytes() != written


def test_several_seeds_are_several_runs(run, tmp_path):
    code, out, _ = run(train, *training(tmp_path, "a2c", "--seed", "3", "--seeds", "2"))
    assert code == 0 and len(out.splitlines()) == 2
    assert [record.spec.seed for record in find_runs(tmp_path)] == [3, 4]


def test_none_is_a_word_where_the_setting_has_it(run, tmp_path):
    code, out, _ = run(train, *training(tmp_path, "reinforce"), "--set", "episodes=2", "baseline=none", "critic=none")
    config = read_run(json.loads(out)["run"]).spec.config
    assert code == 0 and config["baseline"] == config["critic"] == "none"


def test_a_recorded_spec_trains_the_same_run_elsewhere(run, trained, tmp_path):
    code, out, _ = run(train, "--spec", trained / "run.json", "--runs", tmp_path)
    assert code == 0
    again, recorded = read_run(json.loads(out)["run"]), read_run(trained)
    assert again.run_id == recorded.run_id and again.episodes == recorded.episodes


def test_tensorboard_on_request(run, tmp_path):
    pytest.importorskip("tensorboard")
    code, out, _ = run(train, *training(tmp_path, "a2c", "--log", "tensorboard"))
    assert code == 0 and list(Path(json.loads(out)["run"]).glob("tensorboard/events.*"))


def test_tensorboard_missing_is_one_line(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    answer = run(train, *training(tmp_path, "a2c", "--log", "tensorboard"))
    assert_one_line(*answer, "TensorBoard is missing: pip install 'rlenvs-suite[tb]'")
    assert not list(tmp_path.iterdir())


MISTAKES = {
    "unknown environment": (["--env", "rlenvs/CliffWalkk-v0"], "env_id='rlenvs/CliffWalkk-v0'"),
    "environment without a version": (["--env", "rlenvs/CliffWalk"], "name the environment's version"),
    "unknown argument of the environment": (["--env-set", "slp=0.1"], "has no argument slp"),
    "bad argument of the environment": (["--env-set", "slip=7"], "slip"),
    "unknown agent": (["--agent", "ppoo"], "agent='ppoo': unknown; did you mean 'ppo'"),
    "no agent": (["--agent", ""], "--env and --agent are needed"),
    "no such file": (["--agent", "nowhere/mine.py:train"], "no file nowhere/mine.py"),
    "unknown setting": (["--set", "learning_rat=1"], "did you mean 'learning_rate'"),
    "setting of another type": (["--set", "num_envs=two"], "config num_envs='two': expected int"),
    "setting without a value": (["--set", "num_envs"], "write KEY=VALUE"),
    "no environments": (["--set", "num_envs=0"], "config num_envs=0: it must be at least 1"),
    "no units": (["--set", "hidden=[0]"], "config hidden=0: it must be at least 1"),
    "segments of one step": (["--set", "num_steps=1"], "num_steps=1: choose at least 2"),
    "no critic": (["--set", "critic=none"], "needs a critic"),
    "unknown device": (["--set", "device=abacus"], "device='abacus' is not available here"),
    "unknown preset": (["--preset", "magic"], "preset='magic'"),
    "negative budget": (["--budget", "-5"], "budget is -5"),
    "budget of zero": (["--budget", "0"], "budget is 0"),
    "budget above the protocol": (["--budget", "200001"], "protocol gridworld@1 allows at most 200,000"),
    "budget below one batch": (["--budget", "10"], "budget=10: one batch of ppo may take 64"),
    "unknown protocol": (["--protocol", "mine@1"], "protocol is 'mine@1'"),
    "no seeds": (["--seeds", "0"], "--seeds 0"),
    "negative seed": (["--seed", "-1"], "seed is -1"),
    "negative threads": (["--threads", "-1"], "threads=-1"),
    "spec that is not there": (["--spec", "nowhere.json"], "nowhere.json"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_nothing_is_written(run, tmp_path, mistake):
    words, message = MISTAKES[mistake]
    base = training(tmp_path / "runs")
    if words[0] == "--set":
        words = ["--set", "num_envs=4", "num_steps=16", *words[1:]]
    assert_one_line(*run(train, *base, *words), message)
    assert not (tmp_path / "runs").exists()


SPECS = {
    "no JSON": (b"{not json", "no JSON"),
    "no text": (b"\xff\xfe\x00", "no JSON"),
    "a list": (b"[1, 2]", "a run spec is [1, 2]"),
    "an unknown field": (b'{"spec": {"colour": "red"}}', "unknown field 'colour'"),
    "a missing field": (b'{"env_id": "rlenvs/CliffWalk-v0"}', "lacks the field"),
    "another version": (
        b'{"env_id": "rlenvs/CliffWalk-v0", "agent": "ppo", "seed": 0, "budget": 9, "agent_version": "0"}',
        "agent ppo has version",
    ),
    "a budget above its protocol": (
        b'{"env_id": "rlenvs/CliffWalk-v0", "agent": "ppo", "seed": 0, "budget": 999999}',
        "protocol gridworld@1 allows at most 200,000",
    ),
    "an unknown environment": (
        b'{"env_id": "rlenvs/Nope-v0", "agent": "ppo", "seed": 0, "budget": 9000, "agent_version": "1"}',
        "Nope",
    ),
}


@pytest.mark.parametrize("content", SPECS)
def test_a_spec_that_is_none_is_one_line(run, tmp_path, content):
    data, message = SPECS[content]
    (tmp_path / "spec.json").write_bytes(data)
    assert_one_line(*run(train, "--spec", tmp_path / "spec.json", "--runs", tmp_path / "runs"), message)
    assert not (tmp_path / "runs").exists()


def test_the_shell_sees_the_same(tmp_path):
    command = [sys.executable, "-m", "scripts.train", "--env", ENV, "--agent", "pp", "--runs", str(tmp_path / "runs")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert_one_line(ended.returncode, ended.stdout, ended.stderr, "did you mean 'ppo'")
    assert not (tmp_path / "runs").exists()


def test_an_sb3_baseline_is_the_agent_of_that_name(run, tmp_path):
    words = ("--env", ENV, "--budget", 1000, "--runs", tmp_path, "--set", "learning_starts=100")
    code, out, _ = run(sb3_baseline, "--algo", "dqn", *words)
    assert code == 0 and read_run(json.loads(out)["run"]).spec.agent == "sb3-dqn"
    again = run(train, "--agent", "sb3-dqn", *words)
    assert again[1] == out  # the same run: it is not repeated


@pytest.mark.parametrize("words", [("--algo", "sarsa"), ()])
def test_an_unknown_baseline_ends_with_two(run, words, capsys):
    with pytest.raises(SystemExit) as ended:
        run(sb3_baseline, "--env", ENV, *words)
    assert ended.value.code == 2 and "--algo" in capsys.readouterr().err


def test_a_model_by_name_brings_its_tokenizer_and_is_not_warmed_up():
    options = train.arguments().parse_args(["--env", "rlenvs/MathToken-v0", "--agent", "grpo", "--preset", "text"])
    options.model = "some/model"
    (spec,) = train.specs(options)
    assert spec.config["model"] == "some/model"
    assert spec.env_kwargs == {"tokenizer": "some/model", "style": "chat"}
    assert spec.config["warm_up_steps"] is None and spec.config["learning_rate"] == 1e-6
    options.preset = None
    with pytest.raises(ValueError, match="add --preset text"):
        train.specs(options)
