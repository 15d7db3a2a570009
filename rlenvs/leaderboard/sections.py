"""One protocol's results as HTML: what they say in words, the figures and their legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from rlenvs.leaderboard import figures, tables
from rlenvs.leaderboard.aggregation import Leaderboard
from rlenvs.leaderboard.figures import Bar, Colours
from rlenvs.leaderboard.grouping import Group
from rlenvs.leaderboard.svg import agent_class, element


def swatch(label: str, colours: Colours) -> str:
    """An agent's name after a dot of its colour."""
    dot = element("span", " ", class_=f"swatch {agent_class(colours[label])}", aria_hidden="true")
    return f"{dot}{escape(label)}"


def headline(board: Leaderboard) -> str:
    """What the table says, in a sentence or two."""
    best = board.rows[0]
    if best.iqm is None:
        return "No agent has run in every environment of the suite yet."
    over, seeds = tables.counted(len(board.suite), "environment"), tables.counted(best.seeds, "seed")
    sentence = (
        f"<strong>{escape(best.label)}</strong> has the highest score: an interquartile mean of "
        f"<strong>{tables.with_interval(best.iqm)}</strong> over {over} and {seeds}."
    )
    if best.ranks is None:
        return f"{sentence} There are too few seeds for intervals."
    rivals = [escape(row.label) for row in board.rows[1:] if row.ranks is not None and row.ranks[0] == 1]
    if rivals:
        return f"{sentence} The data cannot tell it from {' or '.join(rivals)}."
    return f"{sentence} It ranks first in 95 % of the bootstrap replicates."


def unequal_budgets(board: Leaderboard) -> str:
    """A warning above the table where agents did not have the same budget in an environment, or nothing."""
    words = escape(tables.unequal_budgets(board))
    return element("p", f"<strong>{words}</strong>", class_="note") if words else ""


def facts(board: Leaderboard) -> str:
    """How much stands behind the page, in a few large numbers."""
    runs = [run for row in board.groups.values() for group in row.values() for run in group.runs]
    steps, seconds = (sum(run.result.get(name) or 0 for run in runs) for name in ("env_steps", "wall_s"))
    counts = ((len(board.rows), "agent"), (len(board.environments), "environment"), (len(runs), "training run"))
    numbers = [tables.counted(amount, noun).split(" ", 1) for amount, noun in counts]
    numbers += [[_amount(steps), board.unit], [f"{seconds / 60:.1f} min", "of training"]]
    return element("ul", "".join(element("li", f"<b>{a}</b> {b}") for a, b in numbers), class_="facts")


def _amount(steps: float) -> str:
    """``5.7 M``; below a million every one, ``12,288``."""
    return f"{steps / 1e6:.1f} M" if steps >= 1e6 else tables.count(steps)


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
        groups = groups_in(board, name)
        drawings = {x: drawing for x in figures.AXES if (drawing := draw(groups, colours, x))}
        both = "".join(element("div", drawing, class_=f"by-{x}") for x, drawing in drawings.items())
        if both:
            panels.append(_figure(name, both))
    return element("div", "".join(panels), class_="panels") if panels else ""


def groups_in(board: Leaderboard, environment: str) -> list[Group]:
    """The agents' runs in one environment, in the order of the table."""
    cells = (board.groups[row.label].get(environment) for row in board.rows)
    return [group for group in cells if group is not None and group.runs]


def _figure(title: str, drawing: str) -> str:
    return element("figure", f"{element('figcaption', escape(title))}{drawing}")
