from __future__ import annotations

import subprocess
from pathlib import Path

from rlenvs.leaderboard import provenance


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def checkout(folder: Path) -> Path:
    package = folder / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return package


def test_clean_and_dirty_checkouts(tmp_path):
    package = checkout(tmp_path)
    clean = provenance._git(package)
    assert len(clean["commit"]) == 40 and not clean["dirty"] and clean["diff_sha256"] is None
    (package / "__init__.py").write_text("x = 1\n")
    dirty = provenance._git(package)
    assert dirty["dirty"] and dirty["commit"] == clean["commit"] and len(dirty["diff_sha256"]) == 64
    (package / "__init__.py").write_text("x = 2\n")
    assert provenance._git(package)["diff_sha256"] != dirty["diff_sha256"]


def test_a_package_installed_inside_a_checkout_is_not_of_that_checkout(tmp_path):
    checkout(tmp_path)
    installed = tmp_path / ".venv" / "package"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert provenance._git(installed) is None


def test_sources_have_one_hash_wherever_they_lie(tmp_path):
    hashes = []
    for name in ("here", "there"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "module.py").write_text("x = 1\n")
        hashes.append(provenance.source_sha256(tmp_path / name))
    assert hashes[0] == hashes[1]
    (tmp_path / "here" / "sub" / "module.py").write_text("x = 2\n")
    assert provenance.source_sha256(tmp_path / "here") != hashes[0]


def test_nothing_is_unknown():
    found = provenance.provenance()
    assert found["git"] is not None or len(found["source_sha256"]) == 64
    assert found["packages"]["numpy"] and found["cpu"] and found["argv"][0] == "python"
    assert provenance.provenance() is not found  # callers may add to theirs
