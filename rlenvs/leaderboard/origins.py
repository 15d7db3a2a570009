"""The sections of the leaderboard page that say where numbers come from and how to get them again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from html import escape
from typing import Any

from rlenvs.leaderboard import tables
from rlenvs.leaderboard.aggregation import BOOTSTRAP_SEED, Leaderboard
from rlenvs.leaderboard.curves import BAND_REPLICATES
from rlenvs.leaderboard.figures import Colours
from rlenvs.leaderboard.files import canonical_json
from rlenvs.leaderboard.reading import RunRecord
from rlenvs.leaderboard.reproduction import command
from rlenvs.leaderboard.sections import swatch
from rlenvs.leaderboard.statistics import LEVEL, MIN_SEEDS, REPLICATES
from rlenvs.leaderboard.svg import element


def reproduction(board: Leaderboard, colours: Colours) -> str:
    """For each agent its runs, each with the command that trains it again, and its settings."""
    parts = []
    for row in board.rows:
        runs = [run for group in board.groups[row.label].values() for run in (*group.runs, *group.failed)]
        note = f"{tables.counted(len(runs), 'run')}, version {escape(runs[0].spec.agent_version)}, {_commits(runs)}"
        summary = element("summary", f"{swatch(row.label, colours)} <span class='note'>{note}</span>")
        parts.append(element("details", f"{summary}{_runs_table(runs)}{_settings(runs)}", class_="agent-runs"))
    return "".join(parts)


def _runs_table(runs: Iterable[RunRecord]) -> str:
    heads = ["Environment", "Seed", "Score", "Steps", "Seconds", "Run", "Train it again"]
    head = "".join(
        element("th", name, scope="col", class_="number" if 0 < i < 5 else "agent") for i, name in enumerate(heads)
    )
    rows = "".join(element("tr", _run_cells(run)) for run in runs)
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


def _run_cells(run: RunRecord) -> str:
    numbers = [
        str(run.spec.seed),
        tables.number(run.result.get("score")) if run.state == "ok" else run.state,
        tables.count(run.result.get("env_steps")),
        tables.number(run.result.get("wall_s"), 2),
    ]
    copy = element("button", "copy command", type="button", class_="copy", data_copy=command(run), title=command(run))
    return "".join(
        [
            element("td", escape(run.spec.env_id)),
            *(element("td", number, class_="number") for number in numbers),
            element("td", element("code", run.run_id)),
            element("td", copy),
        ]
    )


def _settings(runs: Iterable[RunRecord]) -> str:
    """The distinct configurations, each with the environments it was used in."""
    used: dict[str, dict[str, None]] = {}
    for run in runs:
        used.setdefault(canonical_json(dict(run.spec.config)), {})[run.spec.env_id] = None
    blocks = []
    for config, environments in used.items():
        title = "Settings" + (f" in {', '.join(environments)}" if len(used) > 1 else "")
        blocks.append(f"<p class='note'>{escape(title)}</p><pre>{escape(_readable(json.loads(config)))}</pre>")
    return "".join(blocks)


def _readable(config: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in config.items()) or "(none)"


def _commits(runs: Iterable[RunRecord]) -> str:
    commits = Counter(_source(run) for run in runs)
    return ", ".join(escape(name) for name in sorted(commits))


def _source(run: RunRecord) -> str:
    git = run.provenance["git"]
    if git is None:
        return f"sources {run.provenance['source_sha256'][:12]}"
    return f"commit {git['commit'][:12]}" + (" with uncommitted changes" if git["dirty"] else "")


def provenance(boards: Iterable[Leaderboard]) -> str:
    """Source code, machines and packages of all runs, each distinct value with its number of runs."""
    runs = [
        run
        for board in boards
        for row in board.groups.values()
        for group in row.values()
        for run in (*group.runs, *group.failed)
    ]
    kinds = {
        "Source": _source,
        "Processor": lambda run: f"{run.provenance['cpu']}, {run.provenance['cores']} cores",
        "GPU": lambda run: ", ".join(run.provenance["gpu"]) or "none",
        "Threads": lambda run: f"OMP_NUM_THREADS={run.provenance['threads'] or 'unset'}",
        "System": lambda run: f"Python {run.provenance['python']}, {run.provenance['platform']}",
        "Packages": lambda run: ", ".join(f"{name} {version}" for name, version in run.provenance["packages"].items()),
    }
    rows = []
    for name, describe in kinds.items():
        values = Counter(describe(run) for run in runs)
        counts = {value: tables.counted(values[value], "run") for value in sorted(values)}
        shown = "<br>".join(f"{escape(value)} <small>({count})</small>" for value, count in counts.items())
        rows.append(element("tr", f"{element('th', name, scope='row', class_='agent')}<td>{shown}</td>"))
    return f"<div class='scroll'><table class='facts-table'><tbody>{''.join(rows)}</tbody></table></div>"


def methods(board: Leaderboard) -> str:
    """How the numbers of one protocol are made."""
    rules = next(run for row in board.groups.values() for group in row.values() for run in (*group.runs, *group.failed))
    budget, episodes = rules.protocol["max_budget"], rules.protocol["eval_episodes"]
    items = {
        "Protocol": f"{board.protocol}: at most {budget:,} {rules.protocol['unit']} a run, "
        f"{board.seeds_required} training seeds, {rules.protocol['evaluations']} evaluations, "
        f"{episodes} recorded episodes on public seeds; policies are scored as they act, "
        f"{rules.protocol['policy_mode']}.",
        "Score": "0 is the uniformly random policy, 1 an optimal one. In environments whose states can be enumerated "
        "both, and the agent's own expected return, are exact: backward induction over the step limit, "
        "averaged over the start distribution.",
        "IQM": "interquartile mean: the mean of the middle half of all runs of all environments "
        "(Agarwal et al. 2021, arXiv:2108.13264).",
        "Intervals": f"{LEVEL:.0%} percentile intervals of a stratified bootstrap: training seeds are drawn within "
        f"each environment, {REPLICATES:,} replicates ({BAND_REPLICATES:,} for curves and profiles), "
        f"seed {BOOTSTRAP_SEED}. Fewer than {MIN_SEEDS} seeds give no interval.",
        "Ranks": "the ranks an agent takes in the central 95 % of the replicates.",
        "Curves": "IQM over seeds at equal steps or seconds, interpolated between evaluations, with 95 % bands. "
        "Seconds are those of training, without evaluations and checkpoints.",
        "Time to 0.95": "the first of three evaluations in a row at 0.95 or more, median over seeds; not reached if "
        "half of them or more did not.",
    }
    return element("dl", "".join(f"<dt>{name}</dt><dd>{escape(words)}</dd>" for name, words in items.items()))
