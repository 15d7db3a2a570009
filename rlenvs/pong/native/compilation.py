"""Compile a function where numba is installed, and leave it as it is elsewhere: the same bits, slower."""

from __future__ import annotations

import importlib.util
from typing import Any

_HAS_NUMBA = importlib.util.find_spec("numba") is not None


def compiled(function: Any) -> Any:
    """The function, compiled at its first call on this machine if numba is installed.

    Compiled code is kept beside the sources. Numba does not see when only a function in another file has changed:
    delete `__pycache__` after changing this package.
    """
    if not _HAS_NUMBA:
        return function
    from numba import njit

    return njit(cache=True, nogil=True)(function)
