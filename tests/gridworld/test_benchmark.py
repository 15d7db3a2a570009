from __future__ import annotations

import pytest

from scripts import bench_gridworld


def test_what_is_timed_is_checked() -> None:
    bench_gridworld.check_equal_to_sync(num_envs=3, steps=30)


def test_missed_and_missing_bars_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    bench_gridworld.report({"cliff numpy 8192": [1e6], "cliff envpool 8192": [1e6]})
    printed = capsys.readouterr().out
    assert "MISSED" in printed and "not measured" in printed
