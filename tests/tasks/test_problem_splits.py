"""How listed problems are divided among the splits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rlenvs.tasks.problem import MIN_TEST_SHARE, SMALL, SPLITS, divided, split_of


def unordered(content: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(content))


@given(st.sets(st.tuples(st.integers(0, 25), st.integers(0, 25)), min_size=1))
def test_every_problem_is_in_one_split_with_its_like(contents: set[tuple[int, ...]]) -> None:
    members = divided(contents, unordered)
    assert sorted(sum((members[split] for split in SPLITS), [])) == sorted(contents)
    classes = [set(map(unordered, members[split])) for split in SPLITS]
    assert not classes[0] & classes[1] and not (classes[0] | classes[1]) & classes[2]
    hashed = [content for content in contents if split_of(unordered(content)) == "train"]
    assert bool(members["train"]) == bool(hashed)
    if len(classes[0]) > 1:
        assert len(members["test"]) >= MIN_TEST_SHARE * len(contents)


def test_large_levels_are_divided_by_hashes_alone() -> None:
    contents = [(left, right) for left in range(25) for right in range(20)]
    assert len(contents) == SMALL
    members = divided(contents, unordered)
    assert all(split_of(unordered(content)) == split for split in SPLITS for content in members[split])
    fewer = divided(contents[1:], unordered)
    assert len(fewer["test"]) == 100 > len(members["test"])
    assert set(fewer["validation"]) <= set(members["validation"])
