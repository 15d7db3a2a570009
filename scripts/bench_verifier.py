"""Speed of the math verifier on typical answers, beside Math-Verify where it is installed (`pip install math-verify`).

    python -m scripts.bench_verifier [--pairs 500] [--rounds 3] [--out verifier.json]

Typical: gold answers as in school and olympiad sets (40 % whole numbers), each response a box; 40 % repeat the gold
answer, 20 % write it in another way, 40 % give another problem's answer. Both verifiers judge the same pairs in the
same process, one round after the other; every round of ours begins with empty caches. Labels are by construction, and
disagreements with them are counted. Rates are per second of processor time. Whole numbers in `verify_many` are timed
apart.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rlenvs.leaderboard.files import write_atomically
from rlenvs.verifiers import equivalence, parsing
from rlenvs.verifiers.math import verify, verify_many
from scripts.errors import one_line_errors

SEED = 0
WHOLE_NUMBERS = 20_000
BARS = {"verdicts a second": 5000.0, "times Math-Verify": 50.0, "whole numbers a second": 50_000.0}
MAX_PROVED = 0.05


class Pair(NamedTuple):
    """A problem's gold answer, a response, and whether it is right."""

    gold: str
    response: str
    right: bool


@one_line_errors
def main() -> None:
    """Time, print, and write the figures if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    if arguments.pairs < 2 or arguments.rounds < 1:
        parser.error("--pairs must be at least 2 and --rounds at least 1")
    pairs = typical_pairs(arguments.pairs)
    figures = measure(pairs, arguments.rounds)
    report(figures)
    if arguments.out is not None:
        write_atomically(arguments.out, (json.dumps(figures, indent=2) + "\n").encode())


def typical_pairs(count: int) -> list[Pair]:
    """Pairs of the mixture described above."""
    rng = random.Random(SEED)
    golds = [_answer(rng) for _ in range(count)]
    pairs = []
    for index, (gold, rewritten) in enumerate(golds):
        kind = rng.random()
        other = golds[(index + 1 + rng.randrange(count - 1)) % count][0]
        answer = gold if kind < 0.4 else rewritten if kind < 0.6 else other
        pairs.append(Pair(gold, rf"The result follows. \boxed{{{answer}}}", kind < 0.6 or other == gold))
    return pairs


def measure(pairs: Sequence[Pair], rounds: int) -> dict[str, float]:
    """All figures by name."""
    ours, theirs = [], []
    peer = math_verify()
    for _ in range(rounds):
        equivalence._prepare_gold.cache_clear()
        parsing.parse.cache_clear()
        ours.append(_rate(pairs, lambda pair: verify(pair.gold, pair.response).reward == 1))
        if peer is not None:
            theirs.append(_rate(pairs, peer))
    verdicts = [verify(pair.gold, pair.response) for pair in pairs]
    stages = Counter(verdict.detail["stage"] for verdict in verdicts)
    figures = {
        "verdicts a second": statistics.median(ours),
        "whole numbers a second": _whole_rate(),
        "disagreements": sum(
            (verdict.reward == 1) != pair.right for verdict, pair in zip(verdicts, pairs, strict=True)
        ),
        **{f"share decided by {stage}": count / len(pairs) for stage, count in stages.most_common()},
    }
    if theirs and peer is not None:
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        figures |= {"Math-Verify a second": statistics.median(theirs), "times Math-Verify": statistics.median(ratios)}
        figures["disagreements of Math-Verify"] = sum(peer(pair) != pair.right for pair in pairs)
    return figures


def math_verify() -> Callable[[Pair], bool] | None:
    """Math-Verify as its documentation uses it; None where it is not installed."""
    if importlib.util.find_spec("math_verify") is None:
        return None
    from math_verify import parse, verify

    return lambda pair: bool(verify(parse(f"${pair.gold}$"), parse(pair.response)))


def report(figures: dict[str, float]) -> None:
    """Prints the figures and whether the bars are reached."""
    for name, figure in figures.items():
        bar = BARS.get(name)
        verdict = "" if bar is None else f"   bar {bar:,.0f}   {'reached' if figure >= bar else 'MISSED'}"
        print(f"{name:32}{figure:14,.3f}{verdict}")
    proved = figures.get("share decided by proof", 0.0)
    print(f"{'share that reaches sympy':32}{proved:14,.3f}   at most {MAX_PROVED}")
    if "times Math-Verify" not in figures:
        print("Math-Verify is not installed: pip install math-verify")


def _rate(pairs: Sequence[Pair], judge: Callable[[Pair], bool]) -> float:
    start = time.process_time()
    for pair in pairs:
        judge(pair)
    return len(pairs) / (time.process_time() - start)


def _whole_rate() -> float:
    rng = random.Random(SEED)
    golds = [str(rng.randrange(100_000)) for _ in range(WHOLE_NUMBERS)]
    responses = [gold if rng.random() < 0.5 else str(rng.randrange(100_000)) for gold in golds]
    start = time.process_time()
    verify_many(golds, responses, "exact")
    return WHOLE_NUMBERS / (time.process_time() - start)


def _answer(rng: random.Random) -> tuple[str, str]:
    """A gold answer and another way to write it."""
    a, b, c = rng.randrange(2, 100), rng.randrange(2, 30), rng.randrange(2, 9)
    p, q = rng.choice([(1, 3), (2, 7), (5, 6), (7, 9), (11, 13), (3, 8), (17, 12)])
    whole = rng.randrange(1, 5000)
    if rng.random() < 0.4:
        return rng.choice([(str(whole), f"{whole}.0"), (f"{whole * 1000:,}", str(whole * 1000)), (str(a), f"x = {a}")])
    return rng.choice(
        [
            (rf"\frac{{{p}}}{{{q}}}", f"{p}/{q}"),
            (rf"-\frac{{{p}}}{{{q}}}", rf"\frac{{-{p}}}{{{q}}}"),
            (f"{a}.{b}", rf"{a}.{b}0"),
            (rf"{c}\sqrt{{{b}}}", rf"\sqrt{{{c * c * b}}}"),
            (rf"\frac{{{a}\pi}}{{{q}}}", rf"\frac{{{a}}}{{{q}}}\pi"),
            (rf"({a}, {b})", rf"\left({a},{b}\right)"),
            (rf"[{b}, {b + a})", rf"{b} \le x < {b + a}"),
            (rf"(-\infty, {b}) \cup ({a + b}, \infty)", rf"x < {b} \text{{ or }} x > {a + b}"),
            (rf"x^2 + {a + b}x + {a * b}", rf"(x+{a})(x+{b})"),
            (rf"y = {a}x + {b}", rf"y - {a}x = {b}"),
            (rf"{a}\%", f"{a}"),
            (rf"{a} \text{{ cm}}", rf"{a}\,\mathrm{{cm}}"),
            (rf"{a} + {b}i", rf"{b}i + {a}"),
            (rf"\{{{a}, {a + b}\}}", rf"\{{{a + b}, {a}\}}"),
            (rf"e^{{{c}x}}", rf"(e^x)^{{{c}}}"),
            (r"\text{(E)}", "E"),
            (rf"{c}.{b} \times 10^{{{c}}}", rf"{c}.{b}e{c}"),
            (rf"1 + \sqrt{{{b}}}, 1 - \sqrt{{{b}}}", rf"1 \pm \sqrt{{{b}}}"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
