"""The sections of the leaderboard page: one protocol's results as HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np

from rlenvs.leaderboard import figures, tables
from rlenvs.leaderboard.aggregation import Estimate, Leaderboard, Row, evaluations
from rlenvs.leaderboard.curves import first_reaching, median_time
from rlenvs.leaderboard.figures import Bar, Colours
from rlenvs.leaderboard.grouping import Group
from rlenvs.leaderboard.svg import agent_class, element

THRESHOLD = 0.95
HINTS = {
    "Rank": "ranks that 95 % of the bootstrap replicates allow",
    "IQM": "interquartile mean over all runs of the suite, with its 95 % interval",
    "Mean": "mean over environments of the mean over seeds",
    "Median": "median over environments of the mean over seeds",
    "Gap": "optimality gap: how far runs fall short of 1 on average; lower is better",
    "AUC": "mean score over the training budget: how soon the agent is good",
    "Seeds": "training seeds, of those the protocol asks for",
    "Steps/s": "environment steps a second of training, and seconds of training a run; medians over runs",
}


def swatch(label: str, colours: Colours) -> str:
    """An agent's name after a dot of its colour."""
    dot = element("span", " ", class_=f"swatch {agent_class(colours[label])}", aria_hidden="true")
    return f"{dot}{escape(label)}"


def headline(board: Leaderboard) -> str:
    """What the table says, in a sentence or two."""
    best = board.rows[0]
    if best.iqm is None:
        return "No agent has run in every environment of the suite yet."
    over = f"{len(board.suite)} environment{'s' if len(board.suite) > 1 else ''}"
    sentence = (
        f"<strong>{escape(best.label)}</strong> has the highest score: an interquartile mean of "
        f"<strong>{tables.with_interval(best.iqm)}</strong> over {over} and {best.seeds} seeds."
    )
    if best.ranks is None:
        return f"{sentence} There are too few seeds for intervals."
    rivals = [escape(row.label) for row in board.rows[1:] if row.ranks is not None and row.ranks[0] == 1]
    if rivals:
        return f"{sentence} The data cannot tell it from {' or '.join(rivals)}."
    return f"{sentence} It ranks first in 95 % of the bootstrap replicates."


def facts(board: Leaderboard) -> str:
    """How much stands behind the page, in a few large numbers."""
    runs = [run for row in board.groups.values() for group in row.values() for run in group.runs]
    steps, seconds = (sum(run.result.get(name) or 0 for run in runs) for name in ("env_steps", "wall_s"))
    numbers = [
        (str(len(board.rows)), "agents"),
        (str(len(board.environments)), "environments"),
        (str(len(runs)), "training runs"),
        (f"{steps / 1e6:.1f} M", "environment steps"),
        (f"{seconds / 60:.1f} min", "of training"),
    ]
    return element("ul", "".join(element("li", f"<b>{a}</b> {b}") for a, b in numbers), class_="facts")


def main_table(board: Leaderboard, colours: Colours, verified: Mapping[str, bool] | None) -> str:
    """The sortable table: agents down, the suite, single environments and costs across."""
    reference = f"P(&gt;{escape(board.reference)})"
    names = ["Rank", "Agent", "IQM", *board.environments, "Mean", "Median", "Gap", reference, "AUC"]
    names += ["Seeds", "Steps/s"] + (["Verified"] if verified is not None else [])
    hints = HINTS | {
        reference: f"probability that a run beats a run of {board.reference}",
        "Verified": "runs whose recorded actions and policy give the reported returns and score again",
        **{name: "interquartile mean over seeds, with its 95 % interval" for name in board.environments},
    }
    heads = "".join(_head(name, hints.get(name, "")) for name in names)
    body = "".join(element("tr", _cells(board, row, colours, verified)) for row in board.rows)
    table = f"<table class='sortable main'><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label="Leaderboard table")


def _head(name: str, hint: str) -> str:
    button = element("button", name.replace("-v", "\u2011v"), type="button", title=hint or name)
    return element("th", button, scope="col", class_="agent" if name == "Agent" else "number")


def _cells(board: Leaderboard, row: Row, colours: Colours, verified: Mapping[str, bool] | None) -> str:
    plain = [(row.mean, 3), (row.median, 3), (row.optimality_gap, 3), (row.improvement, 2)]
    cells = [
        _cell(tables.ranks(row), row.ranks[0] + row.ranks[1] / 1000 if row.ranks else None),
        element("th", swatch(row.label, colours), scope="row", class_="agent"),
        _estimate(row.iqm, [other.iqm for other in board.rows]),
        *(
            _estimate(row.environments.get(name), [other.environments.get(name) for other in board.rows])
            for name in board.environments
        ),
        *(_cell(tables.number(e.value if e else None, digits), e.value if e else None) for e, digits in plain),
        _cell(tables.number(row.auc), row.auc),
        _cell(tables.seeds(board, row), row.seeds),
        _cell(_speed(row), row.env_steps_per_s),
    ]
    if verified is not None:
        runs = [verified[run.run_id] for group in board.groups[row.label].values() for run in group.runs]
        cells.append(_cell(f"{sum(runs)}/{len(runs)}", sum(runs)))
    return "".join(cells)


