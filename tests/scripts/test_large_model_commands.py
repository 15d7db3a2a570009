"""The commands for large models, with the smallest one: saved, trained by name, and timed."""

from __future__ import annotations

import json

import pytest

from agents.integrations.random_models import save_random_model
from rlenvs.leaderboard.records import find_runs
from rlenvs.text.rules import make_rules
from rlenvs.text.token_env import sensible_tokens
from scripts import bench_large, random_model, train


def run(command, monkeypatch, *words):
    monkeypatch.setattr("sys.argv", [command.__name__.rpartition(".")[2], *map(str, words)])
    return command.main()


def test_a_saved_model_is_trained_by_name(tmp_path, monkeypatch):
    assert not run(random_model, monkeypatch, "--size", "tiny", "--out", tmp_path / "model")
    small = ("groups=2", "group_size=2", "test_problems=4", "test_tries=2", "validation_problems=2", "micro_batches=2")
    words = ["--env", "rlenvs/MathToken-v0", "--env-set", "task=sort", "max_tokens=8", "--model", tmp_path / "model"]
    words += ["--agent", "grpo", "--preset", "text", "--budget", "8", "--runs", tmp_path / "runs", "--set", *small]
    assert not run(train, monkeypatch, *words)
    (record,) = find_runs(tmp_path / "runs")
    assert record.result["model"] == str(tmp_path / "model") and record.result["forward"] == "own"
    assert record.result["tokens_per_s"] > 0 and record.result["model_weights"].startswith("sha256:")


def test_a_model_that_cannot_be_made_is_one_line(tmp_path, monkeypatch, capsys):
    assert run(random_model, monkeypatch, "--size", "huge", "--out", tmp_path / "model") == 1
    assert "size='huge': choose one of tiny, qwen2-0.5b" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_random_weights_replace_nothing(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("mine")
    for there in (tmp_path, tmp_path / "file"):
        assert run(random_model, monkeypatch, "--size", "tiny", "--out", there) == 1
        assert f"{there} is there already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_saved_tokenizer_reads_every_text_and_fills_the_vocabulary(tmp_path):
    save_random_model(tmp_path, "tiny")
    rules = make_rules("countdown", style="chat", tokenizer=str(tmp_path), max_tokens=8)
    text = "3 × 7 = 21;\n<3>"
    ids = rules.tokenizer.encode(text)
    assert rules.tokenizer.decode(ids) == text and len(ids) == len(text.encode())
    assert rules.tokenizer.vocab_size == 512 and sensible_tokens(rules).sum() == 511


def test_iterations_are_timed_and_written(tmp_path, monkeypatch, capsys):
    small = ("--prompts", 2, "--group-size", 4, "--max-tokens", 6, "--micro-rows", 2, "--rounds", 1)
    out = tmp_path / "figures.json"
    assert not run(bench_large, monkeypatch, "--size", "tiny", "--device", "cpu", *small, "--out", out)
    ours = json.loads(out.read_text())["ours"]
    assert ours["iteration"] == pytest.approx(ours["rollout"] + 2 * ours["update"])
    assert ours["sampled tokens/s"] == pytest.approx(ours["tokens"] / ours["rollout"])
    assert 8 * 5 < ours["tokens"] <= 8 * 6 and ours["parameters"] > 20_000
    assert "8 responses of 6 tokens" in " ".join(capsys.readouterr().out.split())


def test_micro_batches_hold_the_rows_that_were_asked_for():
    work = bench_large.Work(prompts=4, group_size=8, iterations=1, micro_rows=4)
    assert work.rows == 32 and work.micro_batches == 4
    assert bench_large.Work(4, 8, 1).micro_batches == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [(("--micro-rows", 0), "--micro-rows must be at least 1"), (("--prompts", 3), "--prompts must be even")],
)
def test_figures_are_checked(words, message, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(bench_large, monkeypatch, *words)
    assert message in capsys.readouterr().err
