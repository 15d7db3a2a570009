"""The wheel: only `rlenvs` in it, with its data files and extras."""

from __future__ import annotations

import email
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import rlenvs

ROOT = Path(__file__).resolve().parents[1]
BUILD = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
SOURCES = ("rlenvs", "agents", "scripts", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """Built from a copy, so that no build folder is left in the checkout."""
    pytest.importorskip("setuptools")
    folder = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, check=True, capture_output=True)
    (path,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> email.message.Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def test_only_the_suite_is_installed(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}
    assert tops == {"rlenvs"}


def test_every_file_of_the_suite_is_in_it(wheel: zipfile.ZipFile) -> None:
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rlenvs").rglob("*") if path.is_file()}
    assert {name for name in here if "__pycache__" not in name} <= set(wheel.namelist())


def test_the_metadata_names_distribution_licence_and_version(metadata: email.message.Message) -> None:
    assert metadata["Name"] == "rlenvs-suite"
    assert metadata["Version"] == rlenvs.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


def test_torch_comes_with_extras_only(metadata: email.message.Message) -> None:
    assert {"agents", "fast", "window", "test"} <= set(metadata.get_all("Provides-Extra"))
    base = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert {line.split(">")[0].split("<")[0] for line in base} == {
        "numpy",
        "gymnasium",
        "ale-py",
        "sympy",
        "rich",
    }


def test_the_command_is_installed(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "rlenvs = rlenvs.cli:main" in wheel.read(name).decode()


def test_the_version_stands_once(metadata: email.message.Message) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == rlenvs.__version__ == metadata["Version"]
