"""Turns of a problem and its answers, with the token ids that were written: they are never made again from text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rlenvs.text.judging import UNFINISHED
from rlenvs.text.rules import Rules
from rlenvs.text.tokenizers import CharacterTokenizer, feedback_ids, prompt_ids
from rlenvs.verifiers.verdict import Verdict

AGAIN = "!"
"""Compact style: an answer is not right; the prompt follows again."""

_FEEDBACK = {
    "wrong": "That answer is wrong.",
    "malformed": "The answer is not of the form that was asked for.",
    "no_answer": "There is no answer.",
    "timeout": "The answer takes too long to judge.",
}
_TRY_AGAIN = "\n{} Try again.\n"


class Message(NamedTuple):
    """What one side wrote.

    Attributes:
        role: ``user`` for prompts and feedback, ``assistant`` for responses.
        text: Without special tokens.
        ids: As they were written, the end token included; None for text that was not made of ids.
    """

    role: str
    text: str
    ids: tuple[int, ...] | None


class Reply(NamedTuple):
    """A response as it counts: up to its first end token, or cut at the limit.

    Attributes:
        message: What is kept of it.
        is_finished: Whether the end came within the limit.
    """

    message: Message
    is_finished: bool


class Conversation:
    """One problem and up to `max_turns` responses.

    Args:
        rules: What was chosen.
        max_turns: After so many responses the episode is over.

    Attributes:
        messages: All of it, beginning with the prompt.
        is_over: The last response was right, or the last one there is.
    """

    def __init__(self, rules: Rules, max_turns: int) -> None:
        self.rules = rules
        self.max_turns = max_turns
        self.problem = 0
        self.messages: list[Message] = []
        self.is_over = True

    def begin(self, problem: int) -> None:
        """Start with a problem of the book."""
        self.problem = problem
        self.messages = [Message("user", self.rules.book.text(problem), None)]
        self.is_over = False

    def answer(self, reply: Reply, verdict: Verdict) -> Verdict | None:
        """Add a judged response; the verdict if it is the last one, None if there is another turn."""
        self.messages.append(reply.message)
        is_last = len(self.messages) >= 2 * self.max_turns
        if verdict.reward or verdict.status == "error" or is_last:
            self.is_over = True
            return verdict
        self.messages.append(Message("user", feedback(self.rules, self.problem, verdict), None))
        return None

    @property
    def text(self) -> str:
        """Everything written so far."""
        return "".join([message.text for message in self.messages])

    def ids(self) -> list[tuple[str, list[int]]]:
        """Role and token ids of every message, one behind the other what a model reads.

        Responses are the ids that were written. With a chat template prompt and feedback have what it puts around them.

        Raises:
            ValueError: A response holds characters that the tokenizer does not know.
        """
        tokenizer = self.rules.tokenizer
        written: list[tuple[str, list[int]]] = []
        for role, text, ids in self.messages:
            if role == "assistant":
                told = [*tokenizer.encode(text), tokenizer.eos_id] if ids is None else list(ids)
            elif not written:
                told = prompt_ids(tokenizer, text)
            else:
                told = feedback_ids(tokenizer, text, is_ended=written[-1][1][-1:] == [tokenizer.eos_id])
            written.append((role, told))
        return written

    def to_plain(self) -> list[Any]:
        """Everything that changes, in JSON's types."""
        return [self.problem, self.is_over, self.messages]

    def load(self, plain: list[Any]) -> None:
        """Undo `to_plain`."""
        self.problem, self.is_over, messages = plain
        self.messages = [Message(role, text, None if ids is None else tuple(ids)) for role, text, ids in messages]


def read_text(rules: Rules, text: str) -> Reply:
    """A response as text. What counts is what its tokens decode to, as in the token view."""
    tokenizer, limit = rules.tokenizer, rules.max_tokens
    if isinstance(tokenizer, CharacterTokenizer):
        return Reply(Message("assistant", text[:limit], None), len(text) < limit)
    ids = tokenizer.encode(text)
    if tokenizer.eos_id in ids:
        ids = ids[: ids.index(tokenizer.eos_id)]
    return read_ids(rules, [*ids, tokenizer.eos_id][:limit])


def read_ids(rules: Rules, ids: Sequence[int]) -> Reply:
    """A response as token ids, at most `max_tokens`, of which none follows an end token."""
    is_finished = bool(ids) and ids[-1] == rules.tokenizer.eos_id
    text = rules.tokenizer.decode(ids[:-1] if is_finished else ids)
    return Reply(Message("assistant", text, tuple(ids)), is_finished)


def judge_replies(rules: Rules, problems: Sequence[int], replies: Sequence[Reply]) -> list[Verdict]:
    """The verdict on the reply to each problem of the book; all that have to be judged are judged together."""
    verdicts = [UNFINISHED] * len(replies)
    finished = [place for place, reply in enumerate(replies) if reply.is_finished]
    asked = [rules.book.problem(problems[place]) for place in finished]
    judged = rules.judge.many(asked, [replies[place].message.text for place in finished])
    for place, verdict in zip(finished, judged, strict=True):
        verdicts[place] = verdict
    return verdicts


def feedback(rules: Rules, problem: int, verdict: Verdict) -> str:
    """What is said after a response that is not right: of texts nothing more, of programs a case that failed."""
    if rules.task.style == "compact":
        return AGAIN + rules.book.text(problem)
    remark = rules.task.remark(verdict)
    return _TRY_AGAIN.format(_FEEDBACK[verdict.status] + (f" {remark}" if remark else ""))


def feedback_texts(rules: Rules) -> list[str]:
    """All that feedback may say, prompts aside."""
    return [AGAIN] if rules.task.style == "compact" else [_TRY_AGAIN.format(text) for text in _FEEDBACK.values()]
