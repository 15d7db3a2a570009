"""Commands called in this process, and a run that several tests read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from scripts import train
from tests.scripts.commands import MY_AGENT, training


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    """No progress, no tracker, and PyTorch's settings as they were before."""
    monkeypatch.setenv("RLENVS_QUIET", "1")
    monkeypatch.setenv("RLENVS_LOG", "")
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def run(monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Calls a command with arguments; returns its exit code, output and errors."""

    def call(command: ModuleType, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
        capsys.readouterr()
        code = command.main()
        return code, *capsys.readouterr()

    return call


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """The directory of one finished run of PPO; copy it before you change it."""
    (path,) = _train(training(tmp_path_factory.mktemp("runs")))
    return path


@pytest.fixture(scope="session")
def mine(tmp_path_factory) -> Path:
    """The directory of two finished runs of a researcher's own agent."""
    folder = tmp_path_factory.mktemp("mine")
    paths = _train(training(folder, f"{MY_AGENT}:train", "--seeds", "2", "--set", "learning_rate=0.01"))
    assert len(paths) == 2
    return folder


def _train(words: list[str]) -> list[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLENVS_QUIET", "1")
        patch.setattr(sys, "argv", ["train", *words])
        assert train.main() == 0
    return sorted(Path(words[words.index("--runs") + 1]).iterdir())
