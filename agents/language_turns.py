"""Answers in several turns: what was not right is told so, in the model's own chat template, and may be tried again."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.language_evaluation import CHUNK, Answers, entropies_of
from agents.policies.causal_lm import CausalLM
from agents.policies.responses import padded_prompts
from agents.rollouts.generation import Sampling, generate
from agents.rollouts.generation_collector import with_ends
from rlenvs.text.conversation import Conversation, judge_replies, read_ids
from rlenvs.text.rules import Rules
from rlenvs.verifiers.verdict import Verdict


def answer_in_turns(
    policy: CausalLM,
    rules: Rules,
    problems: NDArray[np.int64],
    k: int,
    turns: int,
    sampling: Sampling,
    seed: int,
    chunk: int = CHUNK,
) -> Answers:
    """Holds k conversations about each problem, as `rlenvs/Math-v0` does with `max_turns`.

    The model reads the token ids that it wrote, never what a tokenizer makes of their text; only feedback is tokenised.

    Args:
        policy: who writes.
        rules: from `rlenvs.text.response_env.make_turn_rules`.
        problems: `[n]`, numbers of problems in `rules.book`.
        k: conversations about each.
        turns: the most responses of one.
        sampling: how tokens are drawn.
        seed: of the draws.
        chunk: conversations side by side, at most.

    Returns:
        Texts from the first response on, feedback included, and the verdict on the last response of each.
    """
    generator = torch.Generator().manual_seed(seed)
    talks = [Conversation(rules, turns) for _ in range(len(problems) * k)]
    for talk, problem in zip(talks, problems.repeat(k).tolist(), strict=True):
        talk.begin(problem)
    verdicts: dict[int, Verdict] = {}
    entropies: list[Tensor] = []
    for _ in range(turns):
        uniforms = torch.rand(len(talks), rules.max_tokens, dtype=torch.float64, generator=generator)
        open_ones = [row for row, talk in enumerate(talks) if not talk.is_over]
        for start in range(0, len(open_ones), chunk):
            rows = open_ones[start : start + chunk]
            entropies.append(_one_turn(policy, rules, talks, rows, uniforms[rows], sampling, verdicts))
    texts = ["".join(message.text for message in talk.messages[1:]) for talk in talks]
    judged = [verdicts[row] for row in range(len(talks))]
    return Answers(problems, texts, judged, k, float(torch.cat(entropies).mean()))


def _one_turn(
    policy: CausalLM,
    rules: Rules,
    talks: list[Conversation],
    rows: list[int],
    uniforms: Tensor,
    sampling: Sampling,
    verdicts: dict[int, Verdict],
) -> Tensor:
    """Writes and judges the next response of some conversations; returns the entropies at its tokens."""
    read = [[token for _, ids in talks[row].ids() for token in ids] for row in rows]
    lengths = np.array([len(ids) for ids in read])
    tokens = np.zeros((len(read), lengths.max()), np.int64)
    for place, ids in enumerate(read):
        tokens[place, : len(ids)] = ids
    prompts = padded_prompts(tokens, lengths).to(policy.device)
    written = generate(policy, prompts, 1, uniforms.to(policy.device), sampling, rules.tokenizer)
    ended, ends, _ = with_ends(written, policy.eos_id, rules.max_tokens)
    replies = [read_ids(rules, ids[:end]) for ids, end in zip(ended.tolist(), ends.tolist(), strict=True)]
    judged = judge_replies(rules, [talks[row].problem for row in rows], replies)
    for row, reply, verdict in zip(rows, replies, judged, strict=True):
        last = talks[row].answer(reply, verdict)
        if last is not None:
            verdicts[row] = last
    return entropies_of(policy, prompts, written)
