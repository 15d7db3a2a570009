"""How map symbols and agents look: their drawings on square tiles, and the themes of worlds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rlenvs.gridworld.canvas import Canvas, Color, shade

_INK: Color = (44, 48, 58)
_WHITE: Color = (250, 250, 248)
_GOLD: Color = (236, 182, 46)
_WOOD: Color = (146, 98, 58)

# Rows of 3 x 5 pixel glyphs, top to bottom, three bits a row.
_GLYPHS = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717", "6": "74757", "7": "71122",
    "8": "75757", "9": "75717", "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644",
    "G": "34553", "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25563", "R": "65655", "S": "34216", "T": "72222", "U": "55557", "V": "55552",
    "W": "55775", "X": "55255", "Y": "55222", "Z": "71247",
}  # fmt: skip


@dataclass(frozen=True)
class Theme:
    """The look of a world.

    Attributes:
        floor: colour of the ground.
        wall: colour of walls.
        agent: who walks there: "robot", "cat" or "diver".
        drawings: how symbols look that mean something special in this world.
    """

    floor: Color = (240, 236, 226)
    wall: Color = (92, 100, 116)
    agent: str = "robot"
    drawings: tuple[tuple[str, Callable[[Canvas], None]], ...] = ()


def floor(canvas: Canvas) -> None:
    """Bare ground with a thin joint to the neighbouring tiles."""
    joint = shade(canvas.ground, 0.93)
    canvas.box(0, 0, 1, 0.025, joint)
    canvas.box(0, 0, 0.025, 1, joint)


def wall(canvas: Canvas) -> None:
    """Two courses of bricks."""
    light, dark = shade(canvas.ground, 1.12), shade(canvas.ground, 0.8)
    canvas.box(0, 0, 1, 1, dark)
    for left, right, top in ((0.03, 0.97, 0.03), (0.03, 0.47, 0.53), (0.53, 0.97, 0.53)):
        canvas.box(left, top, right, top + 0.44, canvas.ground)
        canvas.box(left, top, right, top + 0.06, light)


def start(canvas: Canvas) -> None:
    """A ring on the ground."""
    canvas.ellipse(0.5, 0.5, 0.3, 0.3, shade(canvas.ground, 0.86))
    canvas.ellipse(0.5, 0.5, 0.23, 0.23, canvas.ground)


def flag(canvas: Canvas) -> None:
    """The goal."""
    canvas.ellipse(0.36, 0.84, 0.2, 0.06, shade(canvas.ground, 0.85))
    canvas.line((0.36, 0.16), (0.36, 0.82), 0.07, _INK)
    canvas.polygon(((0.39, 0.15), (0.84, 0.33), (0.39, 0.51)), (48, 164, 92))


def hole(canvas: Canvas) -> None:
    """Open water with a broken rim."""
    canvas.ellipse(0.5, 0.54, 0.4, 0.34, shade(canvas.ground, 1.2))
    canvas.ellipse(0.5, 0.54, 0.36, 0.3, (62, 110, 160))
    canvas.ellipse(0.5, 0.58, 0.3, 0.23, (34, 66, 112))


def cliff(canvas: Canvas) -> None:
    """A drop: bright edge, dark depth."""
    canvas.box(0, 0, 1, 1, (58, 44, 46))
    canvas.box(0, 0, 1, 0.2, (150, 112, 80))
    for x, depth in ((0.1, 0.42), (0.35, 0.3), (0.62, 0.46), (0.88, 0.34)):
        canvas.polygon(((x - 0.16, 0.19), (x + 0.16, 0.19), (x, depth)), (150, 112, 80))
    canvas.box(0, 0, 1, 0.06, (196, 156, 112))


def key(canvas: Canvas) -> None:
    """A key lying on the ground."""
    draw_key(canvas, 0.5, 0.5, 1.0)


def draw_key(canvas: Canvas, x: float, y: float, scale: float) -> None:
    """A key around (x, y)."""
    canvas.ellipse(x - 0.2 * scale, y, 0.16 * scale, 0.16 * scale, _GOLD)
    canvas.ellipse(x - 0.2 * scale, y, 0.07 * scale, 0.07 * scale, canvas.ground)
    canvas.line((x - 0.06 * scale, y), (x + 0.32 * scale, y), 0.08 * scale, _GOLD)
    for tooth in (0.2, 0.3):
        canvas.line((x + tooth * scale, y), (x + tooth * scale, y + 0.13 * scale), 0.07 * scale, _GOLD)


def closed_door(canvas: Canvas) -> None:
    """A door with a knob."""
    canvas.box(0, 0, 1, 1, shade(_WOOD, 0.6))
    canvas.box(0.12, 0.08, 0.88, 1, _WOOD)
    for top in (0.16, 0.56):
        canvas.box(0.22, top, 0.78, top + 0.3, shade(_WOOD, 0.86))
    canvas.ellipse(0.76, 0.52, 0.055, 0.055, _GOLD)


def open_door(canvas: Canvas) -> None:
    """A door frame to walk through."""
    canvas.box(0, 0, 1, 1, shade(_WOOD, 0.6))
    canvas.box(0.12, 0.08, 0.88, 1, canvas.ground)


def meat(canvas: Canvas) -> None:
    """A drumstick on a plate."""
    canvas.ellipse(0.5, 0.56, 0.42, 0.36, _WHITE)
    canvas.ellipse(0.5, 0.56, 0.33, 0.27, (226, 230, 234))
    canvas.line((0.56, 0.6), (0.76, 0.74), 0.09, _WHITE)
    for x, y in ((0.8, 0.71), (0.74, 0.79)):
        canvas.ellipse(x, y, 0.055, 0.055, _WHITE)
    canvas.ellipse(0.44, 0.5, 0.22, 0.18, (158, 72, 44))
    canvas.ellipse(0.39, 0.45, 0.09, 0.06, (196, 110, 74))


def broom(canvas: Canvas) -> None:
    """A broom leaning over."""
    canvas.line((0.78, 0.12), (0.44, 0.62), 0.06, _WOOD)
    canvas.polygon(((0.36, 0.54), (0.52, 0.66), (0.4, 0.92), (0.1, 0.72)), (222, 176, 82))
    canvas.line((0.37, 0.56), (0.51, 0.66), 0.08, (178, 60, 56))


def bathtub(canvas: Canvas) -> None:
    """A full bathtub."""
    canvas.ellipse(0.5, 0.54, 0.45, 0.36, shade(canvas.ground, 0.8))
    canvas.ellipse(0.5, 0.52, 0.43, 0.34, _WHITE)
    canvas.ellipse(0.5, 0.54, 0.34, 0.25, (92, 170, 222))
    for x, y, radius in ((0.36, 0.5, 0.08), (0.47, 0.44, 0.06), (0.62, 0.56, 0.07)):
        canvas.ellipse(x, y, radius, radius, (232, 246, 252))


def treasure(canvas: Canvas) -> None:
    """A chest of gold on the seabed."""
    seabed(canvas)
    canvas.box(0.18, 0.42, 0.82, 0.82, _WOOD)
    canvas.ellipse(0.5, 0.42, 0.32, 0.14, _GOLD)
    canvas.box(0.18, 0.5, 0.82, 0.57, shade(_WOOD, 0.65))
    canvas.box(0.45, 0.48, 0.55, 0.64, _GOLD)


def seabed(canvas: Canvas) -> None:
    """Sand under water."""
    canvas.box(0, 0.3, 1, 1, (214, 190, 138))
    canvas.ellipse(0.25, 0.32, 0.3, 0.08, (214, 190, 138))
    canvas.ellipse(0.78, 0.32, 0.28, 0.06, (214, 190, 138))


def letter(symbol: str) -> Callable[[Canvas], None]:
    """A badge with the symbol itself, for symbols that have no picture."""

    def draw(canvas: Canvas) -> None:
        canvas.ellipse(0.5, 0.5, 0.4, 0.4, (118, 128, 190) if symbol.isupper() else (190, 128, 118))
        for row, bits in enumerate(_GLYPHS[symbol.upper()]):
            for column in range(3):
                if int(bits) >> (2 - column) & 1:
                    left, top = 0.32 + 0.12 * column, 0.2 + 0.12 * row
                    canvas.box(left, top, left + 0.125, top + 0.125, _WHITE)

    return draw


def robot(canvas: Canvas) -> None:
    """The usual agent."""
    canvas.line((0.5, 0.12), (0.5, 0.3), 0.05, _INK)
    canvas.ellipse(0.5, 0.12, 0.06, 0.06, (222, 78, 62))
    canvas.ellipse(0.5, 0.55, 0.34, 0.33, _INK)
    canvas.ellipse(0.5, 0.55, 0.3, 0.29, (238, 112, 62))
    canvas.box(0.28, 0.43, 0.72, 0.63, _INK)
    for x in (0.39, 0.61):
        canvas.ellipse(x, 0.53, 0.065, 0.065, (150, 236, 240))


def cat(canvas: Canvas) -> None:
    """The cat of the cat house."""
    fur, dark = (92, 92, 104), (58, 58, 68)
    for outer, inner, x in ((0.16, 0.44, 0.26), (0.84, 0.56, 0.74)):
        canvas.polygon(((x, 0.08), (max(outer, inner), 0.46), (min(outer, inner), 0.46)), fur)
    canvas.ellipse(0.5, 0.56, 0.36, 0.32, fur)
    for x in (0.36, 0.64):
        canvas.ellipse(x, 0.5, 0.085, 0.095, (196, 222, 96))
        canvas.ellipse(x, 0.5, 0.03, 0.08, _INK)
    canvas.polygon(((0.45, 0.63), (0.55, 0.63), (0.5, 0.7)), (238, 150, 150))
    for y in (0.66, 0.74):
        canvas.line((0.1, y - 0.04), (0.34, y), 0.025, dark)
        canvas.line((0.9, y - 0.04), (0.66, y), 0.025, dark)


def diver(canvas: Canvas) -> None:
    """A submarine on its way down."""
    canvas.box(0.44, 0.16, 0.56, 0.4, (214, 160, 40))
    canvas.box(0.44, 0.12, 0.68, 0.2, (214, 160, 40))
    canvas.ellipse(0.5, 0.56, 0.4, 0.25, _INK)
    canvas.ellipse(0.5, 0.56, 0.36, 0.21, _GOLD)
    for x in (0.3, 0.5, 0.7):
        canvas.ellipse(x, 0.55, 0.075, 0.075, _INK)
        canvas.ellipse(x, 0.55, 0.05, 0.05, (176, 226, 240))


AGENTS: dict[str, Callable[[Canvas], None]] = {"robot": robot, "cat": cat, "diver": diver}
DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    ".": floor, "#": wall, "S": start, "G": flag, "H": hole, "C": cliff, "K": key, "D": closed_door,
}  # fmt: skip
THEMES: dict[str, Theme] = {
    "cat_house": Theme((244, 228, 200), (150, 104, 84), "cat", (("M", meat), ("B", broom), ("T", bathtub))),
    "cliff_walk": Theme(floor=(188, 214, 150)),
    "frozen_lake": Theme(floor=(216, 234, 246)),
    "deep_sea": Theme((96, 164, 208), (60, 70, 92), "diver", (("H", seabed), ("G", treasure), ("S", floor))),
}
