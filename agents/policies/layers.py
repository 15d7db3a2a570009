"""What all networks are built from: initialised layers and activations."""

from __future__ import annotations

import math
from typing import TypeVar

from torch import Tensor, nn

from agents.policies.config import PolicyConfig

LayerType = TypeVar("LayerType", bound=nn.Module)

HIDDEN_GAIN = math.sqrt(2)


def initialise(layer: LayerType, gain: float, config: PolicyConfig) -> LayerType:
    """Sets a layer's weights as `config.init` says and its bias to zero; `gain` is for orthogonal weights alone.

    A table of embeddings is initialised as the linear layer on one-hot vectors that it stands for.
    """
    for parameter in layer.parameters():
        if parameter.dim() == 1:
            nn.init.zeros_(parameter)
        elif config.init == "orthogonal":
            nn.init.orthogonal_(parameter, gain)
        else:
            nn.init.normal_(parameter, std=1 / math.sqrt(_inputs(layer, parameter)))
    return layer


def _inputs(layer: nn.Module, weight: Tensor) -> int:
    return weight[0].numel() if isinstance(layer, nn.Linear | nn.Conv2d) else len(weight)


def activation(config: PolicyConfig, default: str) -> nn.Module:
    """The activation that `config` names, or for `auto` the `default`."""
    return nn.Tanh() if (default if config.activation == "auto" else config.activation) == "tanh" else nn.ReLU()
