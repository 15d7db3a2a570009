from __future__ import annotations

from collections import Counter

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.gridworld.dynamics import TransitionTable
from rlenvs.gridworld.worlds import build_world

FROZEN_LAKE_ACTIONS = (3, 2, 1, 0)  # Gymnasium's number of our up, right, down, left


def outcomes(table: TransitionTable, state: int, action: int) -> Counter[tuple[float, int, float, bool]]:
    """Distinct outcomes with their total probability, rounded beyond float64 noise."""
    found: Counter[tuple[int, float, bool]] = Counter()
    ends = table.terminated
    for k, probability in enumerate(table.probability):
        where = (state, action, k)
        found[int(table.next_state[where]), float(table.reward[where]), bool(ends[where])] += probability
    return Counter({key: round(value, 12) for key, value in found.items()})


def gymnasium_outcomes(rows: list[tuple[float, int, float, bool]]) -> Counter[tuple[int, float, bool]]:
    found: Counter[tuple[int, float, bool]] = Counter()
    for probability, state, reward, terminated in rows:
        found[int(state), float(reward), bool(terminated)] += probability
    return Counter({key: round(value, 12) for key, value in found.items()})


@pytest.mark.parametrize("size", [4, 8])
@pytest.mark.parametrize("is_slippery", [True, False])
def test_frozen_lake_is_gymnasiums(size: int, is_slippery: bool) -> None:
    reference = gym.make("FrozenLake-v1", map_name=f"{size}x{size}", is_slippery=is_slippery).unwrapped
    table = build_world("frozen_lake", size=size, slip=2 / 3 if is_slippery else 0.0).table
    assert table.num_states == reference.observation_space.n
    assert table.start_states.tolist() == np.flatnonzero(reference.initial_state_distrib).tolist()
    for state in range(table.num_states):
        for action, theirs in enumerate(FROZEN_LAKE_ACTIONS):
            assert outcomes(table, state, action) == gymnasium_outcomes(reference.P[state][theirs])


@pytest.mark.parametrize("is_slippery", [True, False])
def test_cliff_walk_is_gymnasiums(is_slippery: bool) -> None:
    reference = gym.make("CliffWalking-v1", is_slippery=is_slippery).unwrapped
    table = build_world("cliff_walk", slip=2 / 3 if is_slippery else 0.0).table
    assert table.num_states == reference.observation_space.n
    assert table.start_states.tolist() == [reference.start_state_index]
    goal = 47  # the one row that differs: theirs goes on from the goal, which no episode does
    for state in set(range(table.num_states)) - {goal}:
        for action in range(4):
            assert outcomes(table, state, action) == gymnasium_outcomes(reference.P[state][action])


@st.composite
def maps(draw: st.DrawFn) -> list[str]:
    """Small random maps with one start, a goal beside it, and at most a key and a door."""
    rows, columns = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    cells = draw(st.lists(st.sampled_from("..##HCKD"), min_size=rows * columns, max_size=rows * columns))
    place = draw(st.integers(0, rows * columns - 2))
    if (place + 1) % columns == 0:
        place -= 1
    cells[place : place + 2] = "SG"
    return ["".join(cells[row * columns : (row + 1) * columns]) for row in range(rows)]


@given(maps(), st.sampled_from([0.0, 0.3, 1.0]))
def test_a_table_agrees_with_walking_on_the_map(rows: list[str], slip: float) -> None:
    world = build_world("grid_world", map=rows, slip=slip, rewards={"K": 2.0, "C": -5.0, "H": -1.0}, step_reward=-0.5)
    table, place = world.table, world.cells.place.tolist()
    number = {tuple(where): state for state, where in enumerate(place)}
    start = next((r, row.index("S")) for r, row in enumerate(rows) if "S" in row)
    pay = {"G": 1.0, "K": 2.0, "C": -5.0, "H": -1.0}
    for state, (_, key, row, column) in enumerate(place):
        if rows[row][column] in "GH":
            assert (table.next_state[state] == state).all() and (table.reward[state] == 0).all()
            continue
        for action in range(4):
            turns = [action] if slip == 0 else [action, action - 1, action + 1]
            for k, turn in enumerate(turns):
                to_row, to_column = row + (-1, 0, 1, 0)[turn % 4], column + (0, 1, 0, -1)[turn % 4]
                inside = 0 <= to_row < len(rows) and 0 <= to_column < len(rows[0])
                if not inside or rows[to_row][to_column] == "#" or (rows[to_row][to_column] == "D" and not key):
                    to_row, to_column = row, column
                symbol = rows[to_row][to_column]
                holds = int(key or symbol == "K")
                expected = number[0, holds, *(start if symbol == "C" else (to_row, to_column))]
                assert table.next_state[state, action, k] == expected
                assert table.reward[state, action, k] == pay.get(symbol, 0.0) - 0.5
                assert table.terminated[state, action, k] == (symbol in "GH")


@pytest.mark.parametrize("slip", [0.2, 2 / 3, 1.0])
def test_probabilities_sum_to_one(slip: float) -> None:
    table = build_world("four_rooms", slip=slip).table
    assert table.probability.sum() == pytest.approx(1, abs=1e-15)
    assert table.probability.tolist() == [1 - slip, slip / 2, slip / 2]


def test_tables_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        build_world("cat_house").table.reward[0, 0, 0] = 100
