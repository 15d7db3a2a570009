"""pi(a | observation) and V(observation): one class for every network that reads observations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor, nn

from agents.entropy import entropy_of_logits
from agents.masking import spread
from agents.policies.cnn import CNN
from agents.policies.compilation import can_compile, compiled
from agents.policies.config import PolicyConfig
from agents.policies.mlp import MLP
from agents.policies.pixels import Pixels, reads_bytes
from agents.precision import LEAST_WORK
from agents.rollouts.batch import Batch
from agents.rollouts.sampling import log_prob_of


@dataclass(frozen=True)
class Evaluation:
    """A batch under the current policy: `[B, T]` each, zero where the mask is 0; `values` is None without a critic."""

    log_prob: Tensor
    entropy: Tensor
    values: Tensor | None


Behaviour = Callable[[Tensor], tuple[Tensor, Tensor | None]]
"""Maps observations `[..., *]` to log pi of every action, `[..., A]`, and V, `[...]`, where there is a critic."""


@dataclass(frozen=True)
class Networks:
    """The parts of a policy; `value_body` is None where the critic reads the policy's `body`."""

    body: MLP | CNN
    policy_head: nn.Module
    value_body: MLP | CNN | None
    value_head: nn.Module | None


class ActorCritic(nn.Module):
    """A policy over `Discrete` actions with an optional critic; `build_policy` makes one.

    `observe` takes observations as the environment gives them; all other methods take what it returned, or what
    `prepare` made of that.

    Args:
        observation_space: of what `observe` returns.
        networks: the parts, without activations at their ends other than the bodies' own.
        config: its settings, `precision` resolved.
        device: where it runs.

    Attributes:
        is_large: whether one pass is work enough for a second thread to pay.
        keeps_groups: minibatches need not hold whole groups.
    """

    keeps_groups = False
    every_observation: Tensor | None

    def __init__(
        self, observation_space: spaces.Space, networks: Networks, config: PolicyConfig, device: torch.device
    ) -> None:
        super().__init__()
        self.config, self.device = config, device
        self.is_large = networks.body.multiplications >= LEAST_WORK
        self.pixels = Pixels(observation_space, config) if reads_bytes(observation_space) else None
        self.number_type = _number_type(observation_space)
        every = torch.arange(int(observation_space.n)) if isinstance(observation_space, spaces.Discrete) else None
        self.register_buffer("every_observation", every, persistent=False)
        self.body: nn.Module = networks.body
        self.policy_head = networks.policy_head
        self.value_body, self.value_head = networks.value_body, networks.value_head
        self.to(device)
        if config.compile and can_compile(device):
            event_dims = len(observation_space.shape or ())
            for part in ("_logits", "_values", "_logits_and_values"):
                setattr(self, part, compiled(getattr(self, part), event_dims, device))

    @property
    def has_critic(self) -> bool:
        """Whether `values` may be called."""
        return self.value_head is not None

    @property
    def description(self) -> dict[str, Any]:
        """What a record tells about the policy: the number of `parameters` and the `precision` that was chosen."""
        parameters = sum(parameter.numel() for parameter in self.parameters())
        return {"parameters": parameters, "precision": self.config.precision}

    def observe(self, observations: np.ndarray) -> Tensor:
        """Brings observations as the environment gives them to the device; bytes stay bytes, images are framed.

        On a CPU the tensor shares the array's memory where the number type is the same.
        """
        tensor = torch.from_numpy(np.ascontiguousarray(observations)).to(self.number_type)
        if self.device.type == "cuda":
            tensor = tensor.pin_memory().to(self.device, non_blocking=True)
        else:
            tensor = tensor.to(self.device)
        return tensor if self.pixels is None else self.pixels.frame(tensor)

    def prepare(self, observations: Tensor) -> Tensor:
        """What the networks read: bytes become numbers, images `[..., H, W, C]`; anything else is returned as it is.

        All methods do this by themselves. Who passes the same observations through the network several times does it
        once, at two to four times the memory.
        """
        if self.pixels is None or observations.is_floating_point():
            return observations
        dtype = torch.bfloat16 if self.config.precision == "bfloat16" else torch.float32
        return self.pixels(observations, dtype)

    def prepared(self, batch: Batch) -> Batch:
        """The batch with its observations prepared, for several passes over it."""
        return batch if self.pixels is None else batch.with_(observations=self.prepare(batch.observations))

    def examples(self, batch: Batch) -> Batch:
        """What losses are taken over: single transitions, prepared for several passes over them."""
        return self.prepared(batch.transitions())

    def logits(self, observations: Tensor) -> Tensor:
        """`[...]` observations to `[..., A]` unnormalised log-probabilities."""
        return self._logits(self.prepare(observations))

    def values(self, observations: Tensor) -> Tensor:
        """`[...]` observations to `[...]` state values."""
        return self._values(self.prepare(observations))

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns logits `[..., A]` and values `[...]` (None without a critic), computing shared layers once."""
        return self._logits_and_values(self.prepare(observations))

    def behaviour(self, count: int) -> Behaviour:
        """Log pi(. | observation) and V, for `count` observations under unchanged parameters.

        Where there are fewer observations than that, all of them pass through the network once and are looked up.
        """
        every = self.every_observation
        if every is None or len(every) >= count:
            return self._behaviour
        table, values = self._behaviour(every)
        look_up = nn.functional.embedding
        return lambda seen: (look_up(seen, table), None if values is None else values.take(seen))

    def _behaviour(self, observations: Tensor) -> tuple[Tensor, Tensor | None]:
        logits, values = self(observations)
        return logits.log_softmax(dim=-1), values

    def evaluate(self, batch: Batch) -> Evaluation:
        """The batch's actions under the current parameters, with gradients.

        Only slots with mask 1 pass through the network, or every possible observation once where that is less; the
        other slots hold zeros without a gradient.
        """
        mask = batch.mask
        if mask.all():
            observations, actions = batch.observations.flatten(0, 1), batch.actions.flatten()
        else:
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
            log_prob=spread(log_prob, mask),
            entropy=spread(entropy, mask),
            values=None if values is None else spread(values, mask),
        )

    def checkpoint(self) -> dict[str, Any]:
        """Parameters, statistics and settings: what `policy.pt` and a run's checkpoint hold."""
        return {"config": self.config.policy_settings(), "state_dict": self.state_dict()}

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from `checkpoint()`, in the precision that was chosen then."""
        self.config = replace(self.config, precision=state["config"]["precision"])
        self.load_state_dict(state["state_dict"])

    def _features(self, body: nn.Module, prepared: Tensor) -> Tensor:
        if self.config.precision != "bfloat16":
            return body(prepared)
        with torch.autocast(self.device.type, torch.bfloat16):
            return body(prepared).float()

    def _logits(self, prepared: Tensor) -> Tensor:
        return self.policy_head(self._features(self.body, prepared))

    def _values(self, prepared: Tensor) -> Tensor:
        return self._values_from(prepared, self._features(self.body, prepared) if self.value_body is None else prepared)

    def _logits_and_values(self, prepared: Tensor) -> tuple[Tensor, Tensor | None]:
        features = self._features(self.body, prepared)
        return self.policy_head(features), self._values_from(prepared, features) if self.has_critic else None

    def _values_from(self, prepared: Tensor, features: Tensor) -> Tensor:
        if self.value_body is not None:
            features = self._features(self.value_body, prepared)
        elif self.config.critic == "detached":
            features = features.detach()
        assert self.value_head is not None
        return self.value_head(features).squeeze(-1)


def _number_type(space: spaces.Space) -> torch.dtype:
    if reads_bytes(space):
        return torch.uint8
    return torch.float32 if isinstance(space, spaces.Box) else torch.int64
