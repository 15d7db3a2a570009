"""How good a language model is at a task: sampled, greedy, by majority, and with many tries.

The four figures tell kinds of improvement apart. Where the greedy answer was right before, reinforcement has done
what temperature 0 does; where pass@k falls while pass@1 rises, it has narrowed the policy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.answer_statistics import pass_at, standard_error, tries_reported
from agents.policies.causal_lm import CausalLM
from agents.policies.responses import padded_prompts
from agents.rollouts.generation import Adjustment, Generation, Sampling, generate
from agents.rollouts.generation_collector import response_batch
from rlenvs.text.judging import UNFINISHED
from rlenvs.text.rules import Rules
from rlenvs.text.tokenizers import decode_rows
from rlenvs.verifiers.verdict import Verdict

CHUNK = 2048  # responses written side by side


@dataclass(frozen=True)
class Answers:
    """k responses to each of n problems.

    Attributes:
        problems: `[n]`, numbers of the problems.
        texts: n * k responses, those to one problem together.
        verdicts: on each.
        k: responses a problem.
        entropy: of the policy over its next token at temperature 1, mean over the tokens written, in nats.
    """

    problems: NDArray[np.int64]
    texts: list[str]
    verdicts: list[Verdict]
    k: int
    entropy: float

    @property
    def right(self) -> NDArray[np.bool_]:
        """`[n, k]`."""
        return np.array([verdict.reward > 0 for verdict in self.verdicts]).reshape(-1, self.k)

    @property
    def finished(self) -> list[bool]:
        """Whether each response, of several turns the last, ended within the token limit."""
        return [verdict != UNFINISHED for verdict in self.verdicts]

    @property
    def unfinished(self) -> NDArray[np.float64]:
        """`[n]`, the share of responses to each problem that were cut at the token limit."""
        return 1.0 - np.array(self.finished, np.float64).reshape(-1, self.k).mean(axis=1)

    def by_problem(self) -> dict[str, NDArray[np.float64]]:
        """`[n]` each: unbiased `pass@1`, `pass@2`, `pass@4` ... `pass@k`; for k > 1 `maj@k` and `distinct`."""
        right = self.right
        told = {f"pass@{tries}": pass_at(right, tries) for tries in tries_reported(self.k)}
        if self.k > 1:
            rows = range(len(right))
            told[f"maj@{self.k}"] = np.array([float(self._majority_is_right(row)) for row in rows])
            told["distinct"] = np.array([float(self._distinct(row)) for row in rows])
        return told

    def scores(self) -> dict[str, float]:
        """Means of `by_problem`, the `standard_error` of `pass@1` over problems, `entropy`, and `verifier_errors`.

        The last is the share of responses on which the verifier itself failed; in the pass rates they count as wrong.
        """
        told = self.by_problem()
        means = {name: float(values.mean()) for name, values in told.items()}
        failed = float(np.mean([verdict.status == "error" for verdict in self.verdicts]))
        spread = {"standard_error": standard_error(told["pass@1"]), "entropy": self.entropy}
        return {**means, **spread, "verifier_errors": failed}

    def rows(self, rules: Rules, count: int) -> list[dict[str, Any]]:
        """The first response to each of the first problems, with its verdict: rows of a run's `samples.jsonl`."""
        kept = ("problem", "response", "status", "reward")
        return [{name: row[name] for name in kept} for row in self.all_rows(rules)[: count * self.k : self.k]]

    def all_rows(self, rules: Rules) -> list[dict[str, Any]]:
        """Every response with its problem, a right answer and its verdict, those to one problem together."""
        asked = [_asked(rules, number) for number in self.problems.tolist() for _ in range(self.k)]
        told = zip(asked, self.texts, self.finished, self.verdicts, strict=True)
        return [
            {
                **problem,
                "response": text,
                "finished": finished,
                "extracted": verdict.extracted,
                "status": verdict.status,
                "reward": verdict.reward,
            }
            for problem, text, finished, verdict in told
        ]

    def _group(self, row: int) -> slice:
        return slice(row * self.k, (row + 1) * self.k)

    def _majority_is_right(self, row: int) -> bool:
        """Whether the answer given most often is right; the first of several, never none at all."""
        verdicts = [verdict for verdict in self.verdicts[self._group(row)] if verdict.extracted is not None]
        if not verdicts:
            return False
        (answer, _), *_ = Counter(verdict.extracted for verdict in verdicts).most_common(1)
        return next(verdict.reward > 0 for verdict in verdicts if verdict.extracted == answer)

    def _distinct(self, row: int) -> int:
        """How many different right responses there are."""
        group = self._group(row)
        judged = zip(self.texts[group], self.verdicts[group], strict=True)
        return len({text for text, verdict in judged if verdict.reward})


