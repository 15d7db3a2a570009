"""The benchmark of the text environments: what is timed plays, and bars name figures that exist."""

from __future__ import annotations

import pytest

from rlenvs.text.response_vector import ResponseVectorEnv
from rlenvs.text.token_vector import TokenVectorEnv
from scripts import bench_text


def test_subjects_play_and_count_their_members() -> None:
    tokens = bench_text.token_steps(TokenVectorEnv(3))
    assert [next(tokens) for _ in range(5)] == [3] * 5
    env = ResponseVectorEnv(40, autoreset_mode="SameStep")
    responses = bench_text.responses(env)
    assert [next(responses) for _ in range(4)] == [0, 40, 0, 40]
    assert bench_text.rate(responses, 0.001) > 0


def test_bars_and_ratios_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    rates = {bench_text.NATIVE: [40.0, 60.0, 90.0], bench_text.SYNC: [2.0, 2.0, 3.0], bench_text.ROWS: [2e6] * 3}
    figures = bench_text.figures_of(rates)
    assert figures[f"{bench_text.NATIVE} / {bench_text.SYNC}"] == 30
    bench_text.report(figures | {bench_text.RESPONSES: 49_000.0})
    printed = capsys.readouterr().out
    assert printed.count("reached") == 2 and printed.count("MISSED") == 1
    assert set(bench_text.BARS) <= figures.keys() | {bench_text.RESPONSES}
