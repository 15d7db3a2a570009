"""The figures of the leaderboard page, drawn with `rlenvs.leaderboard.svg`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rlenvs.leaderboard import svg
from rlenvs.leaderboard.aggregation import Estimate, Leaderboard, evaluations, generator
from rlenvs.leaderboard.curves import BAND_REPLICATES, Curve, aggregate_curves
from rlenvs.leaderboard.grouping import Group
from rlenvs.leaderboard.statistics import enough_seeds, percentile_band, performance_profile, resample
from rlenvs.leaderboard.tables import number, with_interval

POINTS = 41
ROW = 42
LOW_SCORES = 0.5  # curves that stay below are drawn larger, without the line of an optimal policy
LOWEST_SCORE = -0.25  # a policy can be far worse than random; the part of a curve below is drawn at the edge
AXES = ("step", "wall_s")
Colours = Mapping[str, int]  # agent label -> index of its style


def learning_curves(groups: Sequence[Group], colours: Colours, x: str) -> str | None:
    """Score against steps or seconds, IQM and band over seeds; None where no run has such a curve."""
    title = "Learning curves"
    if not all(group.normalised for group in groups):
        return _curves(groups, colours, x, "score", "mean return", title)
    human = groups[0].human
    guides = ((1.0, "optimal"), (0.0, "random"), *([] if human is None else [(human, "human")]))
    return _curves(groups, colours, x, "score", "normalised score", title, guides)


def entropy_curves(groups: Sequence[Group], colours: Colours, x: str) -> str | None:
    """Entropy of the policy against steps or seconds; None where no run recorded it."""
    return _curves(groups, colours, x, "entropy", "entropy (nats)", "Entropy of the policy")


def pass_curves(groups: Sequence[Group], colours: Colours, x: str) -> str | None:
    """Share of validation problems that one of eight responses solves; None where no language model was trained."""
    return _curves(groups, colours, x, "validation/pass@8", "pass@8", "Problems solved within eight tries")


def _curves(
    groups: Sequence[Group],
    colours: Colours,
    x: str,
    y: str,
    y_label: str,
    title: str,
    guides: Sequence[tuple[float, str]] = (),
) -> str | None:
    curves = {group.agent: curve for group in groups if (curve := _aggregate(group, x, y))}
    if not curves:
        return None
    x_label = groups[0].unit if x == "step" else "seconds of training (logarithmic)"
    across = _x_scale(list(curves.values()), x, max(group.runs[0].spec.budget for group in groups))
    up = _y_scale(list(curves.values()), scored=bool(guides))
    drawn = [svg.agent(colours[label], _curve(curve, across, up)) for label, curve in curves.items()]
    inside = [guide for guide in guides if guide[0] <= up.high]
    title = f"{title} in {groups[0].environment} against {x_label}"
    return svg.picture(svg.frame(across, up, x_label, y_label, drawn, inside), title)


def _aggregate(group: Group, x: str, y: str) -> Curve | None:
    seconds = x == "wall_s"
    columns = [evaluations(run, x, y) for run in group.runs]
    if seconds:
        columns = [(times[times > 0], values[times > 0]) for times, values in columns]
    if not columns or any(len(xs) < 2 for xs, _ in columns):
        return None
    xs, ys = zip(*columns, strict=True)
    return aggregate_curves(xs, ys, POINTS, generator(), logarithmic=seconds)


def _curve(curve: Curve, x: svg.Scale, y: svg.Scale) -> str:
    across = x(curve.x)
    area = "" if curve.band is None else svg.band(across, *y(curve.band))
    return area + svg.line(across, y(curve.middle))


def _x_scale(curves: Sequence[Curve], x: str, budget: int) -> svg.Scale:
    if x == "step":
        return svg.Scale(0, budget, svg.LEFT, svg.WIDTH - svg.RIGHT)
    low, high = min(curve.x[0] for curve in curves), max(curve.x[-1] for curve in curves)
    return svg.Scale(low, max(high, 2 * low), svg.LEFT, svg.WIDTH - svg.RIGHT, logarithmic=True)


def _y_scale(curves: Sequence[Curve], scored: bool) -> svg.Scale:
    extremes = np.concatenate([curve.middle if curve.band is None else curve.band.ravel() for curve in curves])
    low, high = float(extremes.min()), float(extremes.max())
    if scored:
        low, high = max(LOWEST_SCORE, min(low, 0.0)), 1.02 if high > LOW_SCORES else 1.1 * max(high, 0.1)
    else:
        low, high = min(low, 0.0) if low >= 0 else low, high + 0.04 * (abs(high - low) or 1.0)
    return svg.Scale(low, high, svg.HEIGHT - svg.BOTTOM, svg.TOP)


def profile(board: Leaderboard, colours: Colours) -> str:
    """Performance profiles: the share of runs above each score, with bands."""
    complete = {row.label: board.groups[row.label] for row in board.rows if row.iqm is not None}
    scores = {label: [groups[name].scores for name in board.suite] for label, groups in complete.items()}
    lowest = min(float(values.min()) for rows in scores.values() for values in rows)
    low = max(0.0, math.floor(lowest * 10) / 10)
    x = svg.Scale(min(low, 0.9), 1.0, svg.LEFT, svg.WIDTH - svg.RIGHT)
    y = svg.Scale(0.0, 1.02, svg.HEIGHT - svg.BOTTOM, svg.TOP)
    thresholds = np.linspace(x.low, x.high, 2 * POINTS)
    drawn = []
    for label, rows in scores.items():
        replicates = performance_profile(resample(rows, generator(), BAND_REPLICATES), thresholds)
        area = percentile_band(replicates) if enough_seeds(rows) else None
        curve = Curve(thresholds, performance_profile(rows, thresholds), area)
        drawn.append(svg.agent(colours[label], _curve(curve, x, y)))
    return svg.picture(
        svg.frame(x, y, "normalised score τ", "share of runs above τ", drawn), "Performance profiles over the suite"
    )


@dataclass(frozen=True)
class Bar:
    """One row of an interval plot: an agent's estimate and, where given, its single values with a word on each."""

    label: str
    estimate: Estimate
    dots: tuple[tuple[float, str], ...] = ()


