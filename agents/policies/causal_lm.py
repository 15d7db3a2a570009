"""pi(token | prompt, response so far) and V of the same: a causal language model with the surface that agents use."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from agents.entropy import entropy_of_logits
from agents.masking import spread
from agents.policies.actor_critic import Evaluation
from agents.policies.config import PolicyConfig
from agents.policies.responses import NO_TOKEN, Responses
from agents.precision import LEAST_WORK
from agents.rollouts.batch import Batch
from agents.rollouts.generation import Decoding, stopped
from agents.rollouts.static_decoding import StaticDecoder
from rlenvs.text.tokenizers import Tokenizer

MOST_LOGITS = 1 << 26  # at once where no gradient needs them: 256 MiB in float32
MOST_SCORES = 1 << 24  # of attention, of a head and layer, likewise


class Body(Protocol):
    """A decoder behind a policy: `bodies.LlamaBody` or `bodies.HubBody`, both `nn.Module`."""

    width: int
    description: dict[str, Any]

    def features(self, responses: Responses) -> Tensor:
        """`[U, width]` at the tokens of `responses.predicting`."""
        ...

    def head(self, features: Tensor) -> Tensor:
        """`[..., width]` to logits `[..., V]`."""
        ...

    def decoding(self, prompts: Tensor, group_size: int, room: int) -> Decoding:
        """Reads prompts to go on from."""
        ...


class CausalLM(nn.Module):
    """A policy that writes whole responses, with an optional critic.

    The critic is a perceptron of two layers on the features that predict a token: those of the policy's own body
    (`shared`; `detached`: without a gradient into it), or of a copy of it (`separate`).

    Args:
        body: the decoder; where training starts.
        config: `critic`, `temperature`, `stop` and `precision`, resolved.
        pad_id: behind the end of responses.
        eos_id: the end of a response.
        writable: `[V]` bool, the environment's tokens; a model's further ones are never written.
        device: where it runs.

    Attributes:
        keeps_groups: minibatches should hold whole groups: their prompt is read once.
        is_large: whether one token is work enough for a second thread to pay.
        tokenizer: for stop strings, of the environment; None where there are none.
        static: decodes in its own memory, as CUDA graphs; None where rows leave memory as they finish.
    """

    keeps_groups = True
    never: Tensor
    tokenizer: Tokenizer | None = None
    static: StaticDecoder | None = None

    def __init__(
        self, body: Any, config: PolicyConfig, pad_id: int, eos_id: int, writable: Tensor, device: torch.device
    ) -> None:
        super().__init__()
        self.config, self.device, self.pad_id, self.eos_id = config, device, pad_id, eos_id
        self.body = body
        self.value_body = copy.deepcopy(body) if config.critic == "separate" else None
        self.value_head = None if config.critic == "none" else _value_head(body.width)
        self.vocab_size = len(writable)
        self.register_buffer("never", (~writable).nonzero().squeeze(1), persistent=False)
        self.to(device)
        self.is_large = sum(parameter.numel() for parameter in body.parameters()) >= LEAST_WORK

    @property
    def has_critic(self) -> bool:
        """Whether `evaluate` gives values."""
        return self.value_head is not None

    @property
    def description(self) -> dict[str, Any]:
        """What a record tells about the policy."""
        parameters = sum(parameter.numel() for parameter in self.parameters())
        return {"parameters": parameters, "precision": self.config.precision, **self.body.description}

    def examples(self, batch: Batch) -> Batch:
        """What losses are taken over: whole responses, as they are."""
        return batch

    def next_token_logits(self, features: Tensor) -> Tensor:
        """`[..., width]` to `[..., V]`, at temperature 1; in float32 at any precision.

        Sampling and training take log-probabilities from these same products. Logits of 16 and more are 1/8 apart in
        bfloat16: rounded so, a ratio of two probabilities would be off by several hundredths.
        """
        with torch.autocast(self.device.type, enabled=False):
            logits = self.body.head(features.float())
        return logits[..., : self.vocab_size].float().index_fill(-1, self.never, -torch.inf)

    def decoding(self, prompts: Tensor, group_size: int, room: int) -> Decoding:
        """As `generation.Writer`."""
        if self.static is not None and room:
            return self.static.decoding(prompts, group_size, room)
        return self.body.decoding(prompts, group_size, room)

    def evaluate(self, batch: Batch) -> Evaluation:
        """The batch's tokens under the current parameters, with gradients.

        Args:
            batch: `observations` `[B, L]` are prompts: ids and then `NO_TOKEN`.

        Returns:
            Log-probabilities at the temperature of training, entropies at temperature 1, and values before each token.
            Without gradients no more rows are read at a time than `MOST_SCORES` allows.
        """
        rows, steps = batch.actions.shape
        size = max(1, MOST_SCORES // (steps * (steps + batch.observations.shape[1])))
        if rows > size and not torch.is_grad_enabled():
            parts = torch.arange(rows, device=self.device).split(size)
            return joined([self.evaluate(batch.rows(part)) for part in parts])
        responses = Responses.of(batch.observations, batch.actions, batch.mask, batch.group)
        with self.computing():
            features = self.body.features(responses)
        log_prob, entropy = self._of_tokens(features, responses.source, batch.actions[batch.mask])
        values = self._values(features, responses) if self.has_critic else None
        return Evaluation(
            log_prob=spread(log_prob, batch.mask),
            entropy=spread(entropy, batch.mask),
            values=None if values is None else spread(values.index_select(0, responses.source), batch.mask),
        )

    def log_probs(self, batch: Batch) -> Tensor:
        """The whole distribution before each of the batch's N tokens, at temperature 1, with gradients.

        Returns:
            `[N, V]`, in the order of the mask.
        """
        responses = Responses.of(batch.observations, batch.actions, batch.mask, batch.group)
        with self.computing():
            features = self.body.features(responses)
        return self.next_token_logits(features).log_softmax(-1).index_select(0, responses.source)

    def observe(self, observations: np.ndarray) -> Tensor:
        """Observations of `rlenvs/MathToken-v0` and its kind, `[n, L + 2]`, to the device."""
        return torch.from_numpy(np.ascontiguousarray(observations)).to(self.device)

    def logits(self, observations: Tensor) -> Tensor:
        """Token by token, as evaluations play: `[n, L + 2]` observations to `[n, V]` at the temperature of training."""
        length = observations[:, -1:]
        places = torch.arange(observations.shape[1] - 2, device=self.device)
        texts = observations[:, :-2].masked_fill(places >= length, NO_TOKEN)
        with self.computing():
            features = self.decoding(texts[:, : int(length.max())], 1, 0).features
        logits = self.next_token_logits(features) / self.config.temperature
        if not self.config.stop:
            return logits
        responses = [row[start:end] for *row, start, end in observations.tolist()]
        return self._ending(logits, responses)

    def checkpoint(self) -> dict[str, Any]:
        """Parameters and settings: what `policy.pt` and a run's checkpoint hold."""
        return {"config": self.config.policy_settings(), "state_dict": self.state_dict()}

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from `checkpoint()`."""
        self.load_state_dict(state["state_dict"])

    def _of_tokens(self, features: Tensor, source: Tensor, taken: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities of tokens `taken` `[N]` and entropies before them, from features `[U, width]` at `source`.

        Without gradients no more logits than `MOST_LOGITS` are kept at a time.
        """
        size = max(1, MOST_LOGITS // self.vocab_size)
        if len(features) > size and not torch.is_grad_enabled():
            parts = zip(source.split(size), taken.split(size), strict=True)
            told = [self._of_tokens(features[of], torch.arange(len(of), device=of.device), ids) for of, ids in parts]
            return torch.cat([one for one, _ in told]), torch.cat([other for _, other in told])
        logits = self.next_token_logits(features)
        place = source * logits.shape[-1] + taken
        log_prob = (logits / self.config.temperature).log_softmax(-1).flatten().index_select(0, place)
        return log_prob, entropy_of_logits(logits).index_select(0, source)

    def _ending(self, logits: Tensor, responses: list[list[int]]) -> Tensor:
        """Logits `[n, V]` of which those behind a stop string leave nothing but the end token."""
        if self.tokenizer is None:
            raise ValueError(f"config stop={self.config.stop}: no tokenizer; build the policy by language_policy")
        ended = torch.tensor(stopped(responses, self.config.stop, self.tokenizer), device=self.device)
        is_other = torch.arange(logits.shape[-1], device=self.device) != self.eos_id
        return logits.masked_fill(ended.unsqueeze(1) & is_other, -torch.inf)

    def _values(self, features: Tensor, responses: Responses) -> Tensor:
        """`[U]`, V of what is written before each token."""
        assert self.value_head is not None
        if self.value_body is not None:
            with self.computing():
                features = self.value_body.features(responses)
        elif self.config.critic == "detached":
            features = features.detach()
        return self.value_head(features.float()).squeeze(-1)

    def computing(self) -> AbstractContextManager:
        """Within it the body computes in the precision that was chosen."""
        if self.config.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)


def joined(parts: Sequence[Evaluation]) -> Evaluation:
    """Evaluations of one batch's rows, in order, as one."""
    values = [part.values for part in parts if part.values is not None]
    return Evaluation(
        log_prob=torch.cat([part.log_prob for part in parts]),
        entropy=torch.cat([part.entropy for part in parts]),
        values=torch.cat(values) if values else None,
    )


def _value_head(width: int) -> nn.Module:
    """Two layers; values start at zero."""
    last = nn.Linear(width, 1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(width, width), nn.Tanh(), last)
