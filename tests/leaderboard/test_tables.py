from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from rlenvs.leaderboard import tables
from rlenvs.leaderboard.aggregation import Estimate, build_leaderboards
from rlenvs.leaderboard.records import find_runs
from rlenvs.leaderboard.site import page
from rlenvs.leaderboard.statistics import Interval
from tests.leaderboard.synthetic import write_run, write_suite

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


def test_unequal_budgets_are_told(board, tmp_path):
    assert tables.unequal_budgets(board) == "" and "budget." in tables.footnote(board)
    for agent, budget in (("ppo", 50_000), ("a2c", 20_000)):
        for env_id in ("rlenvs/CliffWalk-v0", "rlenvs/FourRooms-v0"):
            write_run(tmp_path, agent, env_id, 0, budget=budget)
    (unlike,) = build_leaderboards(find_runs(tmp_path))
    told = (
        "Unequal budgets in CliffWalk-v0: a2c 20,000; ppo 50,000 environment steps; "
        "budgets differ in 1 other environment too."
    )
    assert tables.unequal_budgets(unlike) == told
    assert tables.footnote(unlike).endswith(told) and told in page([unlike])


def test_an_environments_own_budget_is_no_inequality(tmp_path):
    for env_id, budget in (("rlenvs/CliffWalk-v0", 20_000), ("rlenvs/FourRooms-v0", 50_000)):
        for agent in ("ppo", "a2c"):
            write_run(tmp_path, agent, env_id, 0, budget=budget)
    (board,) = build_leaderboards(find_runs(tmp_path))
    assert tables.unequal_budgets(board) == ""
