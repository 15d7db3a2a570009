"""The colours, read from the emulator by a cartridge of our own that paints all of them."""

from __future__ import annotations

from pathlib import Path

import ale_py
import numpy as np

from rlenvs.pong.palette import GREY, RGB

VSYNC, VBLANK, WSYNC, COLUBK = 0x00, 0x01, 0x02, 0x09
LDA, LDX, LDY, STA, STX = 0xA9, 0xA2, 0xA0, 0x85, 0x86
SEI, CLD, TXS, INX, DEY, BNE, JMP = 0x78, 0xD8, 0x9A, 0xE8, 0x88, 0xD0, 0x4C
ORIGIN = 0xF000


def cartridge() -> bytes:
    """A 2K program: every line of the screen has the next background colour."""
    start = [SEI, CLD, LDX, 0xFF, TXS]
    sync = [LDA, 2, STA, VSYNC, *[STA, WSYNC] * 3, LDA, 0, STA, VSYNC, STA, VBLANK, LDY, 2, LDX, 0]
    line = [STA, WSYNC, STX, COLUBK, INX, INX]
    again = [BNE, -(len(line) + 2) & 0xFF, DEY, BNE, -(len(line) + 5) & 0xFF]
    frame = ORIGIN + len(start)
    program = bytes([*start, *sync, *line, *again, JMP, frame & 0xFF, frame >> 8])
    return program.ljust(2044, b"\0") + ORIGIN.to_bytes(2, "little") * 2


def test_all_128_colours_are_the_emulators(tmp_path: Path) -> None:
    rom = tmp_path / "beam_rider.bin"  # ALE wants a known name; this one's settings ask least of the program
    rom.write_bytes(cartridge())
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.loadROM(rom)
    ale.act(0)
    indices = ale.getScreen()[:, 80]
    assert set(indices.tolist()) == set(range(0, 256, 2))
    np.testing.assert_array_equal(RGB[indices], ale.getScreenRGB()[:, 80])
    np.testing.assert_array_equal(GREY[indices], ale.getScreenGrayscale()[:, 80])
