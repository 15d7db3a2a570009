"""What the first layer of a network that sees images looks for, as a picture (needs Pillow, the extra `video`)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from agents.policies.cnn import CNN
from agents.policies.mlp import ImageInput

GAP, FRAME = 2, 80  # pixels between tiles, and their grey
LEAST_SIDE = 40  # pixels of a tile: smaller ones are enlarged


def first_layer(policy: nn.Module) -> NDArray:
    """The weights `[units, C, H, W]` between the pixels and the first layer's units.

    Raises:
        ValueError: the policy sees no images.
    """
    for layer in policy.modules():
        if isinstance(layer, ImageInput | CNN):
            return layer.filters().cpu().numpy()
    raise ValueError("policy has no weights on pixels: choose a run whose observations are images")


def weight_grid(weights: NDArray) -> NDArray:
    """One tile a unit, in rows of about equal number: its channels side by side, red where a pixel excites it.

    Args:
        weights: `[units, C, H, W]`.

    Returns:
        uint8 `[height, width, 3]`: white is 0, full red or blue the unit's largest weight.
    """
    units, channels, height, width = weights.shape
    strips = weights.transpose(0, 2, 1, 3).reshape(units, height, channels * width)
    strips = strips / np.maximum(np.abs(strips).max(axis=(1, 2), keepdims=True), 1e-12)
    zoom = max(1, math.ceil(LEAST_SIDE / height))
    strips = strips.repeat(zoom, axis=1).repeat(zoom, axis=2)
    columns = math.ceil(math.sqrt(units * strips.shape[1] / strips.shape[2]))
    rows = math.ceil(units / columns)
    tall, wide = strips.shape[1] + GAP, strips.shape[2] + GAP
    grid = np.full((rows * tall + GAP, columns * wide + GAP, 3), FRAME, dtype=np.uint8)
    for unit, strip in enumerate(_red_and_blue(strips)):
        top, left = unit // columns * tall + GAP, unit % columns * wide + GAP
        grid[top : top + strip.shape[0], left : left + strip.shape[1]] = strip
    return grid


def _red_and_blue(values: NDArray) -> NDArray:
    """Colours of values in [-1, 1]: blue, white at 0, red."""
    red, blue = 1 + np.minimum(values, 0), 1 - np.maximum(values, 0)
    return np.rint(255 * np.stack([red, np.minimum(red, blue), blue], axis=-1)).astype(np.uint8)


def save_weights(policy: nn.Module, path: Path) -> tuple[int, int]:
    """Writes the grid of a policy's first-layer weights; returns the picture's width and height.

    Raises:
        ImportError: Pillow is missing.
        ValueError: the policy sees no images, or the file's ending names no picture format.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("Pillow is missing: pip install 'rlenvs-suite[video]'") from error
    picture = Image.fromarray(weight_grid(first_layer(policy)))
    try:
        picture.save(path)
    except ValueError as error:
        raise ValueError(f"{path} cannot be written ({error}); name a file.png") from error
    return picture.size
