"""The cartridge that comes with ale-py, of which only tables are read here: colours, digits, paddle columns."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gymnasium.error import DependencyNotInstalled

Bytes = npt.NDArray[np.uint8]

_SHA256 = "41623e3c26148f96cbe77d56512845d224a63c8fe5bf90e38527155e39ec96d3"
COLOURS = 0x65A  # of the left side, the right side, playfield and background; every second byte
DIGITS = 0x7CA  # five rows a digit, the same four pixels in both halves of a byte


@cache
def cartridge() -> Bytes:
    """The 2,048 bytes of Pong's ROM.

    Raises:
        DependencyNotInstalled: ale-py, which carries the ROM, is missing.
        ValueError: the file is another version of the game than the one this package reproduces.
    """
    path = cartridge_path()
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ValueError(f"{path} is not the Pong cartridge this engine reproduces: reinstall ale-py")
    return np.frombuffer(content, dtype=np.uint8)


def cartridge_path() -> Path:
    """Where ale-py keeps the ROM."""
    try:
        import ale_py.roms
    except ImportError as error:
        raise DependencyNotInstalled("Pong's tables are read from ale-py's ROM: pip install 'ale-py>=0.11'") from error
    return Path(ale_py.roms.__file__).parent / "pong.bin"
