"""The public episodes of a language model: whole responses, so that a prompt is read once and not before every token.

Token by token, as other policies play, an episode of 500 tokens would read 500 prefixes. Each episode draws with the
same numbers either way and the record holds the same actions, but for the last bits of the network's sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.policies.causal_lm import CausalLM
from agents.policies.responses import padded_prompts
from agents.rollouts.generation import Sampling, generate
from agents.rollouts.generation_collector import with_ends
from rlenvs.leaderboard.episodes import Episodes, episode_generator, replay_episodes
from rlenvs.text.rules import Rules


def write_episodes(policy: CausalLM, envs: Any, run_id: str, env_steps: int, seeds: Sequence[int]) -> Episodes:
    """As `play_episodes` with `sampled_choices`, a response at a time.

    Args:
        policy: who writes, at the temperature of its training.
        envs: native vector environment of tokens in groups of one.
        run_id: of the run, 12 hexadecimal digits.
        env_steps: how far the policy was trained.
        seeds: of the episodes.
    """
    actions: list[list[int]] = []
    for first in range(0, len(seeds), envs.num_envs):
        some = list(seeds[first : first + envs.num_envs])
        observations, _ = envs.reset(seed=some + some[:1] * (envs.num_envs - len(some)))
        generators = [episode_generator(run_id, env_steps, first + number) for number in range(len(some))]
        uniforms = np.stack([generator.random(envs.rules.max_tokens) for generator in generators])
        actions += _responses(policy, envs.rules, observations[: len(some)], uniforms)
    return replay_episodes(envs, seeds, actions)


def _responses(policy: CausalLM, rules: Rules, observations: NDArray, uniforms: NDArray) -> list[list[int]]:
    """Token ids for each of n first observations `[n, L + 2]`, with uniform numbers `[n, T]`."""
    prompts = padded_prompts(observations[:, : rules.book.max_prompt_tokens], observations[:, -2]).to(policy.device)
    sampling = Sampling(policy.config.temperature, stop=policy.config.stop)
    drawn = torch.from_numpy(uniforms).to(policy.device)
    written = generate(policy, prompts, 1, drawn, sampling, rules.tokenizer)
    tokens, lengths, _ = with_ends(written, policy.eos_id, rules.max_tokens)
    return [row[:length] for row, length in zip(tokens.tolist(), lengths.tolist(), strict=True)]
