"""Where the picture shows the ball and the paddles, in rows and columns of the 210x160 screen.

The cartridge draws while the beam runs: it decides about an object once in two lines and writes the decision
into the video chip at a moment of the line that depends on what it did before. Right of that moment the object
appears and vanishes one row earlier than left of it, which `_switch_column` tells for the ball; the paddles stand
where it makes no difference. The ball has the resolution of single rows because the chip delays it for even heights.
"""

from __future__ import annotations

from rlenvs.pong.native.compilation import compiled
from rlenvs.pong.native.layout import BALL_X, BALL_Y, CPU_Y, FIRST_LINE, LAST_LINE, LAST_READ, PLAYER_Y

ROWS, COLUMNS = 210, 160
CPU_COLUMN, PLAYER_COLUMN, PADDLE_WIDTH, BALL_WIDTH = 16, 140, 4, 2
TOP_WALL, TOP_WALL_END, BOTTOM_WALL = 24, 34, 194
_ROW_OF_LINE = -15  # line 0x28 is row 25


@compiled
def ball_column(game):  # type: ignore[no-untyped-def]
    """The ball's left column; it is two wide and leaves the screen on one side to enter it on the other."""
    if game[BALL_X] == 0:
        return 2  # nothing has placed it since the console was switched on
    return (game[BALL_X] - 49) % COLUMNS


@compiled
def ball_rows(game, column):  # type: ignore[no-untyped-def]
    """First row and row after the last of the ball in a column (equal where it is not drawn)."""
    y = game[BALL_Y]
    is_delayed = y & 1 == 0 and game[BALL_X] != 0
    last_line = LAST_LINE - 2 if is_delayed else LAST_LINE
    first = max(y + (y & 1), FIRST_LINE + 2)
    last = min(y + (y & 1) + 2, last_line)
    if first > last:
        return 0, 0
    top = _switch_row(game, first, is_delayed, column)
    bottom = ROWS if last == last_line else _switch_row(game, last + 2, is_delayed, column)
    return top, bottom


@compiled
def _switch_row(game, line, is_delayed, column):  # type: ignore[no-untyped-def]
    """The first row at which the decision made for `line` shows in a column."""
    row = line + _ROW_OF_LINE + is_delayed
    return row - (column >= _switch_column(game, line, is_delayed)) if column > 120 else row


@compiled
def _switch_column(game, line, is_delayed):  # type: ignore[no-untyped-def]
    """The column the beam is at when the decision for `line` reaches the chip (delayed: with the paddle's)."""
    if is_delayed:
        return 149 + 3 * (2 * _is_uncharged(game, line) + _misses(line, game[PLAYER_Y]))
    column = 127 if line > FIRST_LINE + 2 else 124
    before = line - 2
    work = 2 * _is_uncharged(game, before) + _misses(before, game[PLAYER_Y]) + _misses(line, game[CPU_Y])
    return column + 3 * work


@compiled
def _is_uncharged(game, line):  # type: ignore[no-untyped-def]
    """Whether the paddle read in this line asked for a store, two cycles more."""
    return FIRST_LINE < line <= game[LAST_READ]


@compiled
def _misses(line, y):  # type: ignore[no-untyped-def]
    """Whether a paddle at `y` is not drawn in this line, one cycle more."""
    return (line - y) & 0xF0 != 0


@compiled
def cpu_rows(game):  # type: ignore[no-untyped-def]
    """First row and row after the last of the computer's paddle."""
    first = game[CPU_Y] + (game[CPU_Y] & 1)
    return _paddle_rows(first, FIRST_LINE + 2, LAST_LINE, _ROW_OF_LINE)


@compiled
def player_rows(game):  # type: ignore[no-untyped-def]
    """First row and row after the last of the player's paddle, which is drawn one row later."""
    first = game[PLAYER_Y] + (game[PLAYER_Y] & 1)
    return _paddle_rows(first, FIRST_LINE, LAST_LINE - 2, _ROW_OF_LINE + 1)


@compiled
def _paddle_rows(first, first_line, last_line, row_of_line):  # type: ignore[no-untyped-def]
    last = min(first + 14, last_line)
    first = max(first, first_line)
    if first > last:
        return 0, 0
    return first + row_of_line, ROWS if last == last_line else last + 2 + row_of_line


@compiled
def touches_wall(game):  # type: ignore[no-untyped-def]
    """Whether the ball's picture meets a wall."""
    column = ball_column(game)
    for i in range(BALL_WIDTH):
        top, bottom = ball_rows(game, (column + i) % COLUMNS)
        if top < bottom and (top < TOP_WALL_END or bottom > BOTTOM_WALL):
            return True
    return False


@compiled
def touches_player(game):  # type: ignore[no-untyped-def]
    """Whether the ball's picture meets the player's paddle."""
    return _touches(game, PLAYER_COLUMN, player_rows(game))


@compiled
def touches_cpu(game):  # type: ignore[no-untyped-def]
    """Whether the ball's picture meets the computer's paddle."""
    return _touches(game, CPU_COLUMN, cpu_rows(game))


@compiled
def _touches(game, paddle_column, paddle_rows):  # type: ignore[no-untyped-def]
    column = ball_column(game)
    for i in range(BALL_WIDTH):
        place = (column + i) % COLUMNS
        if paddle_column <= place < paddle_column + PADDLE_WIDTH:
            top, bottom = ball_rows(game, place)
            if max(top, paddle_rows[0]) < min(bottom, paddle_rows[1]):
                return True
    return False
