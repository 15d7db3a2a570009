"""The vector environment against Gymnasium's `SyncVectorEnv` of the single one: equal in everything, always."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.gridworld.vector import GridVectorEnv

from .helpers import BACKENDS, IDS, assert_same, make_pair

MODES = [mode.value for mode in AutoresetMode]
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "rlenvs/GridWorld-v0": [{}, {"slip": 0.3, "random_start": True, "step_limit": 5}, {"observation": "image"}],
    "rlenvs/CatHouse-v0": [{}, {"slip": 0.5, "step_limit": 11}],
    "rlenvs/CliffWalk-v0": [{"step_limit": 20}, {"slip": 0.1}],
    "rlenvs/FrozenLake-v0": [{}, {"slip": 0.0}, {"step_limit": 1}, {"observation": "coordinates"}],
    "rlenvs/FourRooms-v0": [{"step_limit": 30}, {"slip": 0.3, "observation": "onehot"}],
    "rlenvs/Maze-v0": [{"split": "test", "step_limit": 25}, {"indices": [3, 4], "slip": 0.2}],
    "rlenvs/DoorKey-v0": [{}, {"slip": 0.2, "step_limit": 15}],
    "rlenvs/DeepSea-v0": [{}, {"size": 2}],
}
CASES = [(env_id, kwargs) for env_id in IDS for kwargs in VARIANTS[env_id]]


def play_both(native: Any, sync: Any, steps: int, rng: np.random.Generator) -> int:
    """Step both with equal actions, resetting what ended in DISABLED; returns the number of endings."""
    endings = 0
    for _ in range(steps):
        actions = rng.integers(0, native.single_action_space.n, native.num_envs)
        ours, theirs = native.step(actions), sync.step(actions)
        assert_same(ours, theirs)
        ended = ours[2] | ours[3]
        endings += int(ended.sum())
        if native.metadata["autoreset_mode"] == AutoresetMode.DISABLED and ended.any():
            masks = [{"reset_mask": ended.copy()} for _ in range(2)]  # SyncVectorEnv empties its options
            assert_same(native.reset(options=masks[0]), sync.reset(options=masks[1]))
    return endings


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("env_id", "kwargs"), CASES)
def test_equal_to_sync_vector_env(env_id: str, kwargs: dict[str, Any], mode: str) -> None:
    native, sync = make_pair(env_id, 5, mode, **kwargs)
    assert native.observation_space == sync.observation_space
    assert native.action_space == sync.action_space
    assert_same(native.reset(seed=17), sync.reset(seed=17))
    assert play_both(native, sync, 120, np.random.default_rng(0)) > 0
    assert_same(native.reset(), sync.reset())
    play_both(native, sync, 10, np.random.default_rng(1))


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    env_id=st.sampled_from(IDS),
    mode=st.sampled_from(MODES),
    num_envs=st.integers(1, 6),
    seeds=st.lists(st.integers(0, 2**70), min_size=6, max_size=6),
    data=st.data(),
)
@settings(max_examples=25)
def test_equal_under_any_sequence_of_resets_and_masks(
    backend: str, env_id: str, mode: str, num_envs: int, seeds: list[int], data: st.DataObject
) -> None:
    kwargs = data.draw(st.sampled_from(VARIANTS[env_id]))
    native, sync = make_pair(env_id, num_envs, mode, backend, **kwargs)
    assert_same(native.reset(seed=seeds[:num_envs]), sync.reset(seed=seeds[:num_envs]))
    rng = np.random.default_rng(seeds[0])
    for _ in range(data.draw(st.integers(1, 5))):
        play_both(native, sync, data.draw(st.integers(0, 12)), rng)
        mask = rng.random(num_envs) < 0.6
        options = [{"reset_mask": mask.copy()} if mask.any() else None for _ in range(2)]
        seed = data.draw(st.sampled_from([None, 5, [None if i % 2 else i for i in range(num_envs)]]))
        assert_same(native.reset(seed=seed, options=options[0]), sync.reset(seed=seed, options=options[1]))


@pytest.mark.parametrize("mode", MODES[:2])
def test_numba_gives_the_same_bits_with_many_members(mode: str) -> None:
    pytest.importorskip("numba")
    for env_id, kwargs in (("rlenvs/FrozenLake-v0", {"step_limit": 9}), ("rlenvs/FourRooms-v0", {"slip": 0.5})):
        envs = [
            gym.make_vec(env_id, num_envs=2000, autoreset_mode=mode, backend=backend, **kwargs)
            for backend in ("numpy", "numba")
        ]
        assert_same(*(env.reset(seed=3) for env in envs))
        rng = np.random.default_rng(0)
        for _ in range(40):
            actions = rng.integers(0, 4, 2000)
            assert_same(*(env.step(actions) for env in envs))


def test_member_i_is_a_vector_of_one_seeded_with_seed_plus_i() -> None:
    whole = gym.make_vec("rlenvs/FrozenLake-v0", num_envs=4)
    parts = [gym.make_vec("rlenvs/FrozenLake-v0", num_envs=1) for _ in range(4)]
    whole.reset(seed=50)
    for i, part in enumerate(parts):
        part.reset(seed=50 + i)
    for actions in np.random.default_rng(0).integers(0, 4, (60, 4)):
        together = whole.step(actions)
        for i, part in enumerate(parts):
            for ours, alone in zip(together[:4], part.step(actions[i : i + 1])[:4], strict=True):
                assert ours[i] == alone[0]


def test_fresh_arrays_every_call() -> None:
    for env_id in IDS:
        kwargs = {"split": "test"} if "Maze" in env_id else {}
        env = gym.make_vec(env_id, num_envs=3, **kwargs)
        kept = [(env.reset(seed=1)[0],)]
        copies = copy.deepcopy(kept)
        for _ in range(5):
            step = env.step(np.zeros(3, dtype=np.int64))
            for array in step[:4]:
                assert not any(np.shares_memory(array, old) for old_step in kept for old in old_step)
            kept.append(step[:4])
            copies.append(copy.deepcopy(step[:4]))
        assert_same(kept, copies)
        for step in kept:
            for array in step:
                array[...] = 0  # what the caller does with its arrays must not matter to us
        other = gym.make_vec(env_id, num_envs=3, **kwargs)
        other.reset(seed=1)
        for _ in range(5):
            other.step(np.zeros(3, dtype=np.int64))
        for actions in np.ones((5, 3), dtype=np.int64):
            assert_same(env.step(actions), other.step(actions))


@given(st.sampled_from(IDS), st.sampled_from(MODES), st.integers(0, 2**40), st.integers(0, 30))
@settings(max_examples=25)
def test_restore_continues_exactly(env_id: str, mode: str, seed: int, steps: int) -> None:
    kwargs = VARIANTS[env_id][-1]
    env, other = (gym.make_vec(env_id, num_envs=4, autoreset_mode=mode, **kwargs) for _ in range(2))
    rng = np.random.default_rng(seed)

    def advance(one: Any, actions: np.ndarray) -> list[Any]:
        seen = []
        for row in actions:
            if one._stepper.over.size and mode == "Disabled":
                mask = np.isin(np.arange(4), one._stepper.over)
                seen.append(one.reset(options={"reset_mask": mask}))
            seen.append(one.step(row))
        return seen

    actions = rng.integers(0, env.single_action_space.n, (steps + 20, 4))
    env.reset(seed=seed)
    advance(env, actions[:steps])
    saved = env.state()
    following = advance(env, actions[steps:])
    for continued in (env, other):
        continued.restore(saved)
        assert continued.state() == saved
        assert_same(advance(continued, actions[steps:]), following)


def test_states_of_other_vectors_are_refused() -> None:
    env = GridVectorEnv(4, "cat_house")
    env.reset(seed=0)
    for other in (GridVectorEnv(3, "cat_house"), GridVectorEnv(4, "cat_house", autoreset_mode="SameStep"),
                  GridVectorEnv(4, "cat_house", group_size=2), GridVectorEnv(4, "cat_house", slip=0.1)):  # fmt: skip
        with pytest.raises(ValueError, match="state of another environment"):
            env.restore(other.state())
    with pytest.raises(ValueError, match="restore got damaged bytes"):
        env.restore(env.state()[:-1])


def test_pickle_continues_and_spec_rebuilds() -> None:
    env = gym.make_vec("rlenvs/FrozenLake-v0", num_envs=3, slip=0.5)
    env.reset(seed=0)
    twin = pickle.loads(pickle.dumps(env))
    for actions in np.random.default_rng(0).integers(0, 4, (30, 3)):
        assert_same(env.step(actions), twin.step(actions))
    rebuilt = gym.make_vec(pickle.loads(pickle.dumps(env.spec)))
    assert (rebuilt.num_envs, rebuilt.world.fingerprint) == (3, env.world.fingerprint)


def test_max_episode_steps_takes_the_smaller_limit() -> None:
    assert gym.make_vec("rlenvs/CatHouse-v0", num_envs=2, max_episode_steps=5).world.step_limit == 5
    assert gym.make_vec("rlenvs/CatHouse-v0", num_envs=2, max_episode_steps=500).world.step_limit == 100
    assert gym.make_vec("rlenvs/CatHouse-v0", num_envs=2, max_episode_steps=-1).world.step_limit == 100


def test_a_state_saved_before_the_first_reset_can_be_continued() -> None:
    env, other = (GridVectorEnv(3, "four_rooms") for _ in range(2))
    other.restore(env.state())
    assert_same(env.reset(), other.reset())


def test_unseeded_members_differ_and_seeds_are_told() -> None:
    env = GridVectorEnv(64, "four_rooms")
    observations, _ = env.reset()
    assert len(set(observations.tolist())) > 10
    assert len(set(env.np_random_seed)) == 64
    env.reset(seed=[*range(100, 164)])
    assert env.np_random_seed == tuple(range(100, 164))
    expected = np.random.Generator(np.random.PCG64(101))
    expected.random()
    assert env.np_random[1].random() == expected.random()


def test_close_twice() -> None:
    env = GridVectorEnv(2, "cat_house")
    env.close()
    env.close()


def test_disabled_refuses_to_step_over_an_end() -> None:
    env = GridVectorEnv(2, "grid_world", map=["SG"], autoreset_mode="Disabled")
    env.reset()
    env.step([0, 1])
    with pytest.raises(ResetNeeded, match="after the end of member 1: reset it with a reset_mask"):
        env.step([0, 0])
    env.reset(options={"reset_mask": np.array([False, True])})
    env.step([0, 0])


def test_stepping_or_masking_before_the_first_reset_is_an_error() -> None:
    env = GridVectorEnv(2, "cat_house")
    with pytest.raises(ResetNeeded, match="before the first reset"):
        env.step([0, 0])
    with pytest.raises(ResetNeeded, match="before the first reset"):
        env.reset(options={"reset_mask": np.array([True, False])})


@pytest.mark.parametrize("actions", [[0, 1], (0, 1), np.array([0, 1], np.uint8), np.array([0, 1], ">i8"),
                                     np.array([0, 9, 1, 9])[::2]])  # fmt: skip
def test_integer_sequences_of_any_kind_are_actions(actions: Any) -> None:
    envs = [GridVectorEnv(2, "frozen_lake") for _ in range(2)]
    for env in envs:
        env.reset(seed=0)
    assert_same(envs[0].step(actions), envs[1].step(np.array([0, 1])))


@pytest.mark.parametrize(
    ("actions", "error", "message"),
    [
        ([0], ValueError, r"actions must have shape \(2,\), got \(1,\)"),
        ([0, 0, 0], ValueError, r"actions must have shape \(2,\), got \(3,\)"),
        ([[0, 0]], ValueError, r"actions must have shape \(2,\), got \(1, 2\)"),
        ([[0], [0, 1]], ValueError, "ragged"),
        ([], ValueError, r"got \(0,\)"),
        (0, TypeError, r"actions must be an integer array of shape \(2,\), got 0"),
        (None, TypeError, "got None"),
        ("ab", TypeError, "got 'ab'"),
        ([0.0, 1.0], TypeError, "actions must be integers, got dtype float64"),
        ([True, False], TypeError, "actions must be integers, got dtype bool"),
        (["0", "1"], TypeError, "actions must be integers"),
        ([0, None], TypeError, "actions must be integers, got dtype object"),
        ([0, 4], ValueError, "actions must lie in 0 to 3, got 4 at index 1"),
        ([-1, 0], ValueError, "actions must lie in 0 to 3, got -1 at index 0"),
        (np.array([0, 2**64 - 1], np.uint64), ValueError, "actions must lie in 0 to 3"),
        ([0, 2**80], TypeError, "actions must be integers, got dtype object"),
    ],
)
def test_bad_actions_are_refused_and_change_nothing(actions: Any, error: type[Exception], message: str) -> None:
    env = GridVectorEnv(2, "frozen_lake")
    env.reset(seed=0)
    before = env.state()
    with pytest.raises(error, match=message) as raised:
        env.step(actions)
    assert "\n" not in str(raised.value)
    assert env.state() == before


def test_range_is_checked_exactly_where_the_number_of_actions_is_no_power_of_two() -> None:
    from rlenvs.foundation.vector_checks import check_actions

    assert check_actions(np.array([1, 2]), 2, 3).tolist() == [1, 2]  # 1 | 2 = 3 is out of range, they are not
    with pytest.raises(ValueError, match="got 3 at index 1"):
        check_actions(np.array([1, 3]), 2, 3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"reset_mask": [True, False]}, TypeError, "must be a numpy array, got <class 'list'>"),
        ({"reset_mask": np.array([1, 0])}, TypeError, "must have `dtype=np.bool_`, got int64"),
        ({"reset_mask": np.array([True])}, ValueError, r"must have shape `\(2,\)`, got \(1,\)"),
        ({"reset_mask": np.array([False, False])}, ValueError, "at least one True value"),
        ({"reset_masks": np.array([True, True])}, ValueError, r"options has unknown keys \['reset_masks'\]"),
    ],
)
def test_bad_masks_are_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    env = GridVectorEnv(2, "cat_house")
    env.reset()
    with pytest.raises(error, match=message):
        env.reset(options=options)


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        ([1], ValueError, "seed must list 2 seeds, one a member .or group., got 1"),
        (-1, ValueError, "seed must be at least 0, got -1"),
        ([0, -2], ValueError, "seed must be at least 0, got -2"),
        ("12", TypeError, "seed must be an integer, a list of integers or None, got '12'"),
        (1.5, TypeError, "seed must be an integer"),
        (True, TypeError, "seed must be an integer"),
        ([0, "1"], TypeError, "seed must be an integer of at least 0, got '1'"),
    ],
)
def test_bad_seeds_are_refused(seed: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        GridVectorEnv(2, "cat_house").reset(seed=seed)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"num_envs": 0}, ValueError, "num_envs must be at least 1, got 0"),
        ({"num_envs": 2.0}, TypeError, "num_envs must be an integer"),
        ({"autoreset_mode": "Never"}, ValueError, "autoreset_mode must be an AutoresetMode or one of"),
        ({"backend": "jax"}, ValueError, "backend must be one of 'numpy', 'numba', got 'jax'"),
        ({"render_mode": "human"}, ValueError, "render_mode must be one of 'rgb_array', 'ansi', got 'human'"),
        ({"max_episode_steps": 0}, ValueError, "max_episode_steps must be at least 1, got 0"),
        ({"independent_noise": True}, ValueError, "independent_noise=True needs a group_size"),
        ({"sise": 3}, TypeError, "cat_house has no argument sise"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        GridVectorEnv(**{"num_envs": 2, "world": "cat_house", **arguments})


def test_missing_numba_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "rlenvs.gridworld.kernels", raising=False)
    with pytest.raises(gym.error.DependencyNotInstalled, match=r"pip install 'rlenvs-suite\[fast\]'"):
        GridVectorEnv(2, "cat_house", backend="numba")
