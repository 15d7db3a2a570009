"""The leaderboard's table as HTML: agents down, scores with their intervals and costs across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rlenvs.leaderboard import tables
from rlenvs.leaderboard.aggregation import Estimate, Leaderboard, Row
from rlenvs.leaderboard.figures import Colours
from rlenvs.leaderboard.sections import swatch
from rlenvs.leaderboard.svg import element

HINTS = {
    "Rank": "ranks that 95 % of the bootstrap replicates allow",
    "IQM": "interquartile mean over all runs of the suite, with its 95 % interval",
    "Mean": "mean over environments of the mean over seeds",
    "Median": "median over environments of the mean over seeds",
    "Gap": "optimality gap: how far runs fall short of 1 on average; lower is better",
    "AUC": "mean score over the training budget: how soon the agent is good",
    "Seeds": "training seeds, of those the protocol asks for",
    "Steps/s": "environment steps (of language models: responses) a second of training, and seconds of training a run; "
    "medians over runs",
}


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
