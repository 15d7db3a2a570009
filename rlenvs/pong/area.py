"""OpenCV's INTER_AREA for the screen, 210x160 to 84x84: the tables that every implementation of it uses.

Every output pixel is a weighted mean of the source pixels it covers: first along the row, then down the column, both
sums in float32 and in rising order of the source, at last rounded to the nearest even integer. In that order and
precision the result is OpenCV's, bit for bit.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Taps = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]

SIDE = 84
_NEGLIGIBLE = 1e-3  # OpenCV leaves out narrower slivers of a pixel


def taps(source: int, target: int) -> Taps:
    """Source positions and weights, both `[target, taps]`; missing taps have weight 0."""
    scale = 1 / (target / source)
    rows = [_taps_of(place, source, scale) for place in range(target)]
    most = max(map(len, rows))
    padded = [row + [(row[-1][0], 0.0)] * (most - len(row)) for row in rows]
    table = np.array(padded)
    return table[..., 0].astype(np.int64), table[..., 1].astype(np.float32)


def _taps_of(place: int, source: int, scale: float) -> list[tuple[int, float]]:
    start, end = place * scale, place * scale + scale
    width = min(scale, source - start)
    last = min(math.floor(end), source - 1)
    first = min(math.ceil(start), last)
    found = [(whole, 1 / width) for whole in range(first, last)]
    if first - start > _NEGLIGIBLE:
        found.insert(0, (first - 1, (first - start) / width))
    if end - last > _NEGLIGIBLE:
        found.append((last, min(end - last, 1, width) / width))
    return found
