"""Single environments as HTML: the seeds behind their numbers, exact returns and times to a good policy."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from rlenvs.leaderboard import figures, tables
from rlenvs.leaderboard.aggregation import Estimate, Leaderboard, evaluations
from rlenvs.leaderboard.curves import first_reaching, median_time
from rlenvs.leaderboard.figures import Bar, Colours
from rlenvs.leaderboard.grouping import Group
from rlenvs.leaderboard.sections import groups_in, swatch
from rlenvs.leaderboard.svg import element

THRESHOLD = 0.95


def environment_cards(board: Leaderboard, colours: Colours) -> str:
    """For each environment the seeds behind the numbers, exact returns and times to a good policy."""
    return "".join(_environment(board, name, colours) for name in board.environments)


def _environment(board: Leaderboard, name: str, colours: Colours) -> str:
    groups = sorted(groups_in(board, name), key=lambda group: -_iqm(board, group).value)
    bars = [
        Bar(
            group.agent,
            _iqm(board, group),
            tuple((float(score), f"seed {seed}") for score, seed in zip(group.scores, group.seeds, strict=True)),
        )
        for group in groups
    ]
    label = "normalised score: dots are seeds, boxes 95 % intervals of the IQM"
    drawing = figures.intervals(
        bars, colours, label if name in board.suite else label.replace("normalised score", "return")
    )
    heads = ["Agent", "Mean return", f"Steps to {THRESHOLD}", "Seconds", "Reached by"]
    rows = "".join(element("tr", _reaching(group, colours)) for group in groups)
    table = (
        f"<table><thead><tr>{''.join(_plain_head(head) for head in heads)}</tr></thead><tbody>{rows}</tbody></table>"
    )
    panels = element("div", element("div", drawing) + element("div", table, class_="scroll"), class_="panels")
    return element("section", f"<h4>{escape(name)}</h4>{_references(groups)}{panels}", class_="environment")


def _plain_head(name: str) -> str:
    return element("th", name, scope="col", class_="agent" if name == "Agent" else "number")


def _references(groups: Sequence[Group]) -> str:
    if not all(group.normalised for group in groups):
        return "<p class='note'>Scores are plain mean returns: this environment has no exact references.</p>"
    result = groups[0].runs[0].result
    random, optimal = (tables.number(result[key], 2) for key in ("random_return", "optimal_return"))
    human = tables.number(result.get("human_return"), 2)
    beside = "" if groups[0].human is None else f" A human has {human}, score {tables.number(groups[0].human, 2)}."
    scale = f"Score 0 is a return of {random} (uniformly random), score 1 is {optimal} (optimal)."
    return f"<p class='note'>{scale}{beside}</p>"


def _reaching(group: Group, colours: Colours) -> str:
    returns = group.results("mean_return")
    times = {}
    for x in figures.AXES:
        curves = [evaluations(run, x) for run in group.runs]
        times[x] = median_time([first_reaching(xs, scores, THRESHOLD) for xs, scores in curves])
    (steps, reached), (seconds, _) = times["step"], times["wall_s"]
    cells = [tables.number(float(np.mean(returns)) if returns else None, 2), "–", "–", "–"]
    if group.normalised:
        cells[1:] = [
            _censored(tables.count(steps)),
            _censored(tables.number(seconds, 2)),
            f"{reached}/{len(group.runs)}",
        ]
    first = element("th", swatch(group.agent, colours), scope="row", class_="agent")
    return first + "".join(element("td", cell, class_="number") for cell in cells)


def _censored(shown: str) -> str:
    return "not reached" if shown == tables.NOTHING else shown


def _iqm(board: Leaderboard, group: Group) -> Estimate:
    return next(row for row in board.rows if row.label == group.agent).environments[group.environment]
