"""The README's own agent, as it stands there, trains on a grid, on Pong and with a language model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlenvs.leaderboard.records import read_run
from scripts import train

README = Path(__file__).parents[2] / "README.md"
TEXT = ("warm_up_steps=30", "test_problems=5", "test_tries=2", "validation_problems=4", "episodes=32")


@pytest.fixture
def readme_agent(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("RLENVS_CACHE", str(tmp_path / "cache"))
    _, _, text = README.read_text(encoding="utf-8").partition("```python\n# my_agent.py\n")
    path = tmp_path / "my_agent.py"
    path.write_text(text.partition("```")[0], encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("env", "budget", "more"),
    [
        ("rlenvs/CliffWalk-v0", 2_000, ()),
        ("rlenvs/PongFast-v0", 6_000, ("--set", "network=tiny", "episodes=1")),
        ("rlenvs/MathToken-v0", 64, ("--preset", "text", "--set", *TEXT)),
    ],
)
def test_it_trains_on_every_family(run, readme_agent, tmp_path, env, budget, more):
    arguments = ("--env", env, "--agent", f"{readme_agent}:train", "--budget", budget, "--runs", tmp_path / "runs")
    code, out, _ = run(train, *arguments, *more)
    record = read_run(json.loads(out)["run"])
    assert code == 0 and record.result["env_steps"] > 0
    assert any("gradient_norm" in row for row in record.metrics)
