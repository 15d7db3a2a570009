"""A researcher's own file, 20 lines, trains, records, evaluates and compares like the agents that are here."""

from __future__ import annotations

import json

import pytest

from rlenvs.leaderboard.records import find_runs, read_run
from scripts import compare, evaluate, leaderboard, train
from tests.scripts.commands import ENV, MY_AGENT, assert_one_line, training


def test_it_records_and_evaluates(run, mine):
    record = find_runs(mine)[0]
    assert record.state == "ok"
    assert record.path.name.startswith("CliffWalk-v0_my_agent_seed0_") and record.result["label"] == "my_agent"
    assert record.spec.config["learning_rate"] == 0.01 and record.spec.config["hidden"] == [64, 64]
    assert len(record.episodes) == 100 and {"score", "gradient_norm"} <= set().union(*record.metrics)
    assert run(evaluate, record.path, "--verify")[0] == 0


def test_it_stands_in_tables_and_comparisons(run, mine, trained):
    code, out, _ = run(compare, mine, trained, "--json")
    comparison = json.loads(out)
    assert code == 0 and (comparison["a"], comparison["b"]) == ("my_agent", "ppo")
    means = [sum(record.result["score"] for record in find_runs(runs)) / n for runs, n in ((mine, 2), (trained, 1))]
    (difference,) = comparison["differences"]
    assert difference["difference"]["value"] == pytest.approx(means[0] - means[1])
    code, out, _ = run(leaderboard, "--runs", mine, "--json")
    (board,) = json.loads(out)
    assert code == 0 and [row["label"] for row in board["rows"]] == ["my_agent"] and board["rows"][0]["seeds"] == 2


def test_an_edited_file_is_another_agent(run, mine, tmp_path):
    path = tmp_path / "my_agent.py"
    path.write_text(MY_AGENT.read_text().replace(".sqrt()", ""))
    code, out, _ = run(train, *training(tmp_path / "runs", f"{path}:train", "--set", "learning_rate=0.01"))
    edited, first = read_run(json.loads(out)["run"]), find_runs(mine)[0]
    assert code == 0 and edited.spec.agent_version != first.spec.agent_version and edited.run_id != first.run_id


@pytest.mark.parametrize(
    ("content", "word", "message"),
    [
        ("x = 1\n", ":train", "has no function train(spec, run_dir)"),
        ("def train(spec, run_dir): ...\n", ":learn", "has no function learn(spec, run_dir)"),
        ("import a_package_that_is_not_there\n", ":train", "No module named 'a_package_that_is_not_there'"),
        ("def train(spec, run_dir):\n    raise ValueError('gamma=2: choose\\nless')\n", "", "gamma=2: choose less"),
    ],
)
def test_a_file_that_does_not_train_is_one_line(run, tmp_path, content, word, message):
    path = tmp_path / "mine.py"
    path.write_text(content)
    arguments = ("--env", ENV, "--agent", f"{path}{word}", "--budget", "100", "--runs", tmp_path / "runs")
    assert_one_line(*run(train, *arguments), message)
    assert not (tmp_path / "runs").exists()


def test_its_settings_are_checked_like_ours(run, tmp_path):
    answer = run(train, *training(tmp_path / "runs", f"{MY_AGENT}:train", "--set", "learnin_rate=1"))
    assert_one_line(*answer, "did you mean 'learning_rate'")