def answer(
    policy: CausalLM,
    rules: Rules,
    problems: NDArray[np.int64],
    k: int,
    sampling: Sampling,
    seed: int,
    chunk: int = CHUNK,
) -> Answers:
    """Writes and judges k responses to each problem.

    Args:
        policy: who writes.
        rules: task, problems, tokenizer and token limit.
        problems: `[n]`, numbers of problems in `rules.book`, from `first_problems`.
        k: responses a problem.
        sampling: how tokens are drawn.
        seed: of the draws; the same seed gives every policy the same uniform numbers.
        chunk: responses written side by side, at most, but at least those to one problem.
    """
    generator = torch.Generator().manual_seed(seed)
    uniforms = torch.rand(len(problems) * k, rules.max_tokens, dtype=torch.float64, generator=generator)
    prompts = padded_prompts(rules.book.tokens[problems], rules.book.lengths[problems])
    texts: list[str] = []
    finished: list[bool] = []
    entropies: list[Tensor] = []
    size = max(1, chunk // k)
    for start in range(0, len(problems), size):
        asked = prompts[start : start + size].to(policy.device)
        drawn = uniforms[start * k : (start + size) * k].to(policy.device)
        written = generate(policy, asked, k, drawn, sampling, rules.tokenizer)
        tokens, lengths = written.tokens.cpu().numpy(), written.lengths.cpu().numpy()
        texts += decode_rows(rules.tokenizer, tokens, lengths)
        is_end = tokens[np.arange(len(tokens)), lengths - 1] == policy.eos_id
        finished += (is_end | (lengths < rules.max_tokens)).tolist()  # before the limit a stop string ends it too
        entropies.append(entropies_of(policy, asked, written))
    verdicts = [
        rules.judge(rules.book.problem(int(problems[row // k])), text) if done else UNFINISHED
        for row, (text, done) in enumerate(zip(texts, finished, strict=True))
    ]
    return Answers(problems, texts, verdicts, k, float(torch.cat(entropies).mean()))


def _asked(rules: Rules, number: int) -> dict[str, Any]:
    """What a sample tells of its problem; the answer is None where the task knows none."""
    problem = rules.book.problem(number)
    return {"problem": problem.id, "prompt": rules.task.prompt(problem), "answer": problem.gold or None}


def first_problems(rules: Rules, count: int) -> NDArray[np.int64]:
    """The first `count` problems of a split, or as many as there are."""
    size = min(count, rules.book.size)
    return np.unique(rules.book.indices((np.arange(size) + 0.5) / rules.book.size))


def report(
    policy: CausalLM, rules: Rules, problems: int, k: int, seed: int, adjustment: Adjustment = "none"
) -> dict[str, float]:
    """Sampled at temperature 1 and greedy side by side, with the policy's own stop strings: what a run's record tells.

    As many responses at a time as the policy's `test_chunk`.

    Returns:
        `pass@1` with `standard_error`, `entropy`, `verifier_errors`, `pass@2` to `pass@k`, `maj@k`, `distinct`,
        `greedy`, and how many `problems`; with an adjustment of the logits also `em_inf/pass@1` and so on, where the
        entropy is still the policy's own, at the prefixes that were written so.
    """
    chosen = first_problems(rules, problems)
    sampling = Sampling(stop=policy.config.stop)
    last = (seed, policy.config.test_chunk)
    sampled = answer(policy, rules, chosen, k, sampling, *last).scores()
    greedy = answer(policy, rules, chosen, 1, replace(sampling, temperature=0.0), *last).scores()["pass@1"]
    told = {**sampled, "greedy": greedy, "problems": float(len(chosen))}
    if adjustment != "none":
        adjusted = answer(policy, rules, chosen, k, replace(sampling, adjustment=adjustment), *last).scores()
        told |= {f"{adjustment}/{name}": value for name, value in adjusted.items()}
    return told


@torch.no_grad()
def entropies_of(policy: CausalLM, prompts: Tensor, written: Generation) -> Tensor:
    """One number a token that was written."""
    batch = response_batch(prompts, len(written.tokens) // len(prompts), written)
    return policy.evaluate(batch).entropy[batch.mask]
