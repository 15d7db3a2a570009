"""Pictures of a world: RGB arrays for people and as observations, and text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rlenvs.gridworld.canvas import Canvas, Picture
from rlenvs.gridworld.dynamics import IntArray
from rlenvs.gridworld.maps import DOOR, FLOOR, KEY, START, WALL, format_map, is_symbol
from rlenvs.gridworld.tiles import AGENTS, DRAWINGS, THEMES, Theme, draw_key, floor, letter, open_door
from rlenvs.gridworld.world import World


class Painter:
    """Paints states of one world with tiles of a fixed size.

    Args:
        world: the world.
        tile: side of a cell in pixels.
    """

    def __init__(self, world: World, tile: int) -> None:
        self._tile = tile
        self._maps, self._place = world.cells.maps, world.cells.place
        theme = THEMES.get(world.name, Theme())
        shape = (2 if world.has_inventory else 1, 128, tile, tile, 3)
        self._ground: Picture = np.zeros(shape, dtype=np.uint8)
        self._with_agent: Picture = np.zeros(shape, dtype=np.uint8)
        has_many_starts = int(is_symbol(self._maps[0], START).sum()) > 1
        for inventory in range(shape[0]):
            for symbol in (chr(code) for code in np.unique(self._maps)):
                drawing = _drawing(theme, symbol, has_many_starts, inventory == 1)
                canvas = Canvas(tile, theme.wall if symbol == WALL else theme.floor)
                floor(canvas)
                drawing(canvas)
                self._ground[inventory, ord(symbol)] = canvas.picture()
                AGENTS[theme.agent](canvas)
                if inventory:
                    draw_key(canvas, 0.76, 0.84, 0.5)
                self._with_agent[inventory, ord(symbol)] = canvas.picture()

    def paint(self, states: IntArray) -> Picture:
        """Pictures of `states` `[n]`, uint8 `[n, height, width, 3]`, fresh."""
        game, inventory, row, column = self._place[states].T
        symbols = self._maps[game]
        tiles = self._ground[inventory[:, None, None], symbols]
        members = np.arange(len(states))
        tiles[members, row, column] = self._with_agent[inventory, symbols[members, row, column]]
        count, rows, columns, tile = tiles.shape[:4]
        return tiles.transpose(0, 1, 3, 2, 4, 5).reshape(count, rows * tile, columns * tile, 3)


def _drawing(theme: Theme, symbol: str, has_many_starts: bool, has_key: bool) -> Callable[[Canvas], None]:
    """How a symbol looks; a key that is held and marks of many starts are not drawn."""
    if (has_key and symbol == KEY) or (has_many_starts and symbol == START):
        return floor
    if has_key and symbol == DOOR:
        return open_door
    special = dict(theme.drawings)
    return special.get(symbol) or DRAWINGS.get(symbol) or letter(symbol)


def ansi(world: World, state: int) -> str:
    """The map as text: the agent as `@`; with the key in hand, doors open (`/`) and a last line that says so."""
    game, inventory, row, column = world.cells.place[state].tolist()
    lines = format_map(world.cells.maps[game])
    if inventory:
        lines = [line.replace(KEY, FLOOR).replace(DOOR, "/") for line in lines]
    lines[row] = lines[row][:column] + "@" + lines[row][column + 1 :]
    if inventory:
        lines.append("with the key")
    return "\n".join(lines) + "\n"
