"""Leaderboards as text: tables for a terminal, Markdown for a README."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group as Renderables
from rich.table import Table
from rich.text import Text

from rlenvs.leaderboard.aggregation import BOOTSTRAP_SEED, Estimate, Leaderboard, Row
from rlenvs.leaderboard.statistics import LEVEL, MIN_SEEDS

NOTHING = "–"
NAMES = ("Agent", "Environment")


def number(value: float | None, digits: int = 3) -> str:
    """A number with fixed decimals; a dash for None, NaN and infinity."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and float(text) == 0 else text


def count(value: float | None) -> str:
    """A large number with thousands separated."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:,.0f}"


def counted(amount: int, noun: str) -> str:
    """``1 seed``, ``2 seeds``."""
    return f"{amount:,} {noun if amount == 1 else noun + 's'}"


def with_interval(estimate: Estimate | None, digits: int = 3) -> str:
    """``0.912 [0.890, 0.931]``; without an interval the number alone."""
    if estimate is None:
        return NOTHING
    if estimate.interval is None:
        return number(estimate.value, digits)
    low, high = (number(bound, digits) for bound in estimate.interval)
    return f"{number(estimate.value, digits)} [{low}, {high}]"


def stacked(estimate: Estimate | None, digits: int = 3) -> str:
    """`with_interval` over two lines, for narrow columns."""
    return with_interval(estimate, digits).replace(" ", "\n", 1)


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
    unequal = unequal_budgets(board)
    return (
        f"Protocol {board.protocol}. Scores: 0 = uniformly random policy, 1 = optimal. IQM = interquartile mean over "
        f"runs of {counted(len(board.suite), 'environment')}. "
        f"[ ] = {LEVEL:.0%} stratified bootstrap interval over training seeds (seed {BOOTSTRAP_SEED}), "
        f"none under {MIN_SEEDS} seeds. Ranks: what {LEVEL:.0%} of the replicates allow. "
        f"P(>{board.reference}) = probability that a run beats a run of {board.reference}. "
        f"AUC = mean score over the budget.{' ' if unequal else ''}{unequal}"
    )


def unequal_budgets(board: Leaderboard) -> str:
    """A sentence where agents did not have the same budget in an environment; empty where they had.

    ``Unequal budgets in CliffWalk-v0: a2c, ppo 50,000; grpo 200,000 environment steps.``
    """
    told = {name: words for name in board.environments if (words := _budgets(board, name))}
    if not told:
        return ""
    name, words = next(iter(told.items()))
    others = f"; budgets differ in {counted(len(told) - 1, 'other environment')} too" if len(told) > 1 else ""
    return f"Unequal budgets in {name}: {words} {board.unit}{others}."


def _budgets(board: Leaderboard, environment: str) -> str:
    """Agents by their budgets, the smallest first; empty where there is but one."""
    agents: dict[int, list[str]] = {}
    for row in board.rows:
        group = board.groups[row.label].get(environment)
        for budget in sorted({run.spec.budget for run in group.runs} if group else ()):
            agents.setdefault(budget, []).append(row.label)
    return "; ".join(f"{', '.join(agents[b])} {b:,}" for b in sorted(agents)) if len(agents) > 1 else ""


def suite_columns(board: Leaderboard) -> list[str]:
    """The headings of `suite_cells`."""
    return ["Rank", "Agent", "IQM", "Mean", "Median", "Gap", f"P(>{board.reference})", "Seeds"]


def suite_cells(board: Leaderboard, row: Row) -> list[str]:
    """A row of the table over the suite."""
    values = [estimate.value if estimate else None for estimate in (row.mean, row.median, row.optimality_gap)]
    return [
        ranks(row),
        row.label,
        with_interval(row.iqm),
        *(number(value) for value in values),
        number(row.improvement.value if row.improvement else None, 2),
        seeds(board, row),
    ]


COST_COLUMNS = ["AUC", "Steps/s", "s/run"]


def cost_cells(row: Row) -> list[str]:
    """How soon and how fast an agent learns: the cells of `COST_COLUMNS`."""
    return [number(row.auc), count(row.env_steps_per_s), number(row.wall_s, 1)]


def environment_cells(board: Leaderboard, row: Row) -> list[str]:
    """A row's estimates in each environment."""
    return [with_interval(row.environments.get(name)) for name in board.environments]


def rich_tables(board: Leaderboard) -> Renderables:
    """Tables for a terminal of 80 columns: over the suite, by environment, costs; and what the numbers mean."""
    suite = [suite_cells(board, row) for row in board.rows]
    environments = [
        [row.label, *(stacked(row.environments.get(name)) for name in board.environments)] for row in board.rows
    ]
    costs = [[row.label, *cost_cells(row)] for row in board.rows]
    return Renderables(
        rich_table(f"Leaderboard {board.protocol}", suite_columns(board), suite),
        rich_table("IQM in each environment", ["Agent", *board.environments], environments),
        rich_table("Speed of learning and of computing", ["Agent", *COST_COLUMNS], costs),
        Text(footnote(board), style="dim"),
    )


def rich_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A narrow table: names to the left in the first column called Agent or Environment, numbers to the right."""
    table = Table(title=title, title_style="bold", title_justify="left", box=SIMPLE_HEAD, padding=0)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in NAMES else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def markdown(board: Leaderboard) -> str:
    """Two tables in Markdown, over the suite and by environment."""
    suite = [suite_columns(board) + COST_COLUMNS]
    suite += [suite_cells(board, row) + cost_cells(row) for row in board.rows]
    environments = [["Agent", *board.environments]]
    environments += [[row.label, *environment_cells(board, row)] for row in board.rows]
    return "\n\n".join([_markdown_table(suite), _markdown_table(environments), footnote(board)]) + "\n"


def _markdown_table(rows: list[list[str]]) -> str:
    headings, *body = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    rule = ["---" if heading == "Agent" else "---:" for heading in headings]
    return "\n".join(f"| {' | '.join(row)} |" for row in [headings, rule, *body])
