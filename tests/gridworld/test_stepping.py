"""The array engine on random decision processes, which no map would give."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.gridworld.dynamics import Cells, TransitionTable
from rlenvs.gridworld.env import GridEnv
from rlenvs.gridworld.stepping import compile_tables
from rlenvs.gridworld.vector import GridVectorEnv
from rlenvs.gridworld.world import World
from rlenvs.gridworld.worlds import build_world

from .helpers import BACKENDS, assert_same


def random_world(seed: int, states: int, actions: int, outcomes: int, starts: int, step_limit: int) -> World:
    """A world on a corridor whose transitions ignore the corridor."""
    rng = np.random.default_rng(seed)
    terminal = rng.random(states) < 0.3
    terminal[0] = False
    next_state = rng.integers(0, states, (states, actions, outcomes)).astype(np.int32)
    next_state[terminal] = np.flatnonzero(terminal)[:, None, None]
    reward = rng.normal(size=next_state.shape)
    reward[terminal] = 0
    table = TransitionTable(
        next_state=next_state,
        reward=reward,
        terminal=terminal,
        probability=rng.dirichlet(np.ones(outcomes)),
        start_states=rng.choice(np.flatnonzero(~terminal), starts).astype(np.int32),
    )
    return World("random", table, Cells.of(np.full((1, 1, states), ord("."), dtype=np.uint8)), step_limit)


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    seed=st.integers(0, 2**32),
    sizes=st.tuples(st.integers(2, 9), st.integers(1, 5), st.integers(1, 5), st.integers(1, 4), st.integers(1, 9)),
    mode=st.sampled_from([AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]),
)
@settings(max_examples=40)
def test_any_decision_process_is_stepped_as_single_environments_do(
    backend: str, seed: int, sizes: tuple[int, int, int, int, int], mode: AutoresetMode
) -> None:
    world = random_world(seed, *sizes)
    native = GridVectorEnv(4, world, mode, backend=backend)
    sync = SyncVectorEnv([lambda: GridEnv(world)] * 4, autoreset_mode=mode)
    assert_same(native.reset(seed=seed), sync.reset(seed=seed))
    for actions in np.random.default_rng(seed).integers(0, sizes[1], (40, 4)):
        assert_same(native.step(actions), sync.step(actions))


@pytest.mark.parametrize("world", ["frozen_lake", "cliff_walk", "deep_sea"])
def test_tables_hold_the_transitions_and_lead_back_when_over(world: str) -> None:
    table = build_world(world).table
    tables = compile_tables(table)
    for state in np.flatnonzero(~table.terminal):
        for action in range(table.num_actions):
            for k in range(table.num_outcomes):
                entry = (int(state) << tables.shift) + k * table.num_actions + action
                following = table.next_state[state, action, k]
                assert tables.next_code[entry] >> tables.shift == following
                assert bool(tables.next_code[entry] & tables.over) == table.terminal[following]
                assert tables.reward[entry] == table.reward[state, action, k]
                assert tables.next_code[entry | tables.over] == tables.start_codes[0]
                assert tables.reward[entry | tables.over] == 0


def test_tables_are_shared_by_environments_of_the_same_world() -> None:
    first, second = (GridVectorEnv(2, "maze", split="test", step_limit=limit) for limit in (5, 6))
    assert first._stepper.tables is second._stepper.tables
