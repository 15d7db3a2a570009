"""Speed and reliability of the code judge beside other ways to run Python: python -m scripts.bench_sandbox

Rates are executions a second of one core, on which host, zygote and programs all run; every round takes each method in
turn, so that what else the machine does meets them alike. Ratios are medians over the rounds. `python file` starts an
interpreter, outside any virtual environment, for a solution with its ten cases in one file; `python -I -S file` does
without the `site` module too; `a process a case` starts ten of the first. None of these is a sandbox. `bare fork` is a
small process that forks, and waits for children that end at once: what no judge with a process a program can pass, and
a measure of the machine, on which all rates depend.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from rlenvs.leaderboard.files import write_atomically
from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.settings import Settings
from rlenvs.sandbox.stage import STAGE_PREFIX
from rlenvs.verifiers.code import judge, judge_many
from scripts.errors import one_line_errors

SOLUTION = "def f(x):\n    return sum(i * i for i in range(x))\n"
CASES = [{"args": [n], "expected": sum(i * i for i in range(n))} for n in range(10)]
PROGRAM = "print(sum(i * i for i in range(int(input()))))\n"
DIRTY = f"import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').write('x' * 100000)\n{SOLUTION}"
BARS = {
    "function": 350.0, "program": 350.0, "numpy preloaded": 300.0, "dirty directory": 200.0,
    "function / python file": 3.0, "function / a process a case": 20.0, "two workers / one": 1.8,
}  # fmt: skip
"""Least values; the rates are those of an idle core."""

MOST = {"late, p99 (s)": 0.05, "after a killed zygote (s)": 0.2, "left behind": 0.0}
"""Greatest values; the first is that of an idle machine."""


@one_line_errors
def main() -> None:
    """Measure, print, and write the figures if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="a method and round (default: 1)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=10_000, help="executions that must leave nothing (default: 10000)")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    if arguments.seconds <= 0 or arguments.rounds < 1 or arguments.runs < 1:
        parser.error("--seconds, --rounds and --runs must be positive")
    figures = rates(arguments.seconds, arguments.rounds)
    figures |= two_workers(arguments.seconds, arguments.rounds)
    figures |= {"late, p99 (s)": lateness(), "after a killed zygote (s)": recovery()}
    figures["left behind"] = leftovers(arguments.runs)
    report(figures)
    if arguments.out is not None:
        write_atomically(arguments.out, (json.dumps(figures, indent=2) + "\n").encode())


def rates(seconds: float, rounds: int) -> dict[str, float]:
    """Executions a second of every method on one core, and ratios of them."""
    with one_core(), ExitStack() as stack:
        pool = stack.enter_context(Pool(1))
        preloaded = stack.enter_context(Pool(1, Settings(preload=("numpy",))))
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        methods: dict[str, Callable[[], object]] = {
            "function": lambda: right(SOLUTION, pool),
            "numpy preloaded": lambda: right(SOLUTION, preloaded),
            "dirty directory": lambda: right(DIRTY, pool),
            "program": lambda: judge(PROGRAM, stdin_cases=[{"stdin": "5", "expected": "30"}], pool=pool),
            "python file": lambda: python_file(directory, CASES),
            "python -I -S file": lambda: python_file(directory, CASES, "-I", "-S"),
            "a process a case": lambda: python_files(directory),
        }
        found: dict[str, list[float]] = {name: [] for name in [*methods, "bare fork"]}
        for _ in range(rounds):
            for name, run in methods.items():
                found[name].append(rate(run, seconds))
            found["bare fork"].append(bare_forks(seconds))
    figures = {name: median(values) for name, values in found.items()}
    for name in ("python file", "python -I -S file", "a process a case", "bare fork"):
        ratios = [ours / theirs for ours, theirs in zip(found["function"], found[name], strict=True)]
        figures[f"function / {name}"] = median(ratios)
    return figures


def two_workers(seconds: float, rounds: int) -> dict[str, float]:
    """How many times the rate of one worker on one core two have on two."""
    problems = [{"source": SOLUTION, "entry_point": "f", "cases": CASES}] * 50
    with Pool(1) as one, Pool(2) as two:
        with one_core():
            right(SOLUTION, one)  # its zygote starts, and stays, where this process is now
        ratios = []
        for _ in range(rounds):
            with one_core():
                single = rate(partial(judge_many, problems, one), seconds)
            ratios.append(rate(partial(judge_many, problems, two), seconds) / single)
    return {"two workers / one": median(ratios)}


