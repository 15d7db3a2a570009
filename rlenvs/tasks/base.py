"""What all tasks share: which problem stands at an index, how a response is judged, what a demonstration is.

A family says what its problems are about (`draw`, or `contents` where they are few), how they read, what is right and
which mistakes are made. Problem ``index`` of a split is the first of the draws (task, level, index, attempt 0, 1, ...)
whose content belongs to the split by its hash; so the splits share no content, and no problem depends on another.
Families with few problems are listed instead, in the order of their hashes, and end; where they are fewer than 500,
some training problems are for testing instead (`problem.divided`).
"""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from rlenvs.foundation.checks import finite_number, integer_from, one_of
from rlenvs.tasks.checks import response_text
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import judge_text, no_answer, wrong
from rlenvs.tasks.problem import SPLITS, Content, Problem, divided, first_good, split_of
from rlenvs.tasks.references import REFERENCES, Reference
from rlenvs.tasks.slips import slip
from rlenvs.verifiers.extraction import extract
from rlenvs.verifiers.verdict import Verdict

STYLES = ("compact", "chat")
WRONG_KINDS = ("systematic", "scattered")
ANSWER_FORMAT = "Write the answer between <answer> and </answer>."
FEW = 20_000
"""A family with at most so many problems is listed."""

_MAX_SLIPS = 200
_THOUGHT_TOKENS = 512
_PRINTABLE = "\n" + "".join(map(chr, range(32, 127)))