def _speed(row: Row) -> str:
    return f"{tables.count(row.env_steps_per_s)}<small>{tables.number(row.wall_s, 1)} s/run</small>"


def _cell(shown: str, value: float | None) -> str:
    return element("td", shown, class_="number", data_value="" if value is None else f"{value:.6f}")


def _estimate(estimate: Estimate | None, column: Sequence[Estimate | None]) -> str:
    """A cell with its interval; the column's largest value, as shown, stands out."""
    if estimate is None:
        return _cell(tables.NOTHING, None)
    value, _, interval = tables.with_interval(estimate).partition(" ")
    largest = max(other.value for other in column if other is not None)
    shown = (f"<b>{value}</b>" if value == tables.number(largest) else value) + (
        f"<small>{interval}</small>" if interval else ""
    )
    return element("td", shown, class_="number", data_value=f"{estimate.value:.6f}")


def legend(board: Leaderboard, colours: Colours) -> str:
    """The agents' colours; pressing one hides it in every figure. With it, the switch of the curves' x axis."""
    keys = "".join(
        element(
            "button", swatch(row.label, colours), type="button", data_toggle=colours[row.label], aria_pressed="true"
        )
        for row in board.rows
    )
    axes = "".join(
        element("button", name, type="button", data_axis=axis, aria_pressed=pressed)
        for name, axis, pressed in (("steps", "step", "true"), ("seconds", "wall_s", "false"))
    )
    switch = element("span", axes, class_="switch", role="group", aria_label="Horizontal axis of the curves")
    return element("div", f"{element('span', keys, class_='keys')}{switch}", class_="legend")


def aggregate_figures(board: Leaderboard, colours: Colours) -> str:
    """Interval plots of the suite's statistics."""
    rows = [row for row in board.rows if row.iqm is not None]
    iqms = [Bar(row.label, row.iqm) for row in rows if row.iqm is not None]
    gaps = [Bar(row.label, row.optimality_gap) for row in rows if row.optimality_gap is not None]
    chances = [Bar(row.label, row.improvement) for row in rows if row.improvement is not None]
    panels = [
        _figure("Interquartile mean", figures.intervals(iqms, colours, "IQM of normalised scores (higher is better)")),
        _figure(
            "Optimality gap", figures.intervals(gaps, colours, "distance from an optimal policy (lower is better)")
        ),
        _figure("Performance profile", figures.profile(board, colours)),
    ]
    if chances:
        label = f"probability that a run beats a run of {board.reference}"
        drawing = figures.intervals(chances, colours, label, domain=(0.0, 1.0))
        panels.append(_figure(f"Probability of improvement over {board.reference}", drawing))
    return element("div", "".join(panels), class_="panels")


Drawing = Callable[[Sequence[Group], Colours, str], str | None]


def curve_figures(board: Leaderboard, colours: Colours, draw: Drawing) -> str:
    """One panel for each environment, drawn against steps and against seconds; the page shows one of the two."""
    panels = []
    for name in board.environments:
        groups = _groups(board, name)
        drawings = {x: drawing for x in figures.AXES if (drawing := draw(groups, colours, x))}
        both = "".join(element("div", drawing, class_=f"by-{x}") for x, drawing in drawings.items())
        if both:
            panels.append(_figure(name, both))
    return element("div", "".join(panels), class_="panels") if panels else ""


def environment_cards(board: Leaderboard, colours: Colours) -> str:
    """For each environment the seeds behind the numbers, exact returns and times to a good policy."""
    return "".join(_environment(board, name, colours) for name in board.environments)


def _environment(board: Leaderboard, name: str, colours: Colours) -> str:
    groups = sorted(_groups(board, name), key=lambda group: -_iqm(board, group).value)
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


def _groups(board: Leaderboard, environment: str) -> list[Group]:
    """The agents' runs in one environment, in the order of the table."""
    cells = (board.groups[row.label].get(environment) for row in board.rows)
    return [group for group in cells if group is not None and group.runs]


def _iqm(board: Leaderboard, group: Group) -> Estimate:
    return next(row for row in board.rows if row.label == group.agent).environments[group.environment]


def _figure(title: str, drawing: str) -> str:
    return element("figure", f"{element('figcaption', escape(title))}{drawing}")
