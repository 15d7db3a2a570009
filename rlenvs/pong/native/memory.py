"""The console's 128 bytes of memory, which hold much that is constant or follows from a game's 25 numbers."""

from __future__ import annotations

from functools import cache

import numpy as np

from rlenvs.pong.native.automaton import next_tint
from rlenvs.pong.native.layout import (
    ADDRESSES,
    BALL_X,
    CLOCK,
    CPU_SCORE,
    CPU_Y,
    FIRE,
    HUE,
    LAST,
    PLAYER_SCORE,
    SHOWN_PLAYER,
    Games,
)  # fmt: skip
from rlenvs.pong.native.rom import COLOURS, DIGITS, Bytes, cartridge


def memory(games: Games) -> Bytes:
    """The memory `[N, 128]` of games `[N, NUM_FIELDS]`, as ale-py's `getRAM` gives it after the same frames."""
    rom = cartridge()
    ram = np.repeat(_constant_bytes()[None], len(games), axis=0)
    for field, address in ADDRESSES.items():
        ram[:, address] = games[:, field]
    ram[:, 0x0F] -= (games[:, BALL_X] == 0) & (games[:, HUE] > 0)  # RESET was pressed in the frame before the first
    ram[:, 0x13] = games[:, LAST] ^ 2
    ram[:, 0x32] = games[:, CPU_Y]
    ram[:, 0x43] = np.select([games[:, LAST] == 0, games[:, LAST] == 1], [192, games[:, FIRE]], 1)
    for column, field in ((0x45, CPU_SCORE), (0x47, PLAYER_SCORE)):
        tens, ones = np.divmod(games[:, field], 10)
        ram[:, column] = (DIGITS & 255) + 5 * ones
        ram[:, column + 4] = (DIGITS & 255) + 5 * tens
    ram[:, 0x07] = rom[DIGITS + 5 * (games[:, SHOWN_PLAYER] % 10) + 4] & 15
    _leave_stack(ram, games)
    return ram


def _leave_stack(ram: Bytes, games: Games) -> None:
    """What subroutine calls left behind: return addresses and processor flags."""
    x = games[:, BALL_X]
    rest = np.where(x >= 0x2F, (x - 0x2F) % 15, (x - 0x30) % 256 % 15)
    flags = 0x34 | (rest > 7) << 7 | (rest == 7) << 1 | (rest <= 7)
    ram[:, 0x79] = np.where(x > 0, flags, 0)
    ram[:, 0x7A] = np.where(x > 0, 0x55, 0)
    tint = next_tint(games[:, HUE], games[:, CLOCK])
    shifted = int(cartridge()[COLOURS]) + tint
    overflows = (tint < 128) & (shifted > 127)
    ram[:, 0x7B] = 0x36 | overflows << 6
    ram[:, 0x7C:] = (0xEC, 0xF2, 0x79, 0xF0)


@cache
def _constant_bytes() -> Bytes:
    """What the cartridge keeps in memory but changes in no frame of its default game: mostly its own tables."""
    rom = cartridge()
    ram = np.zeros(128, dtype=np.uint8)
    ram[[0x00, 0x05, 0x0F, 0x3B, 0x3D, 0x3E]] = (0xC0, 0x26, 0x3F, 0x6D, 0x25, 0x25)
    ram[0x17], ram[0x18], ram[0x19:0x1B] = rom[0x712] & 63, rom[0x713], rom[0x6C4:0x6C6]
    ram[0x1B:0x24] = rom[0x659:0x662]
    ram[[0x1C, 0x1E, 0x20, 0x46, 0x48, 0x4A, 0x4C]] = 0xF7
    ram[[0x22, 0x24]] = 0xF3
    ram[0x25:0x27], ram[0x27:0x29] = rom[0x6A4] | 192, rom[0x6AC] | 192
    ram[0x29:0x2B], ram[0x2B:0x2D] = rom[0x6C4], rom[0x6C4] * 2
    ram[0x2D:0x31] = rom[0x6E2:0x6E6]
    ram[0x34:0x36] = 0x25
    ram[[0x3F, 0x41, 0x42, 0x44]] = 192
    return ram
