"""Shapes on a square tile, painted with NumPy: no image files, no drawing library.

Shapes live in the unit square (x to the right, y down), are painted four times too large and averaged, which
smooths their edges at any tile size.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Color = tuple[int, int, int]
Mask = npt.NDArray[np.bool_]
Picture = npt.NDArray[np.uint8]
Point = tuple[float, float]

_OVERSAMPLING = 4


class Canvas:
    """One tile being painted."""

    def __init__(self, size: int, ground: Color) -> None:
        self._size = size
        fine = size * _OVERSAMPLING
        self._y, self._x = (np.mgrid[:fine, :fine] + 0.5) / fine
        self._pixels = np.empty((fine, fine, 3))
        self._pixels[...] = ground
        self.ground = ground

    def paint(self, mask: Mask, color: Color) -> None:
        """Color the pixels of `mask`."""
        self._pixels[mask] = color

    def ellipse(self, x: float, y: float, width: float, height: float, color: Color) -> None:
        """An ellipse around (x, y) with the given half axes."""
        self.paint(((self._x - x) / width) ** 2 + ((self._y - y) / height) ** 2 <= 1, color)

    def box(self, left: float, top: float, right: float, bottom: float, color: Color) -> None:
        """A rectangle."""
        inside = (self._x >= left) & (self._x < right) & (self._y >= top) & (self._y < bottom)
        self.paint(inside, color)

    def line(self, start: Point, end: Point, width: float, color: Color) -> None:
        """A line with round ends."""
        along_x, along_y = end[0] - start[0], end[1] - start[1]
        share = (self._x - start[0]) * along_x + (self._y - start[1]) * along_y
        share = np.clip(share / (along_x**2 + along_y**2), 0, 1)
        distance = np.hypot(self._x - start[0] - share * along_x, self._y - start[1] - share * along_y)
        self.paint(distance <= width / 2, color)

    def polygon(self, corners: tuple[Point, ...], color: Color) -> None:
        """A convex polygon, corners clockwise on the screen."""
        inside = np.ones(self._x.shape, dtype=np.bool_)
        for (x, y), (next_x, next_y) in zip(corners, corners[1:] + corners[:1], strict=True):
            inside &= (next_x - x) * (self._y - y) - (next_y - y) * (self._x - x) >= 0
        self.paint(inside, color)

    def picture(self) -> Picture:
        """The finished tile, uint8 `[size, size, 3]`."""
        blocks = self._pixels.reshape(self._size, _OVERSAMPLING, self._size, _OVERSAMPLING, 3)
        return blocks.mean(axis=(1, 3)).round().astype(np.uint8)


def shade(color: Color, factor: float) -> Color:
    """A darker (factor below 1) or lighter colour."""
    red, green, blue = (min(255, round(part * factor)) for part in color)
    return red, green, blue
