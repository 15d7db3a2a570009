"""Multi-layer perceptrons over indices, token lists, flat vectors and flattened images.

Orthogonal initialisation with gain sqrt(2), zero biases (detail 2 of Huang et al. 2022, "The 37 implementation
details of PPO"). An index enters through an embedding, which is the same function as a linear layer on its one-hot
vector at a fraction of the cost.
"""

from __future__ import annotations

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor, nn

from agents.policies.config import PolicyConfig
from agents.policies.layers import HIDDEN_GAIN, activation, initialise
from agents.policies.pixels import image_shape


class IndexInput(nn.Module):
    """First layer for `Discrete` (`[...]`) and one-dimensional `MultiDiscrete` (`[..., k]`) observations.

    One table row per value of each component; the rows of the components are summed.
    """

    offsets: Tensor

    def __init__(self, sizes: list[int], width: int, bias: bool, scalar: bool) -> None:
        super().__init__()
        self.table = nn.Embedding(sum(sizes), width)
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None
        self.register_buffer("offsets", torch.tensor(np.cumsum([0, *sizes[:-1]])), persistent=False)
        self.scalar = scalar

    def forward(self, observations: Tensor) -> Tensor:
        """Maps integers to `[..., width]`."""
        rows = self.table(observations) if self.scalar else self.table(observations + self.offsets).sum(dim=-2)
        return rows if self.bias is None else rows + self.bias


class ImageInput(nn.Linear):
    """First layer for images `[..., H, W, C]`: one weight a pixel and unit."""

    def __init__(self, shape: tuple[int, int, int], width: int, bias: bool) -> None:
        super().__init__(int(np.prod(shape)), width, bias=bias)
        self.shape = shape

    def forward(self, pixels: Tensor) -> Tensor:
        """Maps pixels to `[..., width]`."""
        return super().forward(pixels.flatten(start_dim=-3))

    def filters(self) -> Tensor:
        """The weights as pictures `[width, C, H, W]`."""
        return self.weight.detach().unflatten(1, self.shape).movedim(-1, 1)


def input_layer(space: spaces.Space, width: int, bias: bool) -> IndexInput | nn.Linear:
    """The layer that reads one observation of `space` into `width` numbers.

    Raises:
        ValueError: nothing here reads the space (text, nested spaces, images that are not of bytes).
    """
    if isinstance(space, spaces.Discrete) and space.start == 0:
        return IndexInput([int(space.n)], width, bias, scalar=True)
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return IndexInput([int(n) for n in space.nvec], width, bias, scalar=False)
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        return nn.Linear(space.shape[0], width, bias=bias)
    shape = image_shape(space)
    if shape is not None:
        return ImageInput(shape, width, bias)
    raise ValueError(
        f"observation_space={space}: policies read Discrete (from 0), one-dimensional MultiDiscrete, flat Box and "
        "uint8 image observations; choose another `observation` of the environment or wrap it"
    )


class MLP(nn.Sequential):
    """Input layer and hidden layers with an activation after each; nothing where `config.hidden` is empty.

    Attributes:
        width: of its output; 0 where it is empty.
        multiplications: of one pass over one observation; looking an index up is none.
    """

    def __init__(self, space: spaces.Space, config: PolicyConfig) -> None:
        layers: list[nn.Module] = []
        for width_in, width in zip((0, *config.hidden), config.hidden, strict=False):
            layer = nn.Linear(width_in, width, bias=config.bias) if layers else input_layer(space, width, config.bias)
            layers += [initialise(layer, HIDDEN_GAIN, config), activation(config, default="tanh")]
        super().__init__(*layers)
        self.width = config.hidden[-1] if config.hidden else 0
        self.multiplications = sum(layer.weight.numel() for layer in layers if isinstance(layer, nn.Linear))
