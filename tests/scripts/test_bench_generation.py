from __future__ import annotations

import pytest

from scripts import bench_generation


def test_what_trl_needs_is_looked_for_before_anything_is_measured(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench_generation", "--trl"])
    monkeypatch.setattr(bench_generation, "NEEDED_BY_TRL", ("json", "no_such_package"))
    monkeypatch.setattr(bench_generation, "countdown_policy", lambda: pytest.fail("measured"))
    assert bench_generation.main() == 1
    said = capsys.readouterr().err
    assert said == "error: --trl needs no_such_package: pip install no_such_package, or leave --trl out\n"