def intervals(bars: Sequence[Bar], colours: Colours, x_label: str, domain: tuple[float, float] | None = None) -> str:
    """Estimates with their intervals one below the other; without a `domain` the axis spans the data."""
    height = svg.TOP + ROW * len(bars) + svg.BOTTOM
    x = svg.Scale(*(domain or _span(bars)), 12, svg.WIDTH - 12)
    bottom = height - svg.BOTTOM
    parts = [svg.element("path", class_="grid", d=f"M{svg.pixel(x.at(t))} {svg.TOP}V{bottom}") for t in x.ticks()]
    parts += [svg.text(x.at(t), bottom + 17, svg.short(t), "tick", text_anchor="middle") for t in x.ticks()]
    parts.append(svg.text(svg.WIDTH / 2, bottom + 35, x_label, "label", text_anchor="middle"))
    for index, bar in enumerate(bars):
        parts.append(svg.agent(colours[bar.label], _bar(bar, x, svg.TOP + ROW * index)))
    return svg.picture("".join(parts), x_label, height)


def _span(bars: Sequence[Bar]) -> tuple[float, float]:
    values = [value for bar in bars for value, _ in bar.dots] + [bar.estimate.value for bar in bars]
    values += [bound for bar in bars for bound in bar.estimate.interval or ()]
    low, high = min(values), max(values)
    room = 0.05 * ((high - low) or abs(high) or 1.0)
    return low - room, high + room


def _bar(bar: Bar, x: svg.Scale, top: float) -> str:
    middle = top + 25
    parts = [
        svg.text(12, top + 13, bar.label, "name"),
        svg.text(svg.WIDTH - 12, top + 13, with_interval(bar.estimate), "tick", text_anchor="end"),
    ]
    if bar.estimate.interval is not None:
        low, high = (x.at(bound) for bound in bar.estimate.interval)
        parts.append(svg.element("rect", class_="interval", x=low, y=middle - 4, width=max(high - low, 1.0), height=8))
    for value, words in bar.dots:
        hint = svg.element("title", svg.escape(f"{words}: {number(value)}"))
        parts.append(svg.element("circle", hint, class_="dot", cx=x.at(value), cy=middle, r=3.2))
    here = x.at(bar.estimate.value)
    parts.append(svg.element("path", class_="estimate", d=f"M{svg.pixel(here)} {middle - 6}v12"))
    return "".join(parts)
