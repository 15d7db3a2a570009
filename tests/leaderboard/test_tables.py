from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from rlenvs.leaderboard import tables
from rlenvs.leaderboard.aggregation import Estimate, build_leaderboards
from rlenvs.leaderboard.records import find_runs
from rlenvs.leaderboard.statistics import Interval
from tests.leaderboard.synthetic import write_suite

AGENTS = ["ppo", "a2c", "grpo-clip_cov"]


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    environments = ["rlenvs/CliffWalk-v0", "rlenvs/FourRooms-v0"]
    (built,) = build_leaderboards(find_runs(write_suite(tmp_path_factory.mktemp("runs"), AGENTS, environments)))
    return built


def test_markdown_shows_every_agent_and_environment(board):
    text = tables.markdown(board)
    assert text.splitlines()[0].startswith("| Rank | Agent | IQM |")
    assert "| ppo |" in text and "| a2c |" in text and "FourRooms-v0" in text
    assert "Protocol demo@1" in text and "95% stratified bootstrap" in text and "(seed 0)" in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| 1")}
    assert widths == {12}


def test_terminal_tables_fit_eighty_columns(board):
    out = io.StringIO()
    Console(file=out, width=80).print(tables.rich_tables(board))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    headings = next(line for line in lines if "Rank" in line)
    assert "Median" in headings and "P(>ppo)" in headings and "Seeds" in headings  # nothing is folded
    (ppo,) = (line for line in lines if "ppo" in line and "5/5" in line)
    assert tables.with_interval(next(row.iqm for row in board.rows if row.label == "ppo")) in ppo


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (None, "–"),
        (Estimate(0.5), "0.500"),
        (Estimate(0.5, Interval(0.25, 0.75)), "0.500 [0.250, 0.750]"),
        (Estimate(math.nan), "–"),
        (Estimate(-0.0001), "0.000"),
    ],
)
def test_estimates(estimate, text):
    assert tables.with_interval(estimate) == text
