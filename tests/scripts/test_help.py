from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import scripts

COMMANDS = sorted(path.stem for path in Path(scripts.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("__init__", "errors", "timing")])
def test_every_command_explains_itself(name, monkeypatch, capsys):
    command = importlib.import_module(f"scripts.{name}")
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    out, err = capsys.readouterr()
    assert ended.value.code == 0 and err == ""
    assert out.startswith("usage: ") and name in out.splitlines()[0]
    assert len(out.splitlines()) > 5
