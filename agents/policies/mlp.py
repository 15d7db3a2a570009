"""Multi-layer perceptron policy with an optional critic, for indices, token lists and flat vectors.

Orthogonal initialisation with gain sqrt(2), 0.01 for the policy's head and 1 for the critic's, zero biases (details
2 and 13 of Huang et al. 2022, "The 37 implementation details of PPO"). An index enters through an embedding, which
is the same function as a linear layer on its one-hot vector at a fraction of the cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor, nn

from agents.entropy import entropy_of_logits
from agents.rollouts.batch import Batch
from agents.rollouts.sampling import log_prob_of


@dataclass(frozen=True)
class Evaluation:
    """A batch under the current policy: `[B, T]` each, zero where the mask is 0; `values` is None without a critic."""

    log_prob: Tensor
    entropy: Tensor
    values: Tensor | None


class IndexInput(nn.Module):
    """First layer for `Discrete` (`[...]`) and one-dimensional `MultiDiscrete` (`[..., k]`) observations.

    One table row per value of each component; the rows of the components are summed.
    """

    offsets: Tensor

    def __init__(self, sizes: list[int], width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(sum(sizes), width)
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("offsets", torch.tensor(np.cumsum([0, *sizes[:-1]])), persistent=False)
        self.scalar = False

    def forward(self, observations: Tensor) -> Tensor:
        """Maps integers to `[..., width]`."""
        if self.scalar:
            return self.table(observations) + self.bias
        return self.table(observations + self.offsets).sum(dim=-2) + self.bias


def input_layer(space: spaces.Space, width: int) -> nn.Module:
    """The layer that reads one observation of `space` into `width` numbers.

    Raises:
        ValueError: the space needs another network (images, text, nested spaces).
    """
    if isinstance(space, spaces.Discrete) and space.start == 0:
        layer = IndexInput([int(space.n)], width)
        layer.scalar = True
        return layer
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return IndexInput([int(n) for n in space.nvec], width)
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        return nn.Linear(space.shape[0], width)
    raise ValueError(
        f"observation_space={space}: the MLP policy reads Discrete (from 0), one-dimensional MultiDiscrete and flat "
        "Box observations; choose another `observation` of the environment or wrap it"
    )


def _weights(layer: nn.Module) -> tuple[Tensor, Tensor]:
    if isinstance(layer, IndexInput):
        return layer.table.weight, layer.bias
    assert isinstance(layer, nn.Linear)
    return layer.weight, layer.bias


def _initialise(layer: nn.Module, gain: float) -> nn.Module:
    weight, bias = _weights(layer)
    nn.init.orthogonal_(weight, gain)
    nn.init.zeros_(bias)
    return layer


def _network(space: spaces.Space, hidden: tuple[int, ...]) -> nn.Sequential:
    """Input layer and hidden layers with tanh after each; nothing where `hidden` is empty."""
    if not hidden:
        return nn.Sequential()
    layers: list[nn.Module] = [_initialise(input_layer(space, hidden[0]), math.sqrt(2)), nn.Tanh()]
    for width_in, width_out in zip(hidden[:-1], hidden[1:], strict=True):
        layers += [_initialise(nn.Linear(width_in, width_out), math.sqrt(2)), nn.Tanh()]
    return nn.Sequential(*layers)


def _head(space: spaces.Space, hidden: tuple[int, ...], outputs: int, gain: float) -> nn.Module:
    """The last layer; where there is no hidden one it reads the observation itself and starts at zero."""
    if hidden:
        return _initialise(nn.Linear(hidden[-1], outputs), gain)
    return _initialise(input_layer(space, outputs), gain=0.0)


class MLPPolicy(nn.Module):
    """pi(a | observation) as logits, and V(observation) where there is a critic.

    Args:
        observation_space: one environment's space.
        num_actions: A.
        hidden: units per hidden layer; `()` for a table (a linear map of a flat vector).
        critic: see `PolicyConfig`.
    """

    every_observation: Tensor | None

    def __init__(self, observation_space: spaces.Space, num_actions: int, hidden: tuple[int, ...], critic: str) -> None:
        super().__init__()
        if critic not in ("none", "separate", "shared", "detached"):
            raise ValueError(f"critic={critic!r}: choose none, separate, shared or detached")
        self.hidden, self.critic = hidden, critic
        self.integers = not isinstance(observation_space, spaces.Box)
        every = torch.arange(int(observation_space.n)) if isinstance(observation_space, spaces.Discrete) else None
        self.register_buffer("every_observation", every, persistent=False)
        self.body = _network(observation_space, hidden)
        self.policy_head = _head(observation_space, hidden, num_actions, gain=0.01)
        if self.has_critic:
            self.value_body = _network(observation_space, hidden) if critic == "separate" else None
            self.value_head = _head(observation_space, hidden, 1, gain=1.0)

    @property
    def has_critic(self) -> bool:
        """Whether `values` may be called."""
        return self.critic != "none"

    def observe(self, observations: np.ndarray) -> Tensor:
        """Brings observations as the environment gives them to the policy's device and number type."""
        tensor = torch.from_numpy(np.ascontiguousarray(observations))
        device = _weights(self.policy_head)[0].device
        return tensor.to(device, torch.int64 if self.integers else torch.float32)

    def logits(self, observations: Tensor) -> Tensor:
        """`[...]` observations to `[..., A]` unnormalised log-probabilities."""
        return self.policy_head(self.body(observations))

    def values(self, observations: Tensor) -> Tensor:
        """`[...]` observations to `[...]` state values."""
        return self._values(observations, self.body(observations) if self.value_body is None else observations)

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns logits `[..., A]` and values `[...]` (None without a critic), computing shared layers once."""
        features = self.body(observations)
        values = self._values(observations, features) if self.has_critic else None
        return self.policy_head(features), values

    def behaviour(self, count: int) -> Callable[[Tensor], Tensor]:
        """Log pi(. | observation) `[..., A]` as a function, for `count` observations under unchanged parameters.

        Where there are fewer observations than that, all of them pass through the network once and are looked up.
        """
        every = self.every_observation
        if every is None or len(every) >= count:
            return lambda observations: self.logits(observations).log_softmax(dim=-1)
        table = self.logits(every).log_softmax(dim=-1)
        return lambda observations: table[observations]

    def evaluate(self, batch: Batch) -> Evaluation:
        """The batch's actions under the current parameters, with gradients.

        Only slots with mask 1 pass through the network, or every possible observation once where that is less; the
        other slots hold zeros without a gradient.
        """
        mask = batch.mask
        observations, actions = batch.observations[mask], batch.actions[mask]
        if self.every_observation is not None and len(self.every_observation) < len(actions):
            logits, values = self(self.every_observation)
            place = observations * logits.shape[-1] + actions
            log_prob = logits.log_softmax(dim=-1).flatten().index_select(0, place)
            entropy = entropy_of_logits(logits).index_select(0, observations)
            values = None if values is None else values.index_select(0, observations)
        else:
            logits, values = self(observations)
            log_prob, entropy = log_prob_of(logits, actions), entropy_of_logits(logits)
        return Evaluation(
            log_prob=_spread(log_prob, mask),
            entropy=_spread(entropy, mask),
            values=None if values is None else _spread(values, mask),
        )

    def _values(self, observations: Tensor, features: Tensor) -> Tensor:
        if self.value_body is not None:
            features = self.value_body(observations)
        elif self.critic == "detached":
            features = features.detach()
        return self.value_head(features).squeeze(-1)


def _spread(numbers: Tensor, mask: Tensor) -> Tensor:
    """One number a real transition, `[n]`, to its place in `[B, T]`."""
    if numbers.numel() == mask.numel():
        return numbers.view(mask.shape)
    return torch.zeros(mask.shape, dtype=numbers.dtype, device=mask.device).masked_scatter(mask, numbers)
