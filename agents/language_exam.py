"""An examination of a language model on the problems of a task: a finished run's policy, or a model by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.answer_statistics import groups_of, interval
from agents.language_evaluation import CHUNK, Answers, answer, first_problems
from agents.language_turns import answer_in_turns
from agents.loading import load_policy
from agents.policies.causal_lm import CausalLM
from agents.policies.config import PolicyConfig
from agents.policies.language_build import build_language_policy, check_context
from agents.rollouts.generation import Sampling
from agents.vocabularies import check_vocabulary
from rlenvs.leaderboard.records import read_run
from rlenvs.text.conversation import AGAIN
from rlenvs.text.response_env import make_turn_rules
from rlenvs.text.rules import Rules, make_rules
from rlenvs.text.tokenizers import CharacterTokenizer

INTERNAL = ("content", "tests", "preamble", "beginning")
"""Fields of problems that their tasks judge by; no groups are made by them."""


@dataclass(frozen=True)
class Exam:
    """What is asked for.

    Attributes:
        problems: the first so many of the split.
        tries: responses to each.
        turns: responses of one try at most, with feedback between them.
        sampling: how tokens are drawn; temperature 0 is greedy. Without stop strings those of the policy's training
            hold where there is one turn.
        by: a field of the problems' own data, such as `level`, that tables are made by; empty for none. Problems of
            a family have their family's `level`.
        seed: of the draws.
        chunk: responses written side by side.
    """

    problems: int = 1_000
    tries: int = 1
    turns: int = 1
    sampling: Sampling = Sampling()
    by: str = ""
    seed: int = 0
    chunk: int = CHUNK

    def __post_init__(self) -> None:
        for name in ("problems", "tries", "turns", "chunk"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: choose at least 1")
        if self.turns > 1 and self.sampling.stop:
            raise ValueError(f"stop={self.sampling.stop!r}: turns end with the end token; set turns=1")


@dataclass(frozen=True)
class Result:
    """How it went.

    Attributes:
        intervals: of each score the mean and the ends of its 95 % interval, by group of problems; `all` is the first.
            `unfinished` is the share of responses that were cut at the token limit.
        counts: problems of each group.
        entropy: of the policy at temperature 1, mean over tokens.
        samples: every response with its problem and verdict.
    """

    intervals: dict[str, dict[str, tuple[float, float, float]]]
    counts: dict[str, int]
    entropy: float
    samples: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Without the samples."""
        scores = {
            group: {name: dict(zip(("mean", "low", "high"), values, strict=True)) for name, values in told.items()}
            for group, told in self.intervals.items()
        }
        return {"scores": scores, "problems": self.counts, "entropy": self.entropy}


def sit(policy: CausalLM, rules: Rules, exam: Exam) -> Result:
    """Writes, judges and counts.

    Raises:
        ValueError: the problems have no field `exam.by`.
    """
    chosen = first_problems(rules, exam.problems)
    labels = _labels(rules, chosen.tolist(), exam.by)
    if exam.turns == 1:
        sampling = replace(exam.sampling, stop=exam.sampling.stop or policy.config.stop)
        answers = answer(policy, rules, chosen, exam.tries, sampling, exam.seed, exam.chunk)
    else:
        asked = (exam.sampling, exam.seed, exam.chunk)
        answers = answer_in_turns(policy, rules, chosen, exam.tries, exam.turns, *asked)
    groups = {"all": np.arange(len(chosen)), **(groups_of(labels) if exam.by else {})}
    told = {**answers.by_problem(), "unfinished": answers.unfinished}
    intervals = {
        group: {name: interval(values[places]) for name, values in told.items() if name != "distinct"}
        for group, places in groups.items()
    }
    return Result(
        intervals, {group: len(places) for group, places in groups.items()}, answers.entropy, _samples(answers, rules)
    )


def examinee_of_run(
    run: str | Path, env_kwargs: Mapping[str, Any], turns: int, device: torch.device
) -> tuple[CausalLM, Rules]:
    """The policy of a finished run and the rules of its task, on test problems unless `env_kwargs` say otherwise.

    Raises:
        ValueError: the run's policy is no language model, or reads other tokens than the task has.
    """
    record = read_run(run)
    policy = load_policy(record, device)
    if not isinstance(policy, CausalLM):
        raise ValueError(f"{run}: its policy is no language model; python -m scripts.evaluate plays its environment")
    rules = make_rules(**{"split": "test", **record.spec.env_kwargs, **env_kwargs})
    assert policy.tokenizer is not None
    check_vocabulary(str(run), policy.tokenizer, rules.tokenizer)
    if policy.config.model:
        check_context(rules, policy.config.model)
    if turns > 1 and not _can_read_feedback(rules):
        raise ValueError(
            f"{run}: turns={turns}: its policy has no token {AGAIN!r}, which begins feedback; set turns=1, or train "
            f"with --env-set more_characters={AGAIN}"
        )
    return policy, rules


def examinee_by_name(
    model: str, env_kwargs: Mapping[str, Any], turns: int, device: torch.device
) -> tuple[CausalLM, Rules]:
    """A causal language model of `transformers` by name or path, with its own tokenizer.

    Raises:
        ValueError: it cannot be loaded, or the task cannot be made.
    """
    rules = make_turn_rules(turns, {"split": "test", "style": "chat", "tokenizer": model, **env_kwargs})
    config = PolicyConfig(network="causal_lm", model=model)
    return build_language_policy(rules, config, 0, device), rules


def _can_read_feedback(rules: Rules) -> bool:
    """Whether the tokenizer has what compact feedback begins with; in words feedback has no characters of its own."""
    codec = rules.tokenizer
    return not isinstance(codec, CharacterTokenizer) or AGAIN in codec.alphabet


def _labels(rules: Rules, problems: list[int], by: str) -> list[str]:
    """The field `by` of each problem; of a family's problems `level` is the family's."""
    level = {} if rules.task.sources else {"level": rules.task.level}
    found = [{**level, **rules.book.problem(number).meta} for number in problems]
    known = [name for name in found[0] if name not in INTERNAL and all(name in meta for meta in found)]
    if by and by not in known:
        raise ValueError(f"by={by!r}: the problems have {', '.join(known)}; choose one of these, or none")
    return [str(meta.get(by, "")) for meta in found]


def _samples(answers: Answers, rules: Rules) -> list[dict[str, Any]]:
    rows = answers.all_rows(rules)
    return [{**row, "try": place % answers.k} for place, row in enumerate(rows)]