def lateness(limit: float = 0.3, runs: int = 50) -> float:
    """By how much programs outlive their limit, as the 99th percentile, until their verdict is there."""
    limits = Limits(wall_seconds=limit)
    late = []
    with Pool(1) as pool:
        right(SOLUTION, pool)
        for source in ("while True: pass", "import time; time.sleep(9)", "9 ** 9 ** 8") * (runs // 3 + 1):
            began = time.perf_counter()
            judge(source, entry_point="f", cases=CASES, limits=limits, pool=pool)
            late.append(time.perf_counter() - began - limit)
    return sorted(late)[int(0.99 * len(late))]


def recovery(runs: int = 9) -> float:
    """Median seconds from the kill of a zygote to the next verdict."""
    seconds = []
    with Pool(1) as pool:
        for _ in range(runs):
            right(SOLUTION, pool)
            os.kill(pool.processes()[0], signal.SIGKILL)
            began = time.perf_counter()
            right(SOLUTION, pool)
            seconds.append(time.perf_counter() - began)
    return median(seconds)


def leftovers(runs: int) -> float:
    """Processes, descriptors and files that are there after many executions and were not before."""
    with Pool(2) as pool:
        judge_many([{"source": SOLUTION, "entry_point": "f", "cases": CASES}] * 10, pool)
        before = census()
        for _ in range(0, runs, 100):
            judge_many([{"source": DIRTY, "entry_point": "f", "cases": CASES}] * 100, pool)
        return float(len(census() - before))


def census() -> set[str]:
    """Descendants of this process, its descriptors, and files where programs might leave some."""
    found = {f"descriptor {number}" for number in os.listdir("/proc/self/fd")}
    waiting = [os.getpid()]
    while waiting:
        process = waiting.pop()
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            children = [int(child) for child in task.read_text().split()]
            found |= {f"process {child}" for child in children}
            waiting += children
    return found | {str(path) for pattern in ("dev/shm/*", f"tmp/{STAGE_PREFIX}*") for path in Path("/").glob(pattern)}


def right(source: str, pool: Pool) -> None:
    """Judges a solution that must pass."""
    verdict = judge(source, entry_point="f", cases=CASES, pool=pool)
    if verdict.reward != 1:
        raise ValueError(f"the solution must pass, got {verdict.status}: {verdict.detail['reason']}")


def python_file(directory: str, cases: list[dict[str, object]], *options: str) -> None:
    """The common way: a file with asserts, run by an interpreter of its own."""
    path = Path(directory, "solution.py")
    path.write_text(SOLUTION + "".join(f"assert f(*{case['args']}) == {case['expected']}\n" for case in cases))
    subprocess.run([os.path.realpath(sys.executable), *options, str(path)], check=True, capture_output=True)


def python_files(directory: str) -> None:
    """An interpreter for every case."""
    for case in CASES:
        python_file(directory, [case])


FORKS = """
import os, sys, time
count, began = 0, time.perf_counter()
while (passed := time.perf_counter() - began) < float(sys.argv[1]):
    if not (child := os.fork()):
        os._exit(0)
    os.waitpid(child, 0)
    count += 1
print(count / passed)
"""


def bare_forks(seconds: float) -> float:
    """Processes a second that do nothing."""
    command = [os.path.realpath(sys.executable), "-I", "-S", "-c", FORKS, str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rate(run: Callable[[], object], seconds: float) -> float:
    """How often `run` can be called a second."""
    count, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        run()
        count += 1
    return count / passed


@contextmanager
def one_core() -> Iterator[None]:
    """This process and those it starts on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def report(figures: dict[str, float]) -> None:
    """Prints the figures and whether the bars are reached."""
    for name, figure in figures.items():
        bar, reached = "", True
        if name in BARS:
            bar, reached = f"   at least {BARS[name]:g}", figure >= BARS[name]
        elif name in MOST:
            bar, reached = f"   at most {MOST[name]:g}", figure <= MOST[name]
        print(f"{name:32}{figure:12.3f}{bar}{'' if reached else '   MISSED'}")


if __name__ == "__main__":
    main()
