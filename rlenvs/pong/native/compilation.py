"""Compile a function where numba is installed, and leave it as it is elsewhere: the same bits, slower."""

from __future__ import annotations

from typing import Any

try:
    from numba import njit
except ImportError:
    njit = None


def compiled(function: Any) -> Any:
    """The function, compiled at its first call on this machine if numba is installed."""
    return function if njit is None else njit(cache=True, nogil=True)(function)
