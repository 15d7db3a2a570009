from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rlenvs.leaderboard.records import RecordError, RunDirectory, RunSpec, find_runs, read_run


def spec(**changes) -> RunSpec:
    return RunSpec(**{"env_id": "rlenvs/CliffWalk-v0", "agent": "ppo", "seed": 0, "budget": 1000, **changes})


def finished_run(path: Path, **changes) -> RunDirectory:
    run = RunDirectory.open(path, spec(**changes))
    run.append("metrics", [{"step": 100, "score": 0.5}, {"step": 200, "score": 0.9}])
    run.append("episodes", [{"seed": 1, "return": -13.0}])
    (path / "checkpoint.pt").write_bytes(b"parameters")
    run.finish({"score": 0.9})
    return run


def edit(path: Path, **changes) -> None:
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, **changes}))


def test_a_run_is_read_as_it_was_written(tmp_path):
    finished_run(tmp_path / "run")
    record = read_run(tmp_path / "run")
    assert record.spec == spec() and record.state == "ok" and record.result == {"score": 0.9}
    assert [row["score"] for row in record.metrics] == [0.5, 0.9]
    assert record.episodes == [{"seed": 1, "return": -13.0}] and record.samples == []
    assert record.protocol["name"] == "gridworld@1" and record.protocol["eval_every"] == 50
    assert [item["path"] for item in record.artifacts] == ["metrics.jsonl", "episodes.jsonl", "checkpoint.pt"]


def test_numpy_numbers_and_nan_are_written(tmp_path):
    run = RunDirectory.open(tmp_path / "run", spec())
    run.append("metrics", [{"loss": float("nan"), "x": np.float32(0.5), "n": np.int64(3), "l": [np.inf]}])
    run.finish({"score": np.float64("nan"), "env_steps": np.int64(5)})
    record = read_run(tmp_path / "run")
    assert record.metrics == [{"loss": None, "x": 0.5, "n": 3, "l": [None]}]
    assert record.result == {"score": None, "env_steps": 5}


def test_opening_again_resumes(tmp_path):
    run = RunDirectory.open(tmp_path / "run", spec())
    run.append("metrics", [{"step": 1}])
    offsets = run.offsets()
    run.append("metrics", [{"step": 2}])
    run.append("episodes", [{"seed": 1}])
    again = RunDirectory.open(tmp_path / "run", spec())
    assert not again.finished
    again.cut_back(offsets)
    assert again.offsets() == offsets == {"metrics": 11, "episodes": 0, "samples": 0}
    again.cut_back({})
    assert again.offsets() == {"metrics": 0, "episodes": 0, "samples": 0}


def test_cutting_back_cannot_invent_rows(tmp_path):
    run = RunDirectory.open(tmp_path / "run", spec())
    run.append("metrics", [{"step": 1}])
    run.append("episodes", [{"seed": 1}])
    with pytest.raises(RecordError, match="metrics.jsonl has 11 bytes, at the checkpoint it had 99"):
        run.cut_back({"metrics": 99})
    assert run.offsets()["episodes"] == 11


def test_a_finished_run_is_not_repeated_without_force(tmp_path):
    finished_run(tmp_path / "run")
    assert RunDirectory.open(tmp_path / "run", spec()).finished
    assert read_run(tmp_path / "run").result == {"score": 0.9}
    forced = RunDirectory.open(tmp_path / "run", spec(), force=True)
    assert not forced.finished
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["run.json"]


def test_a_failed_run_can_be_resumed(tmp_path):
    run = RunDirectory.open(tmp_path / "run", spec())
    run.finish({}, state="failed")
    assert not RunDirectory.open(tmp_path / "run", spec()).finished
    assert read_run(tmp_path / "run").state == "failed"


def test_another_spec_is_refused_and_nothing_changes(tmp_path):
    finished_run(tmp_path / "run")
    for force in (False, True):
        with pytest.raises(ValueError, match=f"holds run {spec().run_id}, not {spec(seed=1).run_id}.*differ in seed"):
            RunDirectory.open(tmp_path / "run", spec(seed=1), force=force)
    assert read_run(tmp_path / "run").result == {"score": 0.9}


def test_somebody_elses_files_are_refused(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ValueError, match="holds files but no run.json"):
        RunDirectory.open(tmp_path, spec())


