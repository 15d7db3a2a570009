"""Pong's program, frame by frame, without a processor: what the 2 KiB cartridge computes in its default game.

A frame takes the action, moves the ball by what its picture touched in the frame before, moves the paddles and
reads the potentiometer. The order and the arithmetic modulo 256 are the cartridge's. The functions take one game
(a row, see `layout`) and are compiled where numba is installed; without it the same functions run in Python.
Not covered: other game modes and difficulties than ale-py's default, the console's switches, sound samples.
"""

from __future__ import annotations

from rlenvs.pong.native.compilation import compiled
from rlenvs.pong.native.geometry import touches_cpu, touches_player, touches_wall
from rlenvs.pong.native.layout import (
    BALL_DX,
    BALL_DY,
    BALL_X,
    BALL_Y,
    BOUNCE,
    CLOCK,
    CLOCK_HIGH,
    CPU_SCORE,
    CPU_Y,
    FIRE,
    FIRST_LINE,
    HUE,
    KNOB,
    LAST,
    LAST_LINE,
    LAST_READ,
    PAUSE,
    PLAYER_SCORE,
    PLAYER_Y,
    POINTS_TO_WIN,
    RALLY,
    RESISTANCE,
    RESISTANCE_MAX,
    RESISTANCE_MIN,
    RESISTANCE_START,
    RESISTANCE_STEP,
    RUNNING,
    SHOWN_CPU,
    SHOWN_PLAYER,
    SOUND,
    TINT,
    WALL_MARK,
)  # fmt: skip

# Sounds, as the cartridge writes them
_SERVE_SOUND, _POINT_SOUND, _WALL_SOUND, _PADDLE_SOUND = 0x48, 0x0F, 0x84, 0xC4
_SERVE_PAUSE = 0x3F
_GOAL = 13  # the ball is lost when it is nearer to the side than this, in units of four
_WALL_HALF = 6  # beyond this distance from the middle, in units of eight, a wall throws the ball back


@compiled
def advance(game, action):  # type: ignore[no-untyped-def]
    """One frame with ALE's action 0..17, in place; returns the reward."""
    before = game[PLAYER_SCORE] - game[CPU_SCORE]
    game[TINT] = next_tint(game[HUE], game[CLOCK])
    game[SHOWN_CPU] = game[CPU_SCORE]
    game[SHOWN_PLAYER] = game[PLAYER_SCORE]
    _turn_knob(game, action)
    _move_ball(game)
    _move_paddles(game)
    _read_knob(game)
    if game[SOUND] & 63:
        game[SOUND] -= 1
    _tick(game)
    is_fire = action == 1 or action >= 10
    game[FIRE] = 0 if is_fire else 192
    return game[PLAYER_SCORE] - game[CPU_SCORE] - before


@compiled
def next_tint(hue, clock):  # type: ignore[no-untyped-def]
    """The colour shift of the next screen; the clock's carry into the hue comes too late for it."""
    hue = (hue - (clock == 0)) & 255
    return ((hue & 15) << 4) | (hue >> 4)


@compiled
def is_over(game):  # type: ignore[no-untyped-def]
    """Whether a side has 21 points."""
    return game[CPU_SCORE] == POINTS_TO_WIN or game[PLAYER_SCORE] == POINTS_TO_WIN


@compiled
def _turn_knob(game, action):  # type: ignore[no-untyped-def]
    """RIGHT lowers the resistance and lifts the paddle, LEFT the reverse, also in diagonals and with the button."""
    turn = 0
    if action in (3, 6, 8, 11, 14, 16):
        turn = -RESISTANCE_STEP
    elif action in (4, 7, 9, 12, 15, 17):
        turn = RESISTANCE_STEP
    game[RESISTANCE] = min(max(game[RESISTANCE] + turn, RESISTANCE_MIN), RESISTANCE_MAX)


@compiled
def _move_ball(game):  # type: ignore[no-untyped-def]
    if game[RUNNING] == 0 or game[CLOCK_HIGH] == 0:
        _stop(game)
    elif game[CPU_SCORE] < POINTS_TO_WIN and game[PLAYER_SCORE] < POINTS_TO_WIN:
        game[HUE] = 0
        if game[PAUSE] > 0:
            _wait(game)
        else:
            _play(game)


@compiled
def _stop(game):  # type: ignore[no-untyped-def]
    """After 65,280 frames the cartridge ends the game and shows its mode, 1, in the computer's score."""
    if game[RUNNING] == 0:
        game[SOUND] = 0
        game[BALL_Y] = 0
    game[RUNNING] = 0
    game[CPU_SCORE] = 1


@compiled
def _wait(game):  # type: ignore[no-untyped-def]
    game[BALL_Y] = 0
    game[PAUSE] -= 1
    if game[PAUSE] == 0:
        game[RALLY] = 0
        game[SOUND] = _SERVE_SOUND
        game[BALL_X] = 128
        game[BALL_Y] = 128
        game[CPU_Y] = 128
        game[BALL_DY] = 1 if game[BALL_DY] < 128 else 255
        game[BALL_DX] = 1 if game[LAST] & 1 else 255
        _fly(game)


