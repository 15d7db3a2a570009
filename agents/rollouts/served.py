"""Rollouts through a server: weights go there, responses come back, log-probabilities are our own model's.

Before every batch the policy is written to a directory and the server is told to read it. That both answered without an
error is all that is known: that the server read the file, and computes prompts anew, is between it and its settings.
`rollout/server_log_prob_difference` tells: at temperature 1 below 0.01 in equal precision, it grows with every update
that does not arrive, and above 0.1 a warning says so once. At another temperature it is never small: a server tells its
log-probabilities at temperature 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.masking import masked_mean
from agents.policies.causal_lm import CausalLM
from agents.policies.export import export
from agents.rollouts.completion_server import CompletionServer, Vocabulary
from agents.rollouts.generation import Generation, Sampling
from agents.rollouts.generation_collector import response_batch
from rlenvs.text.tokenizers import stop_ids

TOO_FAR = 0.1  # nats a token


class Served:
    """A writer of responses that has a server do it.

    Args:
        server: that writes.
        weights: directory from which it loads its model.
        reload: paths of the server's requests to do that again, in order.
    """

    def __init__(self, server: CompletionServer, weights: str, reload: Sequence[str]) -> None:
        self.server, self.weights, self.reload = server, Path(weights), reload
        self._warned = False

    def write(
        self,
        policy: CausalLM,
        prompts: Tensor,
        group_size: int,
        max_tokens: int,
        sampling: Sampling,
        generator: torch.Generator,
    ) -> tuple[Generation, Tensor]:
        """Responses under the policy's present weights, as far as the server has them.

        Args:
            policy: whose weights they are.
            prompts: `[P, L]`.
            group_size: G.
            max_tokens: the most tokens of a response.
            sampling: temperature and top-p.
            generator: draws a seed a prompt; the server may not give the same for the same.

        Returns:
            The responses, `log_prob` recomputed by the policy, `sampled_log_prob` as the server told; and `[P * G]`,
            the mean distance between the two over the tokens of each.
        """
        export(policy, self.weights)
        for path in self.reload:
            self.server.reload(path, str(self.weights.resolve()))
        seeds = torch.randint(2**31, (len(prompts),), generator=generator, device=generator.device).tolist()
        beyond = range(policy.vocab_size, policy.body.vocab_size)
        more_ends = () if policy.tokenizer is None else stop_ids(policy.tokenizer)
        never, size = (*policy.never.tolist(), *beyond), policy.body.vocab_size
        vocabulary = Vocabulary(policy.eos_id, policy.pad_id, never, more_ends, size)
        written = self.server.write(prompts, group_size, max_tokens, sampling, vocabulary, seeds)
        batch = response_batch(prompts, group_size, written)
        with torch.no_grad():
            own = policy.evaluate(batch).log_prob
        apart = masked_mean((own - written.log_prob).abs(), batch.mask, dim=1)
        if sampling.temperature == 1.0 and not self._warned:
            self._warn_if_far(float(apart.mean()))
        return replace(written, log_prob=own), apart

    def _warn_if_far(self, apart: float) -> None:
        """Training on what another model wrote goes on, but not without a word."""
        if apart <= TOO_FAR:
            return
        self._warned = True
        message = (
            f"config server={self.server.url!r}: its log-probabilities are {apart:.2g} nats a token from the policy's, "
            f"as of other weights: let it serve server_weights={str(self.weights)!r} and read that anew when asked at "
            f"server_reload={list(self.reload)}"
        )
        warnings.warn(message, stacklevel=3)


def serving(config: Mapping[str, Any]) -> Served | None:
    """The server that a configuration names, or None.

    Raises:
        ValueError: there is no directory for weights, LoRA or stop strings are asked for, or the address is none.
    """
    if not config.get("server"):
        return None
    if not config.get("server_weights"):
        raise ValueError("config server_weights='': name the directory that the server loads its model from")
    if config.get("lora_rank") is not None:
        raise ValueError("config lora_rank: its matrices are not sent to a server; leave out server or lora_rank")
    if config.get("stop"):
        raise ValueError(f"config stop={config['stop']}: a server's responses end with the end token; leave out one")
    return Served(CompletionServer(config["server"]), config["server_weights"], config["server_reload"])
