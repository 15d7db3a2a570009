"""The report of `rlenvs doctor`."""

from __future__ import annotations

import json

import pytest

from rlenvs import doctor
from rlenvs.cli import main


def test_the_report_covers_its_topics(capsys, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "ASK_TORCH", "print('1 threads')")
    assert main(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert list(findings) == ["rlenvs", "system", "packages", "extras", "roms", "sandbox", "threads"]
    assert findings["packages"]["gymnasium"][0].isdigit()
    assert findings["roms"] == {"pong": "present"}
    assert {"agents", "fast", "window"} <= set(findings["extras"])


def test_the_text_pastes_well() -> None:
    text = doctor.as_text({"system": {"gpu": None, "cpu": "fast"}})
    assert text == "system\n  gpu                   -\n  cpu                   fast"


def test_a_missing_extra_shows_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", {"torch": "2.0"}.get)
    assert doctor._extra("agents", ("torch", "numba")) == (
        "torch 2.0; missing numba: pip install 'rlenvs-suite[agents]'"
    )


def test_extras_come_from_the_installed_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = ['torch>=2.4; extra == "agents"', "numpy>=1", 'rlenvs-suite[agents]; extra == "all"']
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: requirements)
    assert doctor.extras() == {"agents": ("torch",)}


def test_a_gpu_is_asked_for_where_its_tool_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    assert doctor._gpus() is None
    assert doctor._output("no-such-command").startswith("no-such-command failed")
