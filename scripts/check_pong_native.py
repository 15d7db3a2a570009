"""Compare the native Pong with ale-py frame by frame: memory, screen, reward, end of game and observations.

python -m scripts.check_pong_native                    # a million frames in a few minutes
python -m scripts.check_pong_native --frames 20000
"""

from __future__ import annotations

import argparse
import sys
import time

from rlenvs.pong.native.verification import Report, compare, random_player, tracker

_PLAYS = (
    ("random", random_player, 0.0, 1),
    ("random, 4 frames an action", random_player, 0.0, 4),
    ("random, sticky 0.25", random_player, 0.25, 4),
    ("weak tracker", tracker(0.3), 0.0, 1),
    ("close games", tracker(0.9), 0.0, 1),
    ("strong tracker", tracker(0.97), 0.0, 1),
    ("strong tracker, sticky 0.25", tracker(0.97), 0.25, 1),
)


def main() -> int:
    """Play, print a line for each kind of play, and return how many kinds showed a mismatch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1_000_000, help="frames in all (default: 1,000,000)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    failures, total, began = 0, 0, time.perf_counter()
    for name, player, sticky, repeats in _PLAYS:
        report = compare(-(-arguments.frames // len(_PLAYS)), player, arguments.seed, sticky, repeats)
        failures += any(report.mismatches.values())
        total += report.frames
        print(f"{name:28} {_line(report)}")
    print(f"{total:,} frames in {time.perf_counter() - began:.0f} s, kinds of play with a mismatch: {failures}")
    return int(failures > 0)


def _line(report: Report) -> str:
    counts = ", ".join(f"{part} {len(frames)}" for part, frames in report.mismatches.items())
    first = min((frames[0] for frames in report.mismatches.values() if frames), default=None)
    line = f"{report.frames:>9,} frames  {report.games:>4} games  mismatches: {counts}"
    wins = sum(player > cpu for cpu, player in report.scores)
    return f"{line}  won {wins}" + ("" if first is None else f"  first at frame {first}")


if __name__ == "__main__":
    sys.exit(main())
