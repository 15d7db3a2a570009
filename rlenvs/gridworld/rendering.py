"""Pictures of a world: RGB arrays painted with NumPy, text, and a window."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.gridworld.dynamics import IntArray
from rlenvs.gridworld.maps import format_map
from rlenvs.gridworld.world import World

Image = npt.NDArray[np.uint8]

_COLORS = {"#": (52, 58, 64), ".": (240, 238, 230), "S": (214, 226, 240), "G": (64, 160, 92), "M": (64, 160, 92),
           "H": (40, 60, 110), "C": (190, 80, 50), "K": (230, 190, 60), "D": (140, 96, 60)}


class Painter:
    """Paints states of one world with tiles of a fixed size."""

    def __init__(self, world: World, tile: int) -> None:
        maps = world.cells.maps
        colors = np.full((128, 3), 150, dtype=np.uint8)
        for symbol, color in _COLORS.items():
            colors[ord(symbol)] = color
        self._tile = tile
        self._colors = colors[maps]
        self._place = world.cells.place

    def paint(self, states: IntArray) -> Image:
        """Pictures of `states` `[n]`, uint8 `[n, height, width, 3]`."""
        game, inventory, row, column = self._place[states].T
        small = self._colors[game]
        tile = self._tile
        images = small.repeat(tile, axis=1).repeat(tile, axis=2)
        n, rows, columns, _ = small.shape
        tiles = images.reshape(n, rows, tile, columns, tile, 3)
        tiles[np.arange(n), row, tile // 4 : -(tile // 4), column, tile // 4 : -(tile // 4)] = (220, 60, 60)
        return images


def ansi(world: World, state: int) -> str:
    """The map as text, the agent as `@`; a last line tells of the key where there is one."""
    game, inventory, row, column = world.cells.place[state].tolist()
    lines = format_map(world.cells.maps[game])
    lines[row] = lines[row][:column] + "@" + lines[row][column + 1 :]
    return "\n".join(lines) + "\n"


class Window:
    """A window that shows frames."""

    def show(self, frame: Image, fps: int) -> None:
        """Show a frame."""

    def close(self) -> None:
        """Close the window."""


def _unused() -> Any:
    return None
