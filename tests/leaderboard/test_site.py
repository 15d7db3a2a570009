from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib import resources
from xml.etree import ElementTree

import pytest

from rlenvs.leaderboard import site
from rlenvs.leaderboard.aggregation import build_leaderboards
from rlenvs.leaderboard.findings import Finding
from rlenvs.leaderboard.records import RunDirectory, RunSpec, find_runs
from tests.leaderboard.corridor import write_corridor_run
from tests.leaderboard.synthetic import write_run, write_suite

ENVIRONMENTS = ("rlenvs/CliffWalk-v0", "rlenvs/FourRooms-v0")
AGENTS = ("ppo", "reinforce", "sb3-ppo")
VOID = {"meta", "br"}


class Balance(HTMLParser):
    """Fails on a tag that is closed in the wrong order, or never."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_startendtag(self, tag, attrs):
        assert tag in {"path", "rect", "circle"}, self.getpos()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return write_suite(tmp_path_factory.mktemp("runs"), AGENTS, ENVIRONMENTS)


@pytest.fixture(scope="module")
def text(runs) -> str:
    return site.page(build_leaderboards(find_runs(runs)))


def test_two_builds_are_equal_byte_by_byte(runs, tmp_path):
    first, second = (site.build_site(find_runs(runs), tmp_path / name) for name in ("a", "b"))
    assert first.name == "index.html" and first.read_bytes() == second.read_bytes()


def test_the_page_needs_nothing_from_elsewhere(text):
    assert not re.findall(r"https?:|//cdn|\bsrc=|@import|url\(|@font-face", text)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert "prefers-color-scheme: dark" in text


def test_the_script_is_small():
    script = resources.files("rlenvs.leaderboard").joinpath("page.js").read_text()
    assert len(script.encode()) < 5000


def test_the_page_is_well_formed(text):
    Balance(text)
    drawings = re.findall(r"<svg.*?</svg>", text, flags=re.S)
    # 4 over the suite; for each environment curves and entropy against steps and seconds, and the seeds
    assert len(drawings) == 4 + 2 * (2 * 2 + 1)
    for drawing in drawings:
        assert ElementTree.fromstring(drawing).get("aria-label")


def test_the_page_shows_what_it_must(text):
    for words in (
        *AGENTS,
        *(env_id.removeprefix("rlenvs/") for env_id in ENVIRONMENTS),
        "seed 4: 0.",
        "normalised score",
        "environment steps",
        "seconds of training",
        "entropy (nats)",
        "Performance profile",
        "python -m scripts.train --spec",
        "bootstrap seed 0",
        "Python 3.",
        "learning_rate = 0.003",
    ):
        assert words in text, words
    assert text.count("data-copy=") == len(AGENTS) * len(ENVIRONMENTS) * 5


def test_the_headline_names_leaders_and_rivals(runs, tmp_path):
    (board,) = build_leaderboards(find_runs(runs))
    assert "<strong>ppo</strong> has the highest score" in site.page([board])
    assert "It ranks first in 95 % of the bootstrap replicates" in site.page([board])
    write_suite(tmp_path, ["ppo", "grpo-clip_cov"], ENVIRONMENTS[:1])
    assert re.search(
        r"The data cannot tell it from (ppo|grpo-clip_cov)", site.page(build_leaderboards(find_runs(tmp_path)))
    )


def test_names_cannot_inject_markup(tmp_path):
    spec = RunSpec(ENVIRONMENTS[0], "ppo", 0, 1000, "demo@1", config={"note": "</pre><script>alert(1)</script>"})
    run = RunDirectory.open(tmp_path / "run", spec)
    run.append("metrics", [{"step": 0, "wall_s": 0.1, "score": 0.0}, {"step": 9, "wall_s": 0.2, "score": 1.0}])
    run.finish({"score": 0.5, "label": "<script>alert(2)</script>", "random_return": 0.0, "optimal_return": 1.0})
    text = site.page(build_leaderboards(find_runs(tmp_path)))
    assert "<script>alert" not in text and "&lt;script&gt;alert(2)" in text
    Balance(text)


def test_a_language_models_page_counts_responses_and_draws_its_curves(tmp_path):
    """Curves below 0.5 fill their panel; the tables of a study stand first."""
    spec = RunSpec("rlenvs/MathToken-v0", "grpo", 0, 1024, "text@1")
    run = RunDirectory.open(tmp_path / "run", spec)
    rows = [(0, 0.2, 0.1, 0.5), (1024, 0.3, 0.2, 0.6)]
    run.append("metrics", [{"step": s, "score": a, "wall_s": t, "validation/pass@8": k} for s, a, t, k in rows])
    run.finish({"score": 0.3, "label": "grpo", "random_return": 0.0, "optimal_return": 1.0, "env_steps": 1024})
    table = Finding("What changed", ("method", "gain"), (("grpo", "+10.0"),))
    text = site.page(build_leaderboards(find_runs(tmp_path)), findings=[table])
    Balance(text)
    assert text.index("What changed") < text.index("Protocol text@1")
    assert "responses after the warm-up" in text and "environment steps<" not in text
    assert "Problems solved within eight tries" in text and ">optimal<" not in text and ">random<" in text


def test_small_numbers_are_written_out_and_one_is_singular(tmp_path):
    spec = RunSpec("rlenvs/MathToken-v0", "grpo", 0, 12_288, "text@1")
    result = {"score": 0.3, "random_return": 0.0, "optimal_return": 1.0, "env_steps": 12_288}
    RunDirectory.open(tmp_path / "run", spec).finish(result)
    text = site.page(build_leaderboards(find_runs(tmp_path)))
    assert "<b>12,288</b> responses after the warm-up" in text and "over 1 environment and 1 seed." in text
    for words in ("<b>1</b> agent<", "<b>1</b> environment<", "<b>1</b> training run<", ">1 run, ", "(1 run)"):
        assert words in text, words
    assert not re.search(r"\b1 (seeds|environments|runs|agents)\b", text)


def test_a_title_stands_in_heading_and_window(runs, text):
    assert "<h1>Leaderboard</h1>" in text and "<title>Leaderboard - rlenvs</title>" in text
    named = site.page(build_leaderboards(find_runs(runs)), title="Entropy & more")
    assert "<h1>Entropy &amp; more</h1>" in named and "<title>Entropy &amp; more - rlenvs</title>" in named


def test_thin_records_still_make_a_page(tmp_path):
    """One seed, no curves, plain returns, a failed run, several protocols, more agents than colours."""
    spec = RunSpec("CartPole-v1", "mine.py:train", 0, 1000)
    RunDirectory.open(tmp_path / "cartpole", spec).finish({"score": 200.0, "mean_return": 200.0})
    for index in range(9):
        spec = RunSpec(ENVIRONMENTS[0], f"agent{index}", 0, 1000, "demo@1")
        result = {"score": 1.0, "random_return": 0.0, "optimal_return": 1.0}
        RunDirectory.open(tmp_path / str(index), spec).finish(result)
    write_run(tmp_path, "ppo", ENVIRONMENTS[0], 0, state="failed")
    text = site.page(build_leaderboards(find_runs(tmp_path)))
    Balance(text)
    assert "There are too few seeds for intervals" in text and "a0 dashed" in text
    assert "No agent has run in every environment" in text  # nothing in gridworld@1 has a normalised score
    assert "0/5, 1 failed" in text and "plain mean returns" in text


def test_verified_records_are_counted(tmp_path):
    write_corridor_run(tmp_path / "0", seed=0)
    write_corridor_run(tmp_path / "1", seed=1)
    records = find_runs(tmp_path)
    verified = site.rescore(records)
    assert list(verified.values()) == [True, True]
    verified[records[0].run_id] = False
    text = site.page(build_leaderboards(records), verified)
    assert ">Verified<" in text and ">1/2<" in text


def test_out_must_be_a_directory(runs, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="it is a file, name a directory"):
        site.build_site(find_runs(runs), tmp_path / "file")
