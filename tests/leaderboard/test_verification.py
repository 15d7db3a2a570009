from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rlenvs.leaderboard import verification
from rlenvs.leaderboard.evaluation import evaluation_seeds
from rlenvs.leaderboard.manifest import artifact, write_manifest
from rlenvs.leaderboard.verification import verify
from tests.leaderboard.corridor import POLICY, write_corridor_run


@pytest.fixture
def run(tmp_path) -> Path:
    write_corridor_run(tmp_path / "run")
    return tmp_path / "run"


def forge(run: Path, **result) -> None:
    """Changes results and hashes anew what lies in the directory, as somebody would who means to deceive."""
    manifest = json.loads((run / "run.json").read_text())
    names = [item["path"] for item in manifest["artifacts"]]
    manifest |= {"artifacts": [artifact(run, name) for name in names], "result": manifest["result"] | result}
    write_manifest(run, {key: value for key, value in manifest.items() if key != "record_sha256"})


def rewrite_rows(run: Path, change) -> None:
    file = run / "episodes.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps(row) + "\n" for row in change(rows)))


def rewrite_actions(run: Path, **changes) -> None:
    with np.load(run / "actions.npz") as saved:
        arrays = {name: saved[name] for name in saved.files}
    np.savez(run / "actions.npz", **(arrays | changes))


def test_an_honest_run_passes(run):
    verdicts = verify(run)
    assert [verdict.passed for verdict in verdicts] == [True, True]
    assert str(verdicts[0]) == ("tier 0 complete: passed: 1,000 of 1,000 steps, 100 episodes on the public seeds")
    assert "100 episodes replayed bit for bit, exact score 0." in str(verdicts[1])


def test_an_edited_file_fails_at_tier_0(run):
    rewrite_rows(run, lambda rows: rows[:-1])
    (verdict,) = verify(run)
    assert not verdict.passed and "episodes.jsonl was changed after the run finished" in verdict.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: rows[:-1], "does not hold the 100 episodes of the run's public seeds"),
        (lambda rows: rows[::-1], "does not hold the 100 episodes of the run's public seeds, in order"),
    ],
)
def test_chosen_episodes_fail_at_tier_0(run, change, reason):
    rewrite_rows(run, change)
    forge(run)
    (verdict,) = verify(run)
    assert not verdict.passed and reason in verdict.reason


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"env_steps": 1001}, "more steps were taken than the budget of 1,000"),
        ({"score": None}, "result has no number 'score'"),
    ],
)
def test_impossible_results_fail_at_tier_0(run, result, reason):
    forge(run, **result)
    (verdict,) = verify(run)
    assert not verdict.passed and reason in verdict.reason


def test_a_forged_return_fails_at_tier_1(run):
    rewrite_rows(run, lambda rows: [rows[0] | {"return": -1.0}, *rows[1:]])
    forge(run)
    verdict = verify(run)[-1]
    assert verdict.tier == 1 and not verdict.passed
    assert f"the episode of seed {evaluation_seeds(run_id(run), 1)[0]} has return" in verdict.reason


def test_a_forged_score_fails_at_tier_1(run):
    forge(run, score=0.999)
    verdict = verify(run)[-1]
    assert verdict.tier == 1 and not verdict.passed and "recorded is 0.999" in verdict.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"policy": np.tile([0.0, 1.0], (4, 1))}, "mean_return is"),
        ({"policy": POLICY[:3]}, r"the policy table has shape (3, 2), the environment 4 states"),
        ({"policy": POLICY + 1}, "no distribution"),
        ({"actions": np.ones(3, np.int64)}, "stop before the episode's end"),
        ({"offsets": np.array([0, 3])}, "holds 1 episodes, episodes.jsonl 100"),
    ],
)
def test_forged_actions_fail_at_tier_1(run, changes, reason):
    rewrite_actions(run, **changes)
    forge(run)
    verdict = verify(run)[-1]
    assert verdict.tier == 1 and not verdict.passed and reason in verdict.reason


def test_missing_or_unreadable_actions_fail_at_tier_1(run):
    (run / "actions.npz").write_bytes(b"no archive")
    forge(run)
    assert "holds no actions" in verify(run)[-1].reason


def test_tiers_have_numbers(run):
    with pytest.raises(ValueError, match="tier is 3: choose 0"):
        verify(run, tier=3)


def test_tier_2_runs_the_checkouts_own_evaluation(run, tmp_path, monkeypatch):
    scripts = tmp_path / "checkout" / "scripts"
    scripts.mkdir(parents=True)
    monkeypatch.setattr(verification, "PACKAGE", tmp_path / "checkout" / "rlenvs")
    assert "run from a checkout of the repository" in verify(run, tier=2)[-1].reason
    (scripts / "evaluate.py").write_text("import sys; print('{\"episodes\": 100}') if '--verify' in sys.argv else 1/0")
    verdict = verify(run, tier=2)[-1]
    assert verdict.tier == 2 and verdict.passed and "same 100 episodes" in verdict.reason
    (scripts / "evaluate.py").write_text("import sys; sys.exit('error: score is 0.5, recorded is 0.9')")
    verdict = verify(run, tier=2)[-1]
    assert not verdict.passed and verdict.reason == "score is 0.5, recorded is 0.9"


def run_id(run: Path) -> str:
    return json.loads((run / "run.json").read_text())["run_id"]
