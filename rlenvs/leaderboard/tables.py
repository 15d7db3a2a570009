"""Leaderboards as text: tables for a terminal, Markdown for a README."""

from __future__ import annotations

import math

from rich.console import Group as Renderables
from rich.table import Table
from rich.text import Text

from rlenvs.leaderboard.aggregation import BOOTSTRAP_SEED, Estimate, Leaderboard, Row
from rlenvs.leaderboard.statistics import LEVEL, MIN_SEEDS

NOTHING = "–"


def number(value: float | None, digits: int = 3) -> str:
    """A number with fixed decimals; a dash for None, NaN and infinity."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and float(text) == 0 else text


def count(value: float | None) -> str:
    """A large number with thousands separated."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.0f}"


def with_interval(estimate: Estimate | None, digits: int = 3) -> str:
    """``0.912 [0.890, 0.931]``; without an interval the number alone."""
    if estimate is None:
        return NOTHING
    if estimate.interval is None:
        return number(estimate.value, digits)
    low, high = (number(bound, digits) for bound in estimate.interval)
    return f"{number(estimate.value, digits)} [{low}, {high}]"


def ranks(row: Row) -> str:
    """``1`` or ``1–3``: the ranks that the data cannot tell apart."""
    if row.ranks is None:
        return NOTHING
    best, worst = row.ranks
    return str(best) if best == worst else f"{best}–{worst}"


def seeds(board: Leaderboard, row: Row) -> str:
    """Seeds there are of those the protocol asks for, and failed runs."""
    failed = f", {row.failed} failed" if row.failed else ""
    return f"{row.seeds}/{board.seeds_required}{failed}"


def footnote(board: Leaderboard) -> str:
    """What the numbers mean, in one sentence each."""
    return (
        f"Protocol {board.protocol}. Scores: 0 = uniformly random policy, 1 = optimal. IQM = interquartile mean over "
        f"runs of {_suite(board)}. [ ] = {LEVEL:.0%} stratified bootstrap interval over training seeds "
        f"(seed {BOOTSTRAP_SEED}), none under {MIN_SEEDS} seeds. Ranks: what {LEVEL:.0%} of the replicates allow. "
        f"P(>{board.reference}) = probability that a run beats a run of {board.reference}. "
        f"AUC = mean score over the budget."
    )


def _suite(board: Leaderboard) -> str:
    return f"{len(board.suite)} environment{'s' if len(board.suite) != 1 else ''}"


def suite_columns(board: Leaderboard) -> list[str]:
    """The headings of `suite_cells`."""
    return [
        "Rank",
        "Agent",
        "IQM",
        "Mean",
        "Median",
        "Gap",
        f"P(>{board.reference})",
        "AUC",
        "Seeds",
        "Steps/s",
        "s/run",
    ]


def suite_cells(board: Leaderboard, row: Row) -> list[str]:
    """A row of the table over the suite."""
    values = [estimate.value if estimate else None for estimate in (row.mean, row.median, row.optimality_gap)]
    return [
        ranks(row),
        row.label,
        with_interval(row.iqm),
        *(number(value) for value in values),
        number(row.improvement.value if row.improvement else None, 2),
        number(row.auc),
        seeds(board, row),
        count(row.env_steps_per_s),
        number(row.wall_s, 1),
    ]


def environment_columns(board: Leaderboard) -> list[str]:
    """The headings of `environment_cells`."""
    return ["Agent", *board.environments]


def environment_cells(board: Leaderboard, row: Row) -> list[str]:
    """A row of the table of single environments."""
    return [row.label, *(with_interval(row.environments.get(name)) for name in board.environments)]


def rich_tables(board: Leaderboard) -> Renderables:
    """Two tables for a terminal, over the suite and by environment, and what they mean."""
    over_suite = Table(title=f"Leaderboard {board.protocol}", title_style="bold", title_justify="left")
    by_environment = Table(title="IQM in each environment", title_style="bold", title_justify="left")
    for table, headings in ((over_suite, suite_columns(board)), (by_environment, environment_columns(board))):
        for heading in headings:
            table.add_column(heading, justify="left" if heading == "Agent" else "right", overflow="fold")
    for row in board.rows:
        over_suite.add_row(*map(Text, suite_cells(board, row)))
        by_environment.add_row(*map(Text, environment_cells(board, row)))
    return Renderables(over_suite, by_environment, Text(footnote(board), style="dim"))


def markdown(board: Leaderboard) -> str:
    """The same two tables in Markdown."""
    over_suite = [suite_columns(board), *(suite_cells(board, row) for row in board.rows)]
    by_environment = [environment_columns(board), *(environment_cells(board, row) for row in board.rows)]
    return "\n\n".join([_markdown_table(over_suite), _markdown_table(by_environment), footnote(board)]) + "\n"


def _markdown_table(rows: list[list[str]]) -> str:
    headings, *body = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    rule = ["---" if heading == "Agent" else "---:" for heading in headings]
    return "\n".join(f"| {' | '.join(row)} |" for row in [headings, rule, *body])
