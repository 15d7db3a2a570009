"""The benchmark of Pong: what is timed is checked, and bars name subjects that exist."""

from __future__ import annotations

import pytest

from scripts import bench_pong


def test_what_is_timed_is_checked() -> None:
    bench_pong.check_equal_to_gymnasium(steps=60)


def test_bars_and_missing_figures_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    bench_pong.report({bench_pong.RAW: [100.0, 100.0], "Pong" + bench_pong.SINGLE: [90.0, 92.0]})
    printed = capsys.readouterr().out
    assert "0.910 of bare emulation" in printed and "0.910   bar 0.88   reached" in printed
    assert printed.count("not measured") == 3


def test_two_cores_are_timed_by_the_wall() -> None:
    subject = bench_pong.Subject(1, lambda steps: None)
    rates = bench_pong.measure({"idle": subject}, 2, 0.01, bench_pong.time.perf_counter)
    assert len(rates["idle"]) == 2 and min(rates["idle"]) > 0
