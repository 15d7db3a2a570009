from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rlenvs.leaderboard import reproduction
from rlenvs.leaderboard.files import RecordError
from rlenvs.leaderboard.manifest import write_manifest
from tests.leaderboard.corridor import write_corridor_run

TRAIN = """
import shutil, sys
from pathlib import Path
spec, runs = (Path(sys.argv[sys.argv.index(name) + 1]) for name in ("--spec", "--runs"))
shutil.copytree(spec.parent, runs / "again")
"""


@pytest.fixture
def run(tmp_path) -> Path:
    write_corridor_run(tmp_path / "run")
    return tmp_path / "run"


def change_provenance(run: Path, **changes) -> None:
    manifest = json.loads((run / "run.json").read_text())
    manifest["provenance"] |= changes
    write_manifest(run, {key: value for key, value in manifest.items() if key != "record_sha256"})


def test_on_the_same_checkout_one_command_is_left(run, tmp_path):
    (step,) = reproduction.reproduction_steps(run, tmp_path / "work")
    assert step.command[:3] == (sys.executable, "-m", "scripts.train")
    assert step.command[4] == str(run / "run.json")


def test_another_commit_and_other_packages_come_first(run, tmp_path):
    change_provenance(run, git={"commit": "a" * 40, "dirty": True, "diff_sha256": "b"}, packages={"numpy": "1.0+cpu"})
    steps = reproduction.reproduction_steps(run, tmp_path / "work")
    commands = [" ".join(step.command) for step in steps]
    assert [command.split()[0] for command in commands[:2]] == ["git", "git"] and "a" * 40 in commands[1]
    assert "-m venv" in commands[2] and "numpy==1.0" in commands[3] and "+cpu" not in commands[3]
    assert commands[4].startswith(str(tmp_path / "work" / "venv")) and steps[4].folder == tmp_path / "work" / "source"
    assert str(steps[1]).startswith("# the recorded commit\n(cd ")


def test_warnings_say_what_may_differ(run):
    change_provenance(run, git={"commit": "a" * 40, "dirty": True, "diff_sha256": "b"}, cpu="abacus")
    found = reproduction.warnings(run)
    assert any("uncommitted changes" in line for line in found) and any("cpu was abacus" in line for line in found)
    change_provenance(run, git=None)
    assert any("outside a git checkout" in line for line in reproduction.warnings(run))


def test_reproduce_trains_and_compares(run, tmp_path, monkeypatch):
    scripts = tmp_path / "checkout" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "train.py").write_text(TRAIN)
    monkeypatch.setattr(reproduction, "PACKAGE", tmp_path / "checkout" / "rlenvs")
    shown: list[str] = []
    assert reproduction.reproduce(run, tmp_path / "work", shown.append)
    assert shown[-1].endswith("the same")
    (scripts / "train.py").write_text("raise SystemExit(3)")
    with pytest.raises(RecordError, match="scripts.train .* ended with exit code 3"):
        reproduction.reproduce(run, tmp_path / "work2", shown.append)


def test_command_can_be_pasted(run):
    from rlenvs.leaderboard.reading import read_run

    assert reproduction.command(read_run(run)).startswith(f"python -m scripts.train --spec {run}/run.json")
