"""Whole responses of a language model, judged by a text environment: the collector of every agent on text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray
from torch import Tensor

from agents.policies.causal_lm import CausalLM
from agents.policies.responses import padded_prompts
from agents.rollouts.batch import Batch
from agents.rollouts.clock import Clock
from agents.rollouts.generation import GREEDY, Generation, Sampling, generate
from agents.rollouts.response_statistics import ResponseStatistics

REMOTE_DIFFERENCE = "server_log_prob_difference"


class RemoteWriter(Protocol):
    """Who else can write responses: `served.Served`."""

    def write(
        self,
        policy: CausalLM,
        prompts: Tensor,
        group_size: int,
        max_tokens: int,
        sampling: Sampling,
        generator: torch.Generator,
    ) -> tuple[Generation, Tensor]:
        """Responses with the policy's log-probabilities, and `[B]` how far the writer's own are from them."""
        ...


class GenerationCollector:
    """Draws P problems and writes G responses to each.

    A response that the verifier itself failed on is in no batch; its group has one member less. Where it failed on the
    greedy one, the whole group is in none: there is nothing to set it against.

    Args:
        env: native vector environment of P * G members made with `group_size=G`, such as `rlenvs/MathToken-v0`.
        group_size: G.
        sampling: temperature, top-p and stop strings.
        generator: draws the tokens.
        seed: of the sequence of start seeds, one a group and batch.
        clock: takes the time of the environment and of the network.
        greedy_baseline: also write the likeliest response to each prompt, for `Batch.greedy_rewards`.
        remote: writes the responses in the policy's place, but for greedy ones; None for the policy itself.

    Attributes:
        dropped: steps that were taken and are in no batch: none.
        responses: written so far, greedy ones and those that the verifier failed on included.
        tokens: written so far, likewise.
        most_steps: responses a batch.

    Raises:
        ValueError: the environment cannot judge whole responses in groups of G.
    """

    def __init__(
        self,
        env: VectorEnv,
        group_size: int,
        sampling: Sampling,
        generator: torch.Generator,
        seed: int,
        clock: Clock,
        greedy_baseline: bool = False,
        remote: RemoteWriter | None = None,
    ) -> None:
        if not hasattr(env, "respond") or getattr(env, "group_size", None) != group_size:
            raise ValueError(f"env={env}: language models need a native token environment with group_size={group_size}")
        self.env: Any = env
        self.group_size, self.sampling, self.generator, self.clock = group_size, sampling, generator, clock
        self.start_seeds = np.random.default_rng(seed)
        self.remote, self.greedy_baseline = remote, greedy_baseline
        self.statistics = ResponseStatistics(group_size, (REMOTE_DIFFERENCE,) if remote is not None else ())
        self.dropped, self.responses, self.tokens = 0, 0, 0
        self.most_steps = env.num_envs + greedy_baseline * (env.num_envs // group_size)

    def collect(self, policy: CausalLM, limit: int | None = None) -> Batch | None:
        """Writes one response a member.

        Returns:
            A Batch of P * G rows, as long as the longest response; `observations` are the prompts. None, and nothing is
            written, where that would be more than `limit` responses.
        """
        if limit is not None and self.most_steps > limit:
            return None
        with self.clock("env"):
            prompts = self._reset().to(policy.device)
        baseline, comparable = self._greedy_rewards(policy, prompts) if self.greedy_baseline else (None, True)
        with self.clock("inference"):
            written, *more = self._write(policy, prompts)
        with self.clock("env"):
            tokens, lengths, is_end = with_ends(written, policy.eos_id, self.env.rules.max_tokens)
            rewards, infos = self.env.respond(tokens, lengths)
            lengths = written.lengths.cpu().numpy()
        self.responses += len(tokens)
        self.tokens += int(lengths.sum())
        judged = (infos["status"] != "error") & comparable
        self.statistics.add(rewards, lengths, is_end, judged, *more)
        with self.clock("inference"):
            return self._batch(policy, prompts, written, rewards, judged, baseline)

    def _write(self, policy: CausalLM, prompts: Tensor) -> tuple[Generation, *tuple[NDArray, ...]]:
        """The responses and, of a remote writer, how far its log-probabilities are from the policy's, `[B]`."""
        longest, generator = self.env.rules.max_tokens, self.generator
        if self.remote is not None:
            written, apart = self.remote.write(policy, prompts, self.group_size, longest, self.sampling, generator)
            return written, apart.cpu().numpy()
        shape = (self.env.num_envs, longest)
        uniforms = torch.rand(shape, dtype=torch.float64, generator=generator, device=generator.device)
        return (generate(policy, prompts, self.group_size, uniforms, self.sampling, self.env.rules.tokenizer),)

    def _greedy_rewards(self, policy: CausalLM, prompts: Tensor) -> tuple[Tensor, NDArray]:
        """`[P * G]` each: what the likeliest response to the prompt earned, and whether the verifier could tell.

        The first member of each group writes it, then all are as before.
        """
        with self.clock("inference"):
            unused = torch.zeros(len(prompts), self.env.rules.max_tokens, device=prompts.device)
            greedy = replace(GREEDY, stop=self.sampling.stop)
            written = generate(policy, prompts, 1, unused, greedy, self.env.rules.tokenizer)
        with self.clock("env"):
            before = self.env.state()
            tokens, lengths, _ = with_ends(written, policy.eos_id, self.env.rules.max_tokens)
            leads = np.arange(self.env.num_envs) % self.group_size == 0
            rewards, infos = self.env.respond(
                tokens.repeat(self.group_size, axis=0), lengths.repeat(self.group_size) * leads
            )
            self.env.restore(before)
        self.responses += len(tokens)
        self.tokens += int(written.lengths.sum())
        earned = torch.from_numpy(rewards[leads]).to(prompts.device).float()
        judged = (infos["status"][leads] != "error").repeat(self.group_size)
        return earned.repeat_interleave(self.group_size), judged

    def _reset(self) -> Tensor:
        """New problems; their prompts `[P, L]`."""
        groups = self.env.num_envs // self.group_size
        observations, _ = self.env.reset(seed=self.start_seeds.integers(2**31, size=groups).tolist())
        leaders = observations[:: self.group_size]
        return padded_prompts(leaders[:, : self.env.rules.book.max_prompt_tokens], leaders[:, -2])

    def _batch(
        self,
        policy: CausalLM,
        prompts: Tensor,
        written: Generation,
        rewards: NDArray,
        judged: NDArray,
        baseline: Tensor | None,
    ) -> Batch:
        batch = response_batch(prompts, self.group_size, written).with_(greedy_rewards=baseline)
        outcome = torch.from_numpy(rewards).to(prompts.device).float().unsqueeze(1)
        batch = batch.with_(rewards=outcome * batch.terminated)
        if not judged.all():
            batch = batch.rows(torch.from_numpy(judged).to(prompts.device).nonzero().squeeze(1))
        if not policy.has_critic:
            return batch
        with torch.no_grad():
            values = policy.evaluate(batch).values
        assert values is not None
        return batch.with_(values=values, next_values=torch.nn.functional.pad(values[:, 1:], (0, 1)))

    def checkpoint(self) -> dict[str, Any]:
        """What decides the next batch: every batch begins with a seeded reset, so no environment is saved."""
        return {
            "start_seeds": dict(self.start_seeds.bit_generator.state),
            "responses": self.responses,
            "tokens": self.tokens,
            "statistics": self.statistics.checkpoint(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from `checkpoint()`."""
        self.start_seeds.bit_generator.state = state["start_seeds"]
        self.responses, self.tokens = state["responses"], state["tokens"]
        self.statistics.resume(state["statistics"])


def with_ends(written: Generation, eos_id: int, max_tokens: int) -> tuple[NDArray, NDArray, NDArray]:
    """Responses as an environment reads them: tokens `[B, T]`, lengths `[B]`, and `[B]` whether each has an end.

    The end token that stop strings stand for is put behind them here; it is in no batch, for nobody wrote it.
    """
    tokens, lengths = written.tokens.cpu().numpy(), written.lengths.cpu().numpy().copy()
    has_end = tokens[np.arange(len(tokens)), lengths - 1] == eos_id
    rows = np.flatnonzero(~has_end & (lengths < max_tokens))
    if len(rows):
        tokens = np.pad(tokens, ((0, 0), (0, 1)))
        tokens[rows, lengths[rows]] = eos_id
        lengths[rows], has_end[rows] = lengths[rows] + 1, True
    return tokens, lengths, has_end


def response_batch(prompts: Tensor, group_size: int, written: Generation) -> Batch:
    """Responses as a Batch without rewards: the last token of each ends its episode.

    Args:
        prompts: `[P, L]`.
        group_size: G.
        written: P * G responses.
    """
    mask = written.mask
    is_last = torch.arange(mask.shape[1], device=mask.device) == written.lengths.unsqueeze(1) - 1
    group = torch.arange(len(prompts), device=mask.device).repeat_interleave(group_size)
    return Batch(
        observations=prompts[group],
        actions=written.tokens,
        old_log_prob=written.log_prob,
        rewards=torch.zeros_like(written.log_prob),
        terminated=is_last,
        truncated=torch.zeros_like(mask),
        mask=mask,
        group=group,
    )
