from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.foundation.random_streams import RandomStreams, bits_bound, to_double

SEEDS = st.lists(st.integers(0, 2**130), min_size=1, max_size=6)


def streams_and_generators(seeds: list[int]) -> tuple[RandomStreams, list[np.random.Generator]]:
    streams = RandomStreams(len(seeds))
    for member, seed in enumerate(seeds):
        streams.seed(member, seed)
    return streams, [np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))) for seed in seeds]


@given(SEEDS, st.lists(st.integers(0, 63), min_size=1, max_size=40))
def test_draws_are_numpys_in_any_pattern(seeds: list[int], patterns: list[int]) -> None:
    """Each number is a bit mask of the members that draw; 0 stands for all."""
    streams, generators = streams_and_generators(seeds)
    for pattern in patterns:
        members = np.array([i for i in range(len(seeds)) if pattern == 0 or pattern >> i & 1], dtype=np.int64)
        drawn = streams.draw(None if pattern == 0 else members)
        assert drawn.tolist() == [generators[member].random() for member in members]


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_extreme_states_carry_as_numpys(high: int, low: int) -> None:
    for state in (high << 64 | low, 2**128 - 1 - low, low):
        streams = RandomStreams(1)
        increment = (high << 65 | 1) & (2**128 - 1)
        streams.words[:, 0] = (state >> 64, state & (2**64 - 1), increment >> 64, increment & (2**64 - 1))
        generator = streams.generator(0)
        assert [float(streams.draw()[0]) for _ in range(5)] == [generator.random() for _ in range(5)]


def test_long_run_of_many_members() -> None:
    streams, generators = streams_and_generators(list(range(50)))
    expected = np.stack([generator.random(500) for generator in generators], axis=1)
    np.testing.assert_array_equal(np.stack([streams.draw() for _ in range(500)]), expected)


def test_a_copy_continues_like_its_source() -> None:
    streams, _ = streams_and_generators([1, 2, 3])
    streams.draw()
    streams.copy(np.array([0]), np.array([2]))
    drawn = streams.draw()
    assert drawn[0] == drawn[2] != drawn[1]


@given(st.integers(0, 2**64), st.integers(1, 5))
def test_a_jump_is_numpys(seed: int, jumps: int) -> None:
    streams, _ = streams_and_generators([seed])
    streams.jump(0, jumps)
    assert streams.draw()[0] == np.random.Generator(np.random.PCG64(seed).jumped(jumps)).random()


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 2**64 - 1))
def test_comparing_bits_is_comparing_doubles(bound: float, number: int) -> None:
    nearby = int(bits_bound(bound))
    for candidate in (number, nearby, max(nearby - 1, 0), min(nearby + 2047, 2**64 - 1), max(nearby - 2048, 0)):
        bits = np.array([candidate], dtype=np.uint64)
        assert (bits >= bits_bound(bound)).item() == (to_double(bits) >= bound).item()
