"""Random generators as words, for snapshots."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_LOW_64 = (1 << 64) - 1


def to_words(generator: np.random.Generator) -> npt.NDArray[np.uint64]:
    """A generator's state, uint64 `[6]`.

    Raises:
        ValueError: it is not a PCG64 generator, the kind that Gymnasium makes.
    """
    state: Any = generator.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise ValueError(f"state() saves PCG64 generators only, np_random is {state['bit_generator']}")
    position, increment = state["state"]["state"], state["state"]["inc"]
    words = [position >> 64, position & _LOW_64, increment >> 64, increment & _LOW_64]
    return np.array([*words, state["has_uint32"], state["uinteger"]], np.uint64)


def from_words(words: npt.NDArray[np.uint64]) -> np.random.Generator:
    """A generator in the state that `to_words` gave."""
    position_high, position_low, increment_high, increment_low, has_uint32, uinteger = words.tolist()
    generator = np.random.Generator(np.random.PCG64(0))
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": position_high << 64 | position_low, "inc": increment_high << 64 | increment_low},
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }
    return generator
