"""A window that shows pictures (extra `window`)."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import DependencyNotInstalled


class Window:
    """A window that shows frames at a given rate."""

    def __init__(self) -> None:
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        try:
            import pygame
        except ImportError as error:
            remedy = "pip install 'rlenvs-suite[window]'"
            raise DependencyNotInstalled(f"render_mode='human' needs pygame: {remedy}") from error
        self._pygame: Any = pygame
        pygame.display.init()
        pygame.display.set_caption("rlenvs")
        self._clock = pygame.time.Clock()

    def show(self, frame: npt.NDArray[np.uint8], fps: int) -> None:
        """Show a frame `[height, width, 3]`, then wait until the next one is due."""
        size = (frame.shape[1], frame.shape[0])
        screen = self._pygame.display.get_surface()
        if screen is None or screen.get_size() != size:
            screen = self._pygame.display.set_mode(size)
        screen.blit(self._pygame.image.frombuffer(frame.tobytes(), size, "RGB"), (0, 0))
        self._pygame.event.pump()
        self._pygame.display.flip()
        self._clock.tick(fps)

    def close(self) -> None:
        """Close the window."""
        self._pygame.display.quit()
