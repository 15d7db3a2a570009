"""Convolutional networks over images, in the memory order that CPUs and GPUs compute fastest: channels last.

Initialised like the MLPs; ReLU after every layer. Shapes: `nature` is the network of Mnih et al. 2015, `small` and
`tiny` do for images of about 42 pixels a side.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from gymnasium import spaces
from torch import Tensor, nn

from agents.policies.config import PolicyConfig
from agents.policies.layers import HIDDEN_GAIN, activation, initialise
from agents.policies.pixels import image_shape


@dataclass(frozen=True)
class Shape:
    """Convolutions as (channels, kernel, stride), and the units of the layer behind them."""

    convolutions: tuple[tuple[int, int, int], ...]
    dense: int


SHAPES = {
    "nature": Shape(((32, 8, 4), (64, 4, 2), (64, 3, 1)), 512),
    "small": Shape(((16, 4, 2), (32, 4, 2)), 128),
    "tiny": Shape(((16, 6, 3), (32, 3, 2)), 128),
}


class CNN(nn.Module):
    """Convolutions and one dense layer: `[..., H, W, C]` to `[..., width]`.

    Attributes:
        width: of its output.
        multiplications: of one pass over one observation.

    Raises:
        ValueError: the space holds no images of bytes, or images too small for the kernels.
    """

    def __init__(self, space: spaces.Space, config: PolicyConfig, name: str) -> None:
        super().__init__()
        pixels = image_shape(space)
        if pixels is None:
            raise ValueError(f"config network={name!r}: it reads uint8 images, not {space}; choose network=mlp")
        height, width, channels = pixels
        layers: list[nn.Module] = []
        self.multiplications = 0
        for channels_out, kernel, stride in SHAPES[name].convolutions:
            height, width = ((side - kernel) // stride + 1 for side in (height, width))
            if height < 1 or width < 1:
                raise ValueError(f"config network={name!r}: images of {pixels[0]}x{pixels[1]} are too small for it")
            convolution = nn.Conv2d(channels, channels_out, kernel, stride, bias=config.bias)
            initialise(convolution, HIDDEN_GAIN, config)
            convolution.weight.data = convolution.weight.data.to(memory_format=torch.channels_last)
            layers += [convolution, activation(config, default="relu")]
            self.multiplications += height * width * convolution.weight.numel()
            channels = channels_out
        self.convolutions = nn.Sequential(*layers)
        self.width = SHAPES[name].dense
        dense = nn.Linear(height * width * channels, self.width, bias=config.bias)
        self.multiplications += dense.weight.numel()
        self.dense = nn.Sequential(initialise(dense, HIDDEN_GAIN, config), activation(config, default="relu"))

    def forward(self, pixels: Tensor) -> Tensor:
        """Maps pixels to features; neither permutation moves any memory."""
        images = pixels.reshape(-1, *pixels.shape[-3:]).permute(0, 3, 1, 2)
        maps = self.convolutions(images).permute(0, 2, 3, 1)
        return self.dense(maps.flatten(start_dim=1)).view(*pixels.shape[:-3], self.width)

    def filters(self) -> Tensor:
        """The first layer's weights as pictures `[channels_out, C, kernel, kernel]`."""
        convolution = self.convolutions[0]
        assert isinstance(convolution, nn.Conv2d)
        return convolution.weight.detach()
