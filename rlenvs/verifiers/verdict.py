"""What a verifier says about a response."""

from __future__ import annotations

from typing import Any, NamedTuple

STATUSES = ("correct", "wrong", "no_answer", "malformed", "timeout", "error")


class Verdict(NamedTuple):
    """A judged response.

    Attributes:
        reward: 1.0 for a right answer, else 0.0.
        status: One of `STATUSES`. ``error`` is the verifier's own failure: its reward says nothing about the response.
        extracted: The answer that was found, None where there is none.
        detail: ``reason`` and ``stage`` (which layer decided), and what else the verifier has to say.
    """

    reward: float
    status: str
    extracted: str | None
    detail: dict[str, Any]