def test_protocol_is_checked_when_a_run_is_opened(tmp_path):
    with pytest.raises(ValueError, match="protocol demo@1 allows at most 50,000 environment steps"):
        RunDirectory.open(tmp_path / "run", spec(protocol="demo@1", budget=50_001))
    with pytest.raises(ValueError, match="protocol is 'mine@1': choose one of demo@1"):
        RunDirectory.open(tmp_path / "run", spec(protocol="mine@1"))
    assert not (tmp_path / "run").exists()


def test_bad_names_give_one_line(tmp_path):
    run = RunDirectory.open(tmp_path / "run", spec())
    with pytest.raises(ValueError, match="name is 'metric': rows go to one of metrics, episodes, samples"):
        run.append("metric", [])
    with pytest.raises(ValueError, match="state is 'done'"):
        run.finish({}, state="done")
    with pytest.raises(ValueError, match="artifacts names '../x'"):
        run.finish({}, artifacts=["../x"])


@pytest.mark.parametrize("name", ["metrics.jsonl", "episodes.jsonl"])
def test_truncated_rows_are_noticed(tmp_path, name):
    finished_run(tmp_path / "run")
    file = tmp_path / "run" / name
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(RecordError, match=f"{name} was changed after the run finished"):
        read_run(tmp_path / "run")
    file.unlink()
    with pytest.raises(RecordError, match=f"{name} is missing"):
        read_run(tmp_path / "run")


def test_a_checkpoint_may_stay_at_home(tmp_path):
    finished_run(tmp_path / "run")
    (tmp_path / "run" / "checkpoint.pt").unlink()
    assert read_run(tmp_path / "run").result == {"score": 0.9}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"result": {"score": 1.0}}, "does not match its record_sha256"),
        ({"spec": spec(seed=7).to_json()}, "its spec has run_id"),
        ({"spec": {"seed": -1}}, "lacks the field"),
        ({"schema_version": 99}, "no run record of schema version 1"),
    ],
)
def test_edited_records_are_noticed(tmp_path, changes, message):
    finished_run(tmp_path / "run")
    edit(tmp_path / "run" / "run.json", **changes)
    with pytest.raises(RecordError, match=message) as caught:
        read_run(tmp_path / "run")
    assert "\n" not in str(caught.value)
    with pytest.raises(RecordError):
        RunDirectory.open(tmp_path / "run", spec())


def test_truncated_manifest_is_noticed(tmp_path):
    finished_run(tmp_path / "run")
    file = tmp_path / "run" / "run.json"
    file.write_text(file.read_text()[:200])
    with pytest.raises(RecordError, match="run.json is cut off or no JSON"):
        read_run(tmp_path / "run")


def test_a_missing_key_is_named(tmp_path):
    finished_run(tmp_path / "run")
    file = tmp_path / "run" / "run.json"
    manifest = json.loads(file.read_text())
    del manifest["result"]
    file.write_text(json.dumps(manifest))
    with pytest.raises(RecordError, match="lacks 'result'"):
        read_run(tmp_path / "run")


def test_rows_cut_off_in_an_unfinished_run_are_named(tmp_path):
    run = RunDirectory.open(tmp_path / "run", spec())
    run.append("metrics", [{"step": 1}])
    with (tmp_path / "run" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2, "sc')
    with pytest.raises(RecordError, match="unfinished"):
        read_run(tmp_path / "run")
    (record,) = find_runs(tmp_path, finished=False)
    with pytest.raises(RecordError, match="line 2 is cut off"):
        record.metrics  # noqa: B018


def test_find_runs(tmp_path):
    for seed in (2, 0, 1):
        finished_run(tmp_path / f"ppo-{seed}", seed=seed)
    RunDirectory.open(tmp_path / "ppo-3", spec(seed=3))
    assert [record.spec.seed for record in find_runs(tmp_path)] == [0, 1, 2]
    assert [record.spec.seed for record in find_runs(tmp_path, finished=False)] == [0, 1, 2, 3]
    assert [record.spec.seed for record in find_runs(tmp_path / "ppo-[12]")] == [1, 2]
    with pytest.raises(RecordError, match="holds no runs"):
        find_runs(tmp_path / "a2c-*")


def test_a_crash_while_writing_leaves_the_old_record(tmp_path, monkeypatch):
    run = finished_run(tmp_path / "run")

    def no_space(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", no_space)
    with pytest.raises(OSError, match="no space"):
        run.finish({"score": 0.1})
    assert read_run(tmp_path / "run").result == {"score": 0.9}
    assert not list((tmp_path / "run").glob(".*"))
