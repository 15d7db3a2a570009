"""Where the programs of responses run: the process's pool of sandboxes.

The sandbox is imported when it is first needed: it exists on Linux only, task files everywhere.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rlenvs.verifiers.verdict import Verdict

if TYPE_CHECKING:
    from rlenvs.sandbox.pool import Pool

MAX_REMARK = 300


class Sandbox:
    """Judges programs; holds no process itself, so it can be copied and pickled.

    Args:
        unsafe: Run programs even where this system cannot keep them in.
    """

    def __init__(self, unsafe: bool) -> None:
        self.unsafe = unsafe

    def prepare(self) -> None:
        """Starts a worker if there is none.

        Raises:
            SandboxRefusedError: This system cannot keep programs in; the message has the remedy.
        """
        self._pool().report()

    def judge(self, problems: Sequence[Mapping[str, Any]]) -> list[Verdict]:
        """Verdicts on some problems, given as the arguments of `rlenvs.verifiers.code.judge`."""
        from rlenvs.verifiers.code import judge, judge_many

        if len(problems) > 1:
            return judge_many(problems, self._pool())
        return [judge(**problem, pool=self._pool()) for problem in problems]

    def values(self, source: str, entry_point: str, inputs: Sequence[Sequence[Any]]) -> list[Any]:
        """What a trusted function returns for lists of arguments.

        Raises:
            ValueError: It fails on one of them.
            SandboxError: The sandbox has failed twice.
        """
        from rlenvs.sandbox.limits import Limits
        from rlenvs.verifiers.code_functions import values_of

        return values_of(self._pool(), source, entry_point, inputs, Limits())

    def _pool(self) -> Pool:
        from rlenvs.sandbox.pool import shared_pool

        return _unsafe_pool(os.getpid()) if self.unsafe else shared_pool()


@functools.cache
def _unsafe_pool(process: int) -> Pool:
    from rlenvs.sandbox.pool import Pool
    from rlenvs.sandbox.settings import Settings

    return Pool(settings=Settings(unsafe=True))


def remark_on(verdict: Verdict, alphabet: str) -> str:
    """What a verdict says about the first case that failed, in known characters; empty if there is none.

    Args:
        verdict: Of `rlenvs.verifiers.code`.
        alphabet: Characters that may be used; a question mark stands for others.
    """
    failing = verdict.detail.get("failing")
    if failing is None:
        return ""
    place = ""
    if verdict.status != "malformed":
        place = f"For the arguments {failing['arguments']}: " if "arguments" in failing else ""
        place = f"For the input {failing['stdin']!r}: " if "stdin" in failing else place
    text = place + failing["message"]
    return "".join([character if character in alphabet else "?" for character in text[:MAX_REMARK]])
