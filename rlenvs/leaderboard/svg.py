"""A small SVG writer: scales with round ticks, a frame with axes, lines, bands and dots.

Colours, fonts and line styles are the style sheet's: the same drawing serves light and dark pages. Coordinates are
rounded to a tenth of a pixel, so equal data give equal bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 440, 270
LEFT, RIGHT, TOP, BOTTOM = 50, 14, 12, 42


@dataclass(frozen=True)
class Scale:
    """Maps a domain of values to pixels; what lies outside is drawn at the edge.

    Args:
        low, high: The domain, ``low < high``.
        start, stop: The pixels at its ends.
        logarithmic: Equal ratios get equal lengths; then ``low > 0``.
    """

    low: float
    high: float
    start: float
    stop: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The pixel of one value."""
        return float(self(np.asarray(value)))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The pixels of `values`."""
        inside = np.clip(values, self.low, self.high)
        low, high = (math.log(self.low), math.log(self.high)) if self.logarithmic else (self.low, self.high)
        share = ((np.log(inside) if self.logarithmic else inside) - low) / (high - low)
        return self.start + share * (self.stop - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values inside the domain: multiples of 1, 2 or 5 times a power of ten, or these on a log scale."""
        return _log_ticks(self.low, self.high, most) if self.logarithmic else _linear_ticks(self.low, self.high, most)


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if (high - low) / (power * factor) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        inside = [round(tick, 10) for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(inside) <= most:
            break
    return inside


def short(value: float) -> str:
    """A tick's label: 0.25, 10, 50k, 2.5M."""
    size, unit = next(((size, unit) for size, unit in ((1e6, "M"), (1e3, "k")) if abs(value) >= size), (1.0, ""))
    return f"{value / size:g}{unit}".replace("-", "−")


def element(name: str, content: str = "", **attributes: object) -> str:
    """One element; ``class_`` stands for ``class``, other underscores for hyphens, floats are rounded."""
    pairs = (f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{''.join(pairs)}>{content}</{name}>" if content else f"<{name}{''.join(pairs)}/>"


def _attribute(value: object) -> str:
    return pixel(value) if isinstance(value, float) else escape(str(value))


def pixel(value: float) -> str:
    """A coordinate with at most one decimal."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def text(x: float, y: float, content: str, class_: str, **attributes: object) -> str:
    """A line of text."""
    return element("text", escape(content), x=float(x), y=float(y), class_=class_, **attributes)


def line(x: np.ndarray, y: np.ndarray) -> str:
    """A curve through pixels."""
    return element("path", class_="line", d="M" + _points(x, y))


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> str:
    """The area between two curves of pixels."""
    return element("path", class_="band", d=f"M{_points(x, low)}L{_points(x[::-1], high[::-1])}Z")


def _points(x: np.ndarray, y: np.ndarray) -> str:
    return "L".join(f"{pixel(a)} {pixel(b)}" for a, b in zip(x, y, strict=True))


def agent_class(index: int) -> str:
    """The style of an agent: eight colours, then the same colours dashed."""
    return f"a{index % 8}" + (" dashed" if index >= 8 else "")


def agent(index: int, content: str) -> str:
    """What belongs to one agent; the page's legend shows and hides it."""
    return element("g", content, class_=agent_class(index), data_agent=index)


def picture(content: str, label: str, height: float = HEIGHT) -> str:
    """A whole drawing, with the words that a screen reader says for it."""
    box = f"0 0 {WIDTH} {pixel(height)}"
    return element("svg", content, viewBox=box, role="img", aria_label=label, class_="chart")


def frame(
    x: Scale,
    y: Scale,
    x_label: str,
    y_label: str,
    content: Sequence[str],
    guides: Sequence[tuple[float, str]] = (),
    tick_label: Callable[[float], str] = short,
) -> str:
    """Axes, grid and labels around `content`; `guides` are named horizontal lines."""
    bottom = y.start
    parts = [element("path", class_="grid", d=f"M{LEFT} {pixel(y.at(tick))}H{WIDTH - RIGHT}") for tick in y.ticks()]
    parts += [text(LEFT - 7, y.at(tick) + 4, short(tick), "tick", text_anchor="end") for tick in y.ticks()]
    parts += [element("path", class_="axis", d=f"M{pixel(x.at(tick))} {pixel(bottom)}v4") for tick in x.ticks()]
    parts += [text(x.at(tick), bottom + 17, tick_label(tick), "tick", text_anchor="middle") for tick in x.ticks()]
    parts.append(element("path", class_="axis", d=f"M{LEFT} {pixel(bottom)}H{WIDTH - RIGHT}"))
    for value, name in guides:
        parts.append(element("path", class_="guide", d=f"M{LEFT} {pixel(y.at(value))}H{WIDTH - RIGHT}"))
        parts.append(text(WIDTH - RIGHT, y.at(value) - 4, name, "guide-label", text_anchor="end"))
    middle = (TOP + bottom) / 2
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, bottom + 35, x_label, "label", text_anchor="middle"))
    turn = f"rotate(-90 13 {pixel(middle)})"
    parts.append(text(13, middle, y_label, "label", text_anchor="middle", transform=turn))
    return "".join([*parts, *content])
