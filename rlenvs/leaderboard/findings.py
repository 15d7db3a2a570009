"""Tables of a study's own, in Markdown and on the leaderboard's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rlenvs.leaderboard.svg import element


@dataclass(frozen=True)
class Finding:
    """One table of words.

    Attributes:
        title: what it shows.
        heads: of the columns.
        rows: one cell a column; the first names the row.
        note: how to read it, below the table; ``""`` for nothing.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.heads):
                raise ValueError(f"rows: {row} has {len(row)} cells, heads have {len(self.heads)}; give one a column")

    def markdown(self) -> str:
        """The table with its note, without its title; bars in cells are escaped."""
        lines = [self.heads, ("---",) * len(self.heads), *self.rows]
        table = "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
        return f"{table}\n{self.note}\n" if self.note else table

    def html(self) -> str:
        """The same below a heading."""
        heads = "".join(element("th", escape(head), scope="col") for head in self.heads)
        body = "".join(element("tr", _cells(row)) for row in self.rows)
        table = f"<table class='finding'><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        shown = element("div", table, class_="scroll", tabindex=0, role="region", aria_label=self.title)
        note = element("p", escape(self.note), class_="note") if self.note else ""
        return f"<h3>{escape(self.title)}</h3>{shown}{note}"


def markdown(findings: Sequence[Finding]) -> str:
    """Tables one below the other."""
    return "\n".join(finding.markdown() for finding in findings)


def _cells(row: Sequence[str]) -> str:
    name, *others = (escape(cell) for cell in row)
    return element("th", name, scope="row") + "".join(element("td", cell) for cell in others)
