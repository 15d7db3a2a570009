"""`python -m scripts.benchmark` and `scripts.demo` over worker processes, with budgets of seconds."""

from __future__ import annotations

import re

import pytest

from rlenvs.leaderboard.records import find_runs
from scripts import benchmark, demo
from tests.scripts.commands import ENV, SMALL, assert_one_line

MATRIX = ("--envs", ENV, "--agents", "a2c", "ppo", "--protocol", "demo@1", "--workers", "1")
BROKEN = """
def train(spec, run_dir):
    raise ValueError("seed", spec.seed, "does not work")
"""


def test_a_matrix_is_trained_once_and_tabled(run, tmp_path):
    words = (*MATRIX, "--budget", "1500", "--seeds", "2", "--runs", tmp_path / "runs", "--set", *SMALL)
    code, out, _ = run(benchmark, *words)
    assert code == 0 and "Leaderboard demo@1" in out and re.search(r"\bppo\b", out) and re.search(r"\ba2c\b", out)
    records = find_runs(tmp_path / "runs")
    assert {(record.spec.agent, record.spec.seed) for record in records} == {
        (agent, seed) for agent in ("a2c", "ppo") for seed in (0, 1)
    }
    ends = [record.provenance["ended"] for record in records]
    code, again, err = run(benchmark, *words)
    assert code == 0 and again == out and "4/4 runs" in err
    assert [record.provenance["ended"] for record in find_runs(tmp_path / "runs")] == ends


def test_the_same_agent_named_twice_is_trained_once(tmp_path):
    specs = benchmark.specs([ENV, ENV], ["a2c", "a2c"], 2, 1500, "demo@1", SMALL)
    assert len(specs) == 8 and len({spec.run_id for spec in specs}) == 2
    assert len(benchmark.Sweep(specs, tmp_path, 1, tmp_path / "log").jobs) == 2


def test_a_run_that_fails_is_named(run, tmp_path):
    agent = tmp_path / "broken.py"
    agent.write_text(BROKEN)
    words = ("--envs", ENV, "--agents", agent, "--seeds", "1", "--budget", "100", "--workers", "1")
    code, out, err = run(benchmark, *words, "--runs", tmp_path / "runs")
    assert code == 1 and out == "" and "does not work" in err
    assert err.splitlines()[-1].startswith("error: 1 of 1 runs failed; ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--envs", ENV, "rlenvs/Nope-v0"], "env_id='rlenvs/Nope-v0'"),
        (["--agents", "a2c", "a3c"], "agent='a3c': unknown; did you mean 'a2c'"),
        (["--agents", "ppo@magic"], "preset='magic'"),
        (["--seeds", "0"], "specs is empty"),
        (["--budget", "0"], "budget is 0"),
        (["--budget", "60000"], "protocol demo@1 allows at most 50,000"),
        (["--protocol", "none@1"], "protocol is 'none@1'"),
        (["--workers", "0"], "workers=0"),
        (["--set", "colour=red"], "config colour='red': unknown setting"),
    ],
)
def test_a_mistake_is_one_line_before_any_training(run, tmp_path, words, message):
    base = [*MATRIX, "--runs", tmp_path / "runs"]
    assert_one_line(*run(benchmark, *base, *words), message)
    assert not (tmp_path / "runs").exists()


def test_the_demo_trains_prints_the_table_and_writes_the_page(run, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "ENVIRONMENTS", ("CliffWalk",))
    monkeypatch.setattr(demo, "AGENTS", ("a2c", "sb3-ppo"))
    words = ("--fast", "--runs", tmp_path / "runs", "--out", tmp_path / "site", "--workers", "1")
    code, out, err = run(demo, *words)
    page = tmp_path / "site" / "index.html"
    assert code == 0 and f"page: {page.as_uri()}" in out and "Leaderboard demo@1" in out
    assert "2 agents x 1 environments x 2 seeds, 10,000 steps each" in err
    text = page.read_text()
    assert text.startswith("<!doctype html>") and "sb3-ppo" in text and "<svg" in text
    assert not re.search(r'(src|href)="https?://', text)  # self-contained
    records = find_runs(tmp_path / "runs")
    assert len(records) == 4 and all(8000 < record.result["env_steps"] <= 10_000 for record in records)
