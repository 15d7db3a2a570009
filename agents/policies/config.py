"""What a policy is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from agents.policies.language_config import LanguageConfig
from agents.precision import Precision

Critic = Literal["none", "separate", "shared", "detached"]
Network = Literal["auto", "mlp", "nature", "small", "tiny", "causal_lm"]


@dataclass(frozen=True)
class PolicyConfig(LanguageConfig):
    """The settings of a policy; every agent's Config has these fields.

    Attributes:
        hidden: units per hidden layer of an MLP; `()` is the tabular softmax policy (one logit per state and action).
        critic: `separate` networks for policy and value; `shared` layers with two heads; `detached`: shared layers
            through which the value's gradient does not flow; `none`.
        network: `mlp` (images are flattened), or a convolutional one: `nature` (32 8x8/4, 64 4x4/2, 64 3x3/1, 512;
            Mnih et al. 2015), `small` (16 4x4/2, 32 4x4/2, 128), `tiny` (16 6x6/3, 32 3x3/2, 128). `auto`: `mlp` for
            indices and vectors, `nature` for images of at least 64 pixels a side, `tiny` for smaller ones. `causal_lm`:
            a language model that writes whole responses, see `LanguageConfig`.
        crop: first row and row after the last of the part of an image that enters, `()` for all of it.
        shrink: height and width of the blocks of an image's pixels that enter as one, their mean.
        activation: between layers; `auto`: tanh in an MLP, ReLU in a convolutional network.
        init: `orthogonal` (detail 2 of the 37), or `xavier` as Karpathy writes it: normal with deviation
            1/sqrt(inputs), heads included.
        bias: whether layers have one; they start at zero.
        signed_pixels: bytes enter as (x - 128) / 127, at least -1, for images whose 128 means nothing is there;
            otherwise as x / 255.
        normalize_observations: bytes enter standardised per pixel and cut to [-5, 5], with the statistics of uniformly
            random play before training, frozen from then on.
        precision: of the layers below the heads, which stay in float32; `auto`: bfloat16 where it is faster.
        compile: pass the networks through `torch.compile`, with CUDA graphs on CUDA (of a language model: of the
            step that samples). Meant for CUDA: on a CPU the tiny network trained at three quarters of its speed, and
            compiling a language model's layers takes up to a minute.
    """

    hidden: tuple[int, ...] = (64, 64)
    critic: Critic = "none"
    network: Network = "auto"
    crop: tuple[int, ...] = ()
    shrink: tuple[int, ...] = (1, 1)
    activation: Literal["auto", "tanh", "relu"] = "auto"
    init: Literal["orthogonal", "xavier"] = "orthogonal"
    bias: bool = True
    signed_pixels: bool = False
    normalize_observations: bool = False
    precision: Precision = "auto"
    compile: bool = False

    def policy_settings(self) -> dict[str, Any]:
        """The fields of `PolicyConfig` alone, whatever an agent's Config adds."""
        return {field.name: getattr(self, field.name) for field in fields(PolicyConfig)}
