"""The sections of a text environment's card, from the live environment and the docstrings of its arguments."""

from __future__ import annotations

import inspect
from typing import Any

from gymnasium import spaces

from rlenvs.card_sections.parts import OF_VECTORS_ONLY, argument_rows, split_docstring, table
from rlenvs.catalog import Facts, describe_space
from rlenvs.registration import EnvironmentEntry
from rlenvs.tasks.catalog import TASKS
from rlenvs.text.response_env import ResponseEnv
from rlenvs.text.rules import Rules, make_rules
from rlenvs.text.vector import TextVectorEnv

VECTOR_ARGUMENTS = ("autoreset_mode", "group_size", "independent_noise")


def sections(entry: EnvironmentEntry, row: Facts, env: Any) -> dict[str, str]:
    """Texts by title."""
    rules: Rules = env.unwrapped.rules
    return {
        "Description": inspect.cleandoc(type(env.unwrapped).__doc__ or "").partition("\n\nAttributes:")[0],
        "Action space": _actions(env, rules),
        "Observation space": _observations(env, rules),
        "Starting state": (
            f"One of {rules.book.size} problems, uniformly; "
            '`reset(options={"problem": number})` chooses it, with any seed.'
        ),
        "Rewards": "At the end the verdict: 1 for a right answer, else 0. Every other step pays 0.",
        "Episode end": f"`terminated`, after at most {row.step_limit} steps; never `truncated`.",
        "Arguments": _arguments(entry, env),
        "Information": _infos(env),
        "Reference scores": _scores(rules),
        "Determinism": (
            "A reset takes one random number, a step none. Seed and actions fix the trajectory bit for bit, in any "
            "process; a vector environment's member i equals the single environment seeded with `seed + i`. Verdicts "
            "do not depend on load."
        ),
    }


def _actions(env: Any, rules: Rules) -> str:
    if isinstance(env.action_space, spaces.Text):
        return f"`{env.action_space}`: the response. Any other string is judged too."
    tokenizer = rules.tokenizer
    special = {tokenizer.pad_id: "padding", tokenizer.eos_id: "end", tokenizer.bos_id: "beginning"}
    names = (special.get(token, f"`{tokenizer.decode([token])}`") for token in range(tokenizer.vocab_size))
    masks = "`action_masks()` leaves out padding and beginning, which are no part of a response's text."
    return f"{table(('Action', 'Token'), ((str(token), name) for token, name in enumerate(names)))}\n\n{masks}"


def _observations(env: Any, rules: Rules) -> str:
    space = f"`{describe_space(env.observation_space)}`"
    if isinstance(env.observation_space, spaces.Text):
        return f"{space}: prompt, responses and feedback so far."
    length = rules.book.max_prompt_tokens + rules.max_tokens
    return f"{space}: {length} tokens of prompt and response, padded on the right, the prompt's length, and both's."


def _arguments(entry: EnvironmentEntry, env: Any) -> str:
    _, meanings = split_docstring(make_rules)
    defaults = inspect.signature(make_rules).parameters
    rows = [
        (f"`{name}`", f"`{entry.kwargs.get(name, defaults[name].default)!r}`", meaning)
        for name, meaning in meanings.items()
        if name not in ("more_characters", "options")
    ]
    if isinstance(env.unwrapped, ResponseEnv):
        rows.append(("`max_turns`", "`1`", "the most responses to a problem."))
    rows += [("`**options`", "none", meanings["options"]), ("`render_mode`", "`None`", '"ansi", "rgb_array" or None')]
    vector_rows = argument_rows(TextVectorEnv.__init__, VECTOR_ARGUMENTS)
    return (
        f"{table(('Argument', 'Default', 'Meaning'), rows)}\n\nFamilies: {', '.join(TASKS)}.\n\n{OF_VECTORS_ONLY}\n\n"
        f"{table(('Argument', 'Meaning'), vector_rows)}"
    )


def _infos(env: Any) -> str:
    _, at_reset = env.reset(seed=0)
    is_text = isinstance(env.action_space, spaces.Text)
    at_end = env.step("" if is_text else env.unwrapped.rules.tokenizer.eos_id)[-1]
    first, last = (", ".join(f"`{key}`" for key in info) for info in (at_reset, at_end))
    return f"`info` of a reset holds {first}; that of the last step {last}; others nothing."


def _scores(rules: Rules) -> str:
    rows = [("perfect", "1"), ("random tokens", "0 (nearly)")]
    if (reference := rules.task.reference) is not None:
        rows.insert(1, (f"best constant answer, `{reference.constant}`", f"{reference.chance:.3g}"))
    return table(("Policy", "Mean return"), rows)
