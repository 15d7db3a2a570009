"""From an environment's spaces to a policy: the one place that decides which network acts where."""

from __future__ import annotations

from dataclasses import replace

import torch
from gymnasium import spaces
from torch import nn

from agents.policies.actor_critic import ActorCritic, Networks
from agents.policies.cnn import CNN
from agents.policies.config import Critic, Network, PolicyConfig
from agents.policies.framing import framed, framing_of
from agents.policies.layers import initialise
from agents.policies.mlp import MLP, input_layer
from agents.policies.pixels import image_shape, reads_bytes
from agents.precision import choose_precision

__all__ = ["Critic", "PolicyConfig", "build_policy"]

LARGE_IMAGE = 64  # pixels a side from which `auto` takes Nature's network
CPU = torch.device("cpu")


def build_policy(
    observation_space: spaces.Space,
    action_space: spaces.Space,
    config: PolicyConfig,
    seed: int,
    device: torch.device = CPU,
) -> ActorCritic:
    """Builds a policy for one environment's (not the vector's) spaces, initialised from `seed` on any device alike.

    Raises:
        ValueError: the spaces are none of those that a network here can read or act in, or the settings do not fit.
    """
    if not isinstance(action_space, spaces.Discrete):
        raise ValueError(f"action_space={action_space}: agents act in Discrete spaces only; wrap the environment")
    if config.critic not in ("none", "separate", "shared", "detached"):
        raise ValueError(f"critic={config.critic!r}: choose none, separate, shared or detached")
    if (config.normalize_observations or config.signed_pixels) and not reads_bytes(observation_space):
        raise ValueError(
            f"config normalize_observations, signed_pixels: they are for uint8 observations, not {observation_space}"
        )
    framing = framing_of(observation_space, config.crop, config.shrink)
    if not framing.is_plain:
        observation_space = framed(observation_space, framing)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = _networks(observation_space, int(action_space.n), config)
    precision = choose_precision(config.precision, networks.body.multiplications, device)
    settings = PolicyConfig(**config.policy_settings())
    return ActorCritic(observation_space, networks, replace(settings, precision=precision), device)


def _networks(space: spaces.Space, num_actions: int, config: PolicyConfig) -> Networks:
    body = _body(space, config)
    policy_head = _head(space, body.width, num_actions, 0.01, config)
    if config.critic == "none":
        return Networks(body, policy_head, None, None)
    value_body = _body(space, config) if config.critic == "separate" else None
    return Networks(body, policy_head, value_body, _head(space, body.width, 1, 1.0, config))


def _body(space: spaces.Space, config: PolicyConfig) -> MLP | CNN:
    name = network_for(space) if config.network == "auto" else config.network
    return MLP(space, config) if name == "mlp" else CNN(space, config, name)


def network_for(space: spaces.Space) -> Network:
    """What `network="auto"` means for observations of `space`."""
    pixels = image_shape(space)
    if pixels is None:
        return "mlp"
    return "nature" if min(pixels[:2]) >= LARGE_IMAGE else "tiny"


def _head(space: spaces.Space, width: int, outputs: int, gain: float, config: PolicyConfig) -> nn.Module:
    """The last layer; where there is no hidden one it reads the observation itself and starts at zero."""
    if width:
        return initialise(nn.Linear(width, outputs, bias=config.bias), gain, config)
    layer = input_layer(space, outputs, config.bias)
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