class Task(ABC):
    """A family of problems at one level.

    Args:
        level: How hard; see `levels`.
        style: ``compact``: `Problem.prompt`, the whole response is the answer. ``chat``: `Problem.chat_prompt`, the
            answer must be marked (verifiers, extraction ``strict``).
        options: Fields of the level's configuration to change.

    Raises:
        ValueError: The level, the style or an option is not known, or a value is out of range.
    """

    name: ClassVar[str]
    levels: ClassVar[Mapping[int, Any]]
    characters: ClassVar[str]
    """Of compact prompts and answers."""
    answer_format: ClassVar[str] = ANSWER_FORMAT
    """The last sentence of prompts in words."""
    longest_remark: ClassVar[int] = 0
    """Characters of the longest `remark`, with a blank before it."""

    def __init__(self, level: int = 1, style: str = "compact", **options: Any) -> None:
        if level not in self.levels:
            raise ValueError(f"level of {self.name} must be one of {', '.join(map(str, self.levels))}, got {level!r}")
        self.level = level
        self.style = one_of(style, STYLES, "style")
        self.options = options
        self.config: Any = _configured(self.levels[level], options, self.name)

    # What a family is.

    @abstractmethod
    def draw(self, draws: Draws) -> Content | None:
        """The content of a random problem; None for a draw that makes no good problem."""

    def contents(self) -> Iterable[Content] | None:
        """All problems of a family with at most `FEW`, else None."""
        return None

    def canonical(self, content: Content) -> Content:
        """What decides the split: the same for problems that are the same in another order."""
        return content

    def completed(self, content: Content) -> Content | None:
        """A drawn content of the right split with what is costly to find; None if it makes no good problem."""
        return content

    @abstractmethod
    def compact(self, content: Content) -> str:
        """The prompt in as few characters as it takes."""

    @abstractmethod
    def question(self, content: Content) -> str:
        """The prompt in words, without the sentence on the format of the answer."""

    @abstractmethod
    def answer(self, content: Content) -> str:
        """A right answer."""

    @property
    @abstractmethod
    def longest_answer(self) -> int:
        """Characters of the longest answer of this level, also of demonstrated mistakes."""

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """The verdict on an answer that is not `Problem.gold` itself."""
        return judge_text(problem.gold, answer)

    def judge_marked(self, problem: Problem, answer: str) -> Verdict:
        """The verdict on an answer that was marked in a longer response."""
        return self.judge(problem, answer.strip("$ ").removesuffix("."))

    def restated(self, content: Content, draws: Draws) -> str:
        """A right answer for a demonstration; families with several right answers vary it."""
        return self.answer(content)

    @abstractmethod
    def mistakes(self, content: Content) -> Iterator[str]:
        """Answers by one definite mistake, then by others where it happens to give a right answer."""

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """A right answer with one error somewhere."""
        return slip(answer, draws)

    def wrong_answers(self, problem: Problem, draws: Draws, wrong_kind: str) -> Iterator[str]:
        """Answers with a mistake of a kind that are wrong indeed."""
        answers = self.mistakes(problem.meta["content"]) if wrong_kind == "systematic" else self._slips(problem, draws)
        return (answer for answer in answers if not self._verify_whole(problem, answer).reward)

    def accepts(self, problem: Problem, other: Problem) -> bool:
        """Whether the gold answer of another problem is right for this one."""
        return bool(self._verify_whole(problem, other.gold).reward)

    @property
    def is_costly(self) -> bool:
        """Whether verdicts take milliseconds, so that audits look at fewer."""
        return False

    # What users call.

    @property
    def alphabet(self) -> str:
        """The characters of prompts, answers and demonstrations, sorted."""
        return "".join(sorted(set(self.characters if self.style == "compact" else _PRINTABLE)))

    @property
    def max_tokens(self) -> int:
        """Room for every answer and the end token, in characters; in style ``chat`` also for thoughts before it."""
        return self.longest_answer + 1 + (_THOUGHT_TOKENS if self.style == "chat" else 0)

    @property
    def reference(self) -> Reference | None:
        """The best constant answer with its score, as documented; None for a task that options changed."""
        return REFERENCES.get((self.name, self.level)) if self.config == self.levels[self.level] else None

    @property
    def sources(self) -> tuple[str, ...]:
        """Digests of the files that problems are read from; families have none."""
        return ()

    def size(self, split: str) -> int | None:
        """How many problems a split has; None where they are drawn without end."""
        listed = self._listed
        return None if listed is None else len(listed[one_of(split, SPLITS, "split")])

    def problem(self, index: int, split: str = "train") -> Problem:
        """A problem; the same for the same arguments, in any process.

        Raises:
            IndexError: The split has fewer problems.
            ValueError: The split is not known, or the index is negative.
        """
        return self.problems((index,), split)[0]

    def problems(self, indices: Iterable[int], split: str = "train") -> list[Problem]:
        """Many problems, faster than one after the other; see `problem`."""
        one_of(split, SPLITS, "split")
        checked = [integer_from(0, index, "index") for index in indices]
        contents = self._listed_contents(checked, split) if self._listed else self._drawn_contents(checked, split)
        return [self._problem(index, split, content) for index, content in zip(checked, contents, strict=True)]

    def _problem(self, index: int, split: str, content: Content) -> Problem:
        return Problem(
            f"{self.name}/{self.level}/{split}/{index}",
            self.compact(content),
            f"{self.question(content)}\n{self.answer_format}",
            self.answer(content),
            {"content": content},
        )

    def prompt(self, problem: Problem) -> str:
        """The prompt of a problem in the task's style."""
        return problem.prompt if self.style == "compact" else problem.chat_prompt

    def verify(self, problem: Problem, response: str) -> Verdict:
        """Judges a response: right or not, and why not."""
        text = response_text(response)
        if self.style == "compact":
            return self._verify_whole(problem, text.strip())
        found = extract(text, "strict")
        if not found.candidates:
            return no_answer(found.reason)
        if len(found.candidates) > 1:
            return wrong(found.candidates[-1], f"{len(found.candidates)} answers that differ")
        return self.judge_marked(problem, found.candidates[0])

    def verify_many(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        """The verdict on a response to each problem; where programs have to run, many run at a time."""
        return [self.verify(problem, response) for problem, response in zip(problems, responses, strict=True)]

    def prepare(self) -> None:  # noqa: B027
        """Makes sure that responses can be judged on this machine; all machines can judge texts."""

    def remark(self, verdict: Verdict) -> str:
        """What a model may be told after a response that is not right, in characters of `alphabet`; mostly nothing."""
        return ""

    def reference_response(self, problem: Problem) -> str:
        """A response that scores 1."""
        return self.respond(problem.gold)

    def respond(self, answer: str) -> str:
        """A response that gives an answer, in the task's style."""
        return answer if self.style == "compact" else f"<answer>{answer}</answer>"

    def demonstration(
        self, problem: Problem, rng: np.random.Generator, wrong_share: float = 0.0, wrong_kind: str = "systematic"
    ) -> tuple[str, bool]:
        """A response to learn from, and whether it is right.

        Args:
            problem: The problem.
            rng: Decides, by one draw.
            wrong_share: How likely it is wrong, 0 to 1.
            wrong_kind: ``systematic``: always the family's definite mistake. ``scattered``: a right answer with one
                error at random.
        """
        if not 0 <= finite_number(wrong_share, "wrong_share") <= 1:
            raise ValueError(f"wrong_share must be from 0 to 1, got {wrong_share}")
        one_of(wrong_kind, WRONG_KINDS, "wrong_kind")
        draws = Draws("demonstration", int(rng.integers(1 << 62)))
        if not draws.chance(wrong_share):
            return self.respond(self.restated(problem.meta["content"], draws)), True
        for answer in self.wrong_answers(problem, draws, wrong_kind):
            return self.respond(answer), False
        raise ValueError(f"{problem.id} has no {wrong_kind} mistake: choose the other wrong_kind")

    def _verify_whole(self, problem: Problem, answer: str) -> Verdict:
        if answer == problem.gold:
            return Verdict(1.0, "correct", answer, {"stage": "text"})
        return self.judge(problem, answer) if answer else no_answer("the response is empty")

    def _slips(self, problem: Problem, draws: Draws) -> Iterator[str]:
        content = problem.meta["content"]
        return (self.slip(content, self.restated(content, draws), draws) for _ in range(_MAX_SLIPS))

    def _listed_contents(self, indices: Sequence[int], split: str) -> list[Content]:
        assert self._listed is not None
        members = self._listed[split]
        for index in indices:
            if index >= len(members):
                raise IndexError(f"index is {index}: {split} of {self.name}-{self.level} has {len(members)} problems")
        return [members[index] for index in indices]

    def _drawn_contents(self, indices: Sequence[int], split: str) -> list[Content]:
        found = first_good((self.name, self.level), indices, split, lambda draws: self._drawn(draws, split))
        if found is None:
            raise ValueError(f"options {self.options} leave {self.name} too few problems: widen them")
        return found

    def _drawn(self, draws: Draws, split: str) -> Content | None:
        content = self.draw(draws)
        if content is None or split_of(self.canonical(content)) != split:
            return None
        return self.completed(content)

    @functools.cached_property
    def _listed(self) -> dict[str, list[Content]] | None:
        contents = self.contents()
        return None if contents is None else divided(contents, self.canonical)


def _configured(config: Any, options: Mapping[str, Any], name: str) -> Any:
    known = [field.name for field in dataclasses.fields(config)]
    for option in options:
        if option not in known:
            raise ValueError(f"{option} is no option of {name}: choose from {', '.join(known)}")
    return dataclasses.replace(config, **options)
