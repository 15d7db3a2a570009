"""Bytes to numbers: how uint8 observations enter a network.

They stay bytes in buffers, in batches and on their way to the device; a network sees `(bytes - centre) * scale`, cut to
a range, images in the order height, width, channels.
"""

from __future__ import annotations

from typing import TypeGuard

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor, nn

from agents.policies.config import PolicyConfig
from agents.policies.framing import channels_first, framing_of

LEAST_DEVIATION = 0.03  # of a pixel in [0, 1]: one that never changes in random play must not explode when it does
CUT = 5.0
CHUNK = 32  # images converted at once on a CPU, whose caches hold them


def reads_bytes(space: spaces.Space) -> TypeGuard[spaces.Box]:
    """Whether observations are vectors or images of bytes."""
    return isinstance(space, spaces.Box) and space.dtype == np.uint8 and len(space.shape) in (1, 3)


def image_shape(space: spaces.Space) -> tuple[int, int, int] | None:
    """Height, width and channels of a space of uint8 images, stored in either order; None for other spaces."""
    if not reads_bytes(space) or len(space.shape) != 3:
        return None
    one, two, three = space.shape
    return (two, three, one) if channels_first(space.shape) else (one, two, three)


class Pixels(nn.Module):
    """uint8 `[..., *shape]` to floating-point `[..., D]` or `[..., H, W, C]`.

    Args:
        space: of one observation, framed as `crop` and `shrink` say.
        config: `crop`, `shrink`, `signed_pixels` and `normalize_observations`.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, space: spaces.Box, config: PolicyConfig) -> None:
        super().__init__()
        if config.signed_pixels and config.normalize_observations:
            raise ValueError("config signed_pixels=true: normalised pixels are centred already; choose one of the two")
        self.shape, self.frame = space.shape, framing_of(space, config.crop, config.shrink)
        self.cut = CUT if config.normalize_observations else 1.0
        centre, scale = (128.0, 1 / 127) if config.signed_pixels else (0.0, 1 / 255)
        size = self.shape if config.normalize_observations else ()
        self.register_buffer("centre", torch.full(size, centre))
        self.register_buffer("scale", torch.full(size, scale))

    def normalize(self, mean: NDArray, deviation: NDArray) -> None:
        """Standardises from now on with these statistics of bytes / 255, each of an observation's shape."""
        self.centre.copy_(torch.from_numpy(255 * mean))
        self.scale.copy_(torch.from_numpy(1 / (255 * np.maximum(deviation, LEAST_DEVIATION))))

    def forward(self, observations: Tensor, dtype: torch.dtype) -> Tensor:
        """Converts bytes to `dtype`; on a CPU a few images at a time, which is twice as fast for large batches."""
        rows = observations.reshape(-1, *self.shape)
        size = CHUNK if rows.device.type == "cpu" else max(len(rows), 1)
        parts = [self._convert(part, dtype) for part in rows.split(size)]
        numbers = parts[0] if len(parts) == 1 else torch.cat(parts)
        return numbers.view(*observations.shape[: observations.dim() - len(self.shape)], *numbers.shape[1:])

    def _convert(self, rows: Tensor, dtype: torch.dtype) -> Tensor:
        numbers = rows.to(torch.float32).sub_(self.centre).mul_(self.scale).clamp_(-self.cut, self.cut).to(dtype)
        return numbers.permute(0, 2, 3, 1).contiguous() if channels_first(self.shape) else numbers