@compiled
def _play(game):  # type: ignore[no-untyped-def]
    side = (game[BALL_X] - 1) & 255
    if (side ^ 255 if side > 127 else side) >> 2 < _GOAL:
        _score(game)
        return
    if touches_wall(game) and _leaves_wall(game):
        _fly(game)
        return
    if touches_player(game):
        _hit(game, 1)
    elif touches_cpu(game):
        _hit(game, 0)
    else:
        game[BOUNCE] = 0
    _fly(game)


@compiled
def _score(game):  # type: ignore[no-untyped-def]
    if game[BALL_X] > 127:
        game[CPU_SCORE] += 1
        game[LAST] = 0
    else:
        game[PLAYER_SCORE] += 1
        game[LAST] = 1
    game[PAUSE] = _SERVE_PAUSE
    game[SOUND] = _POINT_SOUND


@compiled
def _leaves_wall(game):  # type: ignore[no-untyped-def]
    """Throw the ball back unless it is in the middle of the field; whether it was thrown."""
    height = (game[BALL_Y] + 2) & 255
    if (height ^ 255 if height > 127 else height) >> 3 >= _WALL_HALF:
        game[WALL_MARK] = 0
        game[BOUNCE] = 0
        return False
    game[WALL_MARK] = 64
    game[BOUNCE] = 128
    game[BALL_Y] += -1 if game[BALL_Y] > 127 else 1
    game[BALL_DY] = -game[BALL_DY] & 255
    game[SOUND] = _WALL_SOUND
    return True


@compiled
def _hit(game, side):  # type: ignore[no-untyped-def]
    """Send the ball back from a paddle (0 the computer's), steeper the farther from the paddle's middle."""
    game[SOUND] = _PADDLE_SOUND
    game[RALLY] = (game[RALLY] + 1) & 255
    game[LAST] = side
    if side == 1 and game[FIRE] == 0:
        game[BALL_DX] = _faster(game[BALL_DX])
    paddle_y = game[PLAYER_Y] if side == 1 else game[CPU_Y]
    middle = paddle_y + 7
    offset = (middle - game[BALL_Y] - (middle < 256)) & 63
    offset >>= 1
    slope = -(offset - 32 if offset > 15 else offset)
    game[BALL_DY] = (slope >> 1) & 255
    flies_left = game[BALL_DX] < 128
    if flies_left != (side == 1):
        game[BALL_DX] = -game[BALL_DX] & 255


@compiled
def _faster(speed):  # type: ignore[no-untyped-def]
    """The button's effect at a hit, a smash: one pixel a frame more, up to four."""
    if speed > 127:
        return max(speed - 257, -4) & 255
    return min(speed + 1, 4)


@compiled
def _fly(game):  # type: ignore[no-untyped-def]
    game[BALL_Y] = (game[BALL_Y] + game[BALL_DY]) & 255
    game[BALL_X] = (game[BALL_X] - game[BALL_DX]) & 255


@compiled
def _move_paddles(game):  # type: ignore[no-untyped-def]
    """The player's goes where the knob was; the computer's follows the ball by two lines in seven of eight frames."""
    game[PLAYER_Y] = game[KNOB]
    target, place = game[BALL_Y], game[CPU_Y]
    if game[CLOCK] & 7 == 0 or place == target:
        return
    if place > target:
        place -= 2
    else:
        place += 2 + (place > 250)
    game[CPU_Y] = place & 255


@compiled
def _read_knob(game):  # type: ignore[no-untyped-def]
    """The picture's lines time the charging of one potentiometer a frame: the other port's, then the player's."""
    is_player = game[CLOCK] & 1
    resistance = game[RESISTANCE] if is_player else RESISTANCE_START
    game[LAST_READ] = last_uncharged_line(resistance)
    if is_player:
        game[KNOB] = (game[KNOB] + game[LAST_READ]) >> 1


@compiled
def last_uncharged_line(resistance):  # type: ignore[no-untyped-def]
    """The last line number, even, at which the capacitor behind `resistance` ohm is not yet charged."""
    cycles = int(1.6 * resistance * 0.01e-6 * 1.19e6)
    lines = (cycles - 17) // 76 - 32 + 0x28
    line = lines - (lines & 1)
    return min(max(line, FIRST_LINE), LAST_LINE)


@compiled
def _tick(game):  # type: ignore[no-untyped-def]
    game[CLOCK] = (game[CLOCK] + 1) & 255
    if game[CLOCK] == 0:
        game[CLOCK_HIGH] = (game[CLOCK_HIGH] + 1) & 255
        game[HUE] = (game[HUE] + 1) & 255
