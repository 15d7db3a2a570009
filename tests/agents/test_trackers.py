"""TensorBoard beside the record: off unless asked for, complete, and no part of the run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agents.registry import load_agent
from agents.run_checkpoint import RunCheckpoint
from agents.trackers import LOG
from rlenvs.leaderboard.records import RunDirectory, read_run

SETTINGS = {"hidden": [8], "num_envs": 2, "num_steps": 8}


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("RLENVS_QUIET", "1")


def train(run_dir: Path) -> Path:
    spec = load_agent("a2c").spec("rlenvs/GridWorld-v0", 0, 600, "demo@1", SETTINGS)
    load_agent("a2c").train(spec, run_dir)
    return run_dir


def scalars(run_dir: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values of every scalar, as TensorBoard shows them."""
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulators.EventAccumulator(str(run_dir / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def expected(run_dir: Path) -> dict[str, list[tuple[int, float]]]:
    shown: dict[str, list[tuple[int, float]]] = {}
    for row in read_run(run_dir).metrics:
        for name in row.keys() - {"step"}:
            shown.setdefault(name, []).append((row["step"], pytest.approx(row[name], rel=1e-6)))
    return shown


def test_it_is_off_by_default(tmp_path, monkeypatch):
    monkeypatch.delenv(LOG, raising=False)
    assert not (train(tmp_path / "run") / "tensorboard").exists()


def test_every_row_of_metrics_is_there(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.setenv(LOG, "tensorboard")
    shown = scalars(train(tmp_path / "run"))
    assert shown == expected(tmp_path / "run")
    assert len(shown["score"]) > 10 and {"entropy", "policy_loss", "wall_s"} <= shown.keys()


def test_a_watched_run_is_the_same_run(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.delenv(LOG, raising=False)
    plain = read_run(train(tmp_path / "plain"))
    monkeypatch.setenv(LOG, "tensorboard")
    watched = read_run(train(tmp_path / "watched"))
    assert plain.run_id == watched.run_id and plain.episodes == watched.episodes


def test_a_resumed_run_shows_no_step_twice(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.setenv(LOG, "tensorboard")

    class Killed(Exception):
        pass

    save = RunCheckpoint.save

    def dying(self, standing):
        if standing.env_steps > 300:  # the row is written, the checkpoint is not: resuming writes the row again
            raise Killed
        save(self, standing)

    monkeypatch.setattr(RunCheckpoint, "save", dying)
    with pytest.raises(Killed):
        train(tmp_path / "run")
    monkeypatch.setattr(RunCheckpoint, "save", save)
    assert scalars(train(tmp_path / "run")) == expected(tmp_path / "run")


def test_a_repeated_run_hides_what_the_first_one_wrote(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.setenv(LOG, "tensorboard")
    spec = load_agent("a2c").spec("rlenvs/GridWorld-v0", 0, 600, "demo@1", SETTINGS)
    train(tmp_path / "run")
    RunDirectory.open(tmp_path / "run", spec, force=True)
    assert scalars(train(tmp_path / "run")) == expected(tmp_path / "run")


def test_a_missing_tensorboard_names_the_remedy_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(LOG, "tensorboard")
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ImportError, match=r"^TensorBoard is missing: pip install 'rlenvs-suite\[tb\]'$"):
        train(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_another_tracker_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(LOG, "wandb")
    with pytest.raises(ValueError, match="RLENVS_LOG='wandb': choose tensorboard"):
        train(tmp_path / "run")
