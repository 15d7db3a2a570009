"""The leaderboard page: one HTML file without a single outside reference.

Two builds from the same records are equal byte by byte: no clock, no set order, a seeded bootstrap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from rlenvs.leaderboard import figures, origins, sections
from rlenvs.leaderboard.aggregation import BOOTSTRAP_SEED, Leaderboard, build_leaderboards
from rlenvs.leaderboard.environment_cards import environment_cards
from rlenvs.leaderboard.figures import Colours
from rlenvs.leaderboard.files import write_atomically
from rlenvs.leaderboard.findings import Finding
from rlenvs.leaderboard.main_table import main_table
from rlenvs.leaderboard.reading import RunRecord
from rlenvs.leaderboard.svg import element
from rlenvs.leaderboard.verification import verify

TITLE = "Leaderboard"
LINKS = {"table": "Table", "curves": "Learning curves", "environments": "Environments", "reproduce": "Reproduce"}


def write_site(
    boards: Sequence[Leaderboard],
    out: str | Path,
    verified: Mapping[str, bool] | None = None,
    findings: Sequence[Finding] = (),
    title: str = TITLE,
) -> Path:
    """Writes ``index.html`` below `out` and returns its path.

    Args:
        boards: From `build_leaderboards`.
        out: A directory; it is made where it is missing.
        verified: For each run_id whether its record could be re-scored, see `rescore`; None to show nothing of it.
        findings: Tables of a study's own, shown first.
        title: The page's heading.
    """
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"out is {out}: it is a file, name a directory")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "index.html", page(boards, verified, findings, title).encode())
    return folder / "index.html"


def build_site(
    records: Iterable[RunRecord],
    out: str | Path,
    reference: str | None = None,
    findings: Sequence[Finding] = (),
    title: str = TITLE,
) -> Path:
    """The page of finished runs, from records to file."""
    return write_site(build_leaderboards(records, reference), out, findings=findings, title=title)


def rescore(records: Iterable[RunRecord]) -> dict[str, bool]:
    """For each run_id whether the record passes tier 1 of `rlenvs.leaderboard.verification`."""
    return {record.run_id: all(verdict.passed for verdict in verify(record.path)) for record in records}


def page(
    boards: Sequence[Leaderboard],
    verified: Mapping[str, bool] | None = None,
    findings: Sequence[Finding] = (),
    title: str = TITLE,
) -> str:
    """The whole page as HTML."""
    labels = sorted({row.label for board in boards for row in board.rows})
    colours = {label: index for index, label in enumerate(labels)}
    body = [_header(boards, title), *(finding.html() for finding in findings)]
    body += [_board(board, colours, verified) for board in boards]
    body.append(f"<h2 id='provenance'>Provenance</h2>{origins.provenance(boards)}")
    body.append(f"<p class='note'>Intervals are drawn with bootstrap seed {BOOTSTRAP_SEED}; ")
    body.append("the same records give the same page, byte by byte.</p>")
    template = Template(_resource("page.html"))
    parts = {"style": _resource("page.css"), "script": _resource("page.js"), "body": "\n".join(body)}
    return template.substitute(parts, title=escape(title))


def _resource(name: str) -> str:
    return resources.files("rlenvs.leaderboard").joinpath(name).read_text(encoding="utf-8")


def _header(boards: Sequence[Leaderboard], title: str) -> str:
    links = [element("a", "Provenance", href="#provenance")]
    for board in reversed(boards):
        prefix = f"{escape(board.protocol)}: " if len(boards) > 1 else ""
        links[:0] = [element("a", prefix + name, href=f"#{_anchor(board, part)}") for part, name in LINKS.items()]
    return (
        f"<header><p class='eyebrow'>rlenvs</p><h1>{escape(title)}</h1>"
        "<p class='lede'>Reinforcement learning agents on environments with known scales: "
        "0 is the uniformly random policy, 1 is an optimal one.</p>"
        f"<nav>{''.join(links)}</nav></header>"
    )


def _board(board: Leaderboard, colours: Colours, verified: Mapping[str, bool] | None) -> str:
    parts = [
        f"<h2 id='{_anchor(board, 'table')}'>Protocol {escape(board.protocol)}</h2>",
        f"<p class='lede'>{sections.headline(board)}</p>{sections.facts(board)}",
        sections.unequal_budgets(board),
        main_table(board, colours, verified),
        "<p class='note'>Press a heading to sort, hold the pointer over it for its meaning.</p>",
        _curves(board, colours),
        f"<h3 id='{_anchor(board, 'environments')}'>Environment by environment</h3>",
        environment_cards(board, colours),
        f"<h3 id='{_anchor(board, 'reproduce')}'>Reproduce a row</h3>",
        "<p>In a checkout of the repository each command trains one run again, from its own record. "
        "<code>rlenvs verify RUN</code> checks a record without training, "
        "<code>rlenvs reproduce RUN</code> also restores commit and packages.</p>",
        origins.reproduction(board, colours),
        f"<h3>How the numbers are made</h3>{origins.methods(board)}",
    ]
    return "\n".join(parts)


def _curves(board: Leaderboard, colours: Colours) -> str:
    """Everything that shares the legend: it stays in sight while these figures are read."""
    parts = [sections.legend(board, colours)]
    if any(row.iqm is not None for row in board.rows):
        parts += ["<h3>Over the suite</h3>", sections.aggregate_figures(board, colours)]
    parts.append(f"<h3 id='{_anchor(board, 'curves')}'>Learning curves</h3>")
    parts.append("<p class='note'>IQM over seeds; bands are 95 % bootstrap intervals.</p>")
    parts.append(sections.curve_figures(board, colours, figures.learning_curves))
    if solved := sections.curve_figures(board, colours, figures.pass_curves):
        parts += ["<h3>Problems solved within eight tries</h3>", solved]
    if entropy := sections.curve_figures(board, colours, figures.entropy_curves):
        parts += ["<h3>Entropy of the policy</h3>", entropy]
    return element("div", "\n".join(parts), class_="curves")


def _anchor(board: Leaderboard, part: str) -> str:
    return f"{board.protocol.replace('@', '-')}-{part}"
