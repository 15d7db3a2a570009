"""What `render` shows: text, or a picture of it (extra `video`); all pictures of an environment have one size."""

from __future__ import annotations

import textwrap

import numpy as np
import numpy.typing as npt
from gymnasium.error import DependencyNotInstalled

from rlenvs.text.rules import Rules
from rlenvs.text.tokenizers import CharacterTokenizer

RENDER_MODES = ("ansi", "rgb_array")
COLUMNS = 60
_CHARACTERS_A_TOKEN = 4
_WIDTH, _HEIGHT, _MARGIN = 10, 20, 10
_PAPER, _INK = "white", "black"


def shown(text: str, render_mode: str, rules: Rules, turns: int = 1) -> str | npt.NDArray[np.uint8]:
    """A text as `render_mode` wants it."""
    if render_mode == "ansi":
        return text
    tokens = turns * (rules.book.max_prompt_tokens + rules.max_tokens)
    return picture(text, tokens * (1 if isinstance(rules.tokenizer, CharacterTokenizer) else _CHARACTERS_A_TOKEN))


def picture(text: str, longest: int) -> npt.NDArray[np.uint8]:
    """A text in lines of at most 60 characters, dark on light.

    Args:
        text: What is shown.
        longest: Characters of the longest text that may be shown; what goes beyond the picture is cut.

    Returns:
        uint8 `[height, width, 3]`.

    Raises:
        DependencyNotInstalled: Pillow is missing.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise DependencyNotInstalled(
            "render_mode='rgb_array' needs Pillow: pip install 'rlenvs-suite[video]'"
        ) from error
    columns, rows = min(COLUMNS, longest), 1 + longest // COLUMNS
    image = Image.new("RGB", (columns * _WIDTH + 2 * _MARGIN, rows * _HEIGHT + 2 * _MARGIN), _PAPER)
    wrapped = [part for line in text.splitlines() for part in textwrap.wrap(line, COLUMNS) or [""]]
    font = ImageFont.load_default(size=0.8 * _HEIGHT)
    for row, line in enumerate(wrapped):
        ImageDraw.Draw(image).text((_MARGIN, _MARGIN + row * _HEIGHT), line, _INK, font)
    return np.asarray(image)
