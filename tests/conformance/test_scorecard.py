"""The scorecard: 25 properties that a Gymnasium vector environment should have, for every registered id.

`SyncVectorEnv` has all but one of them, most native vector environments between a third and two thirds.
"""

from __future__ import annotations

import itertools
import pickle
from functools import partial

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.performance import benchmark_vector_step
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from gymnasium.wrappers import vector as wrappers

from tests.conformance.rollouts import (
    IDS,
    NUM_ENVS,
    SEED,
    TEXT_ACTIONS,
    actions_of_all,
    an_action,
    arrays_in,
    assert_same,
    make_native,
    make_single,
    make_sync,
    play,
    random_actions,
)

pytestmark = pytest.mark.parametrize("env_id", IDS)
ALL_MODES = pytest.mark.parametrize("mode", AutoresetMode)
AUTORESET_MODES = pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])


def ended(result: tuple) -> np.ndarray:
    _, _, terminated, truncated, _ = result
    return terminated | truncated


def test_01_is_a_native_vector_env(env_id: str) -> None:
    env = make_native(env_id)
    assert isinstance(env, VectorEnv)
    assert not isinstance(env, (gym.vector.SyncVectorEnv, gym.vector.AsyncVectorEnv))
    assert env.num_envs == NUM_ENVS


def test_02_metadata_names_the_autoreset_mode(env_id: str) -> None:
    assert make_native(env_id).metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    for mode in AutoresetMode:
        assert make_native(env_id, autoreset_mode=mode).metadata["autoreset_mode"] is mode
        assert make_native(env_id, autoreset_mode=mode.value).metadata["autoreset_mode"] is mode


def test_03_metadata_belongs_to_the_instance(env_id: str) -> None:
    first = make_native(env_id, autoreset_mode=AutoresetMode.SAME_STEP)
    second = make_native(env_id, autoreset_mode=AutoresetMode.DISABLED)
    assert first.metadata is not second.metadata is not type(second).metadata
    assert first.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert "autoreset_mode" not in make_single(env_id).metadata


def test_04_observation_space_is_the_batched_single_one(env_id: str) -> None:
    env = make_native(env_id)
    assert env.single_observation_space == make_single(env_id).observation_space
    assert env.observation_space == batch_space(env.single_observation_space, NUM_ENVS)


def test_05_action_space_is_the_batched_single_one(env_id: str) -> None:
    env = make_native(env_id)
    assert env.single_action_space == make_single(env_id).action_space
    assert env.action_space == batch_space(env.single_action_space, NUM_ENVS)


@ALL_MODES
def test_06_observations_lie_in_the_space(env_id: str, mode: AutoresetMode) -> None:
    env = make_native(env_id, autoreset_mode=mode)
    for observations, *_ in play(env, 5):
        assert observations in env.observation_space


@ALL_MODES
def test_07_rewards_and_flags_have_their_types_and_shapes(env_id: str, mode: AutoresetMode) -> None:
    _, *steps = play(make_native(env_id, autoreset_mode=mode), 5)
    for _, rewards, terminated, truncated, infos in steps:
        for array, dtype in ((rewards, np.float64), (terminated, np.bool_), (truncated, np.bool_)):
            assert type(array) is np.ndarray and array.dtype == dtype and array.shape == (NUM_ENVS,)
        assert type(infos) is dict


@AUTORESET_MODES
def test_08_every_info_key_has_its_mask(env_id: str, mode: AutoresetMode) -> None:
    for *_, infos in play(make_native(env_id, autoreset_mode=mode), 120):
        for key in infos:
            mask = infos[key if key.startswith("_") else f"_{key}"]
            assert mask.dtype == np.bool_ and mask.shape == (NUM_ENVS,)
            assert key.removeprefix("_") in infos


def test_09_equal_seeds_give_equal_steps(env_id: str) -> None:
    env = make_native(env_id)
    first = play(env, 60)
    assert_same(play(env, 60), first)
    assert_same(play(make_native(env_id), 60), first)


def test_10_takes_a_list_of_seeds(env_id: str) -> None:
    env = make_native(env_id)
    assert_same(play(env, 60, seed=[SEED + i for i in range(NUM_ENVS)]), play(env, 60, seed=SEED))
    assert_same(play(env, 60, seed=[5, 3, 5, 1]), play(make_sync(env_id), 60, seed=[5, 3, 5, 1]))
    with pytest.raises(ValueError, match="seed"):
        env.reset(seed=[1, 2, 3])


def test_11_members_do_not_depend_on_each_other(env_id: str) -> None:
    env = make_native(env_id)
    actions = random_actions(env, 60)
    env.reset(seed=SEED)
    together = [env.step(action)[:4] for action in actions]
    for i in range(NUM_ENVS):
        alone = make_native(env_id, num_envs=1)
        alone.reset(seed=SEED + i)
        for action, batch in zip(actions, together, strict=True):
            assert_same(alone.step(action[i : i + 1])[:4], tuple(array[i : i + 1] for array in batch))


@ALL_MODES
def test_12_a_reset_mask_leaves_the_others_alone(env_id: str, mode: AutoresetMode) -> None:
    env, untouched = make_native(env_id, autoreset_mode=mode), make_native(env_id, autoreset_mode=mode)
    mask = np.array([True, False, False, True])
    for both in (env, untouched):
        both.reset(seed=SEED)
        before = both.step(actions_of_all(both))[0]
    after, _ = env.reset(seed=[1, 2, 3, 4], options={"reset_mask": mask})
    fresh, _ = make_native(env_id).reset(seed=[1, 2, 3, 4])
    before, after, fresh = (np.asarray(observations) for observations in (before, after, fresh))
    np.testing.assert_array_equal(after[~mask], before[~mask])
    np.testing.assert_array_equal(after[mask], fresh[mask])
    action = actions_of_all(env)
    for array, expected in zip(env.step(action)[:4], untouched.step(action)[:4], strict=True):
        np.testing.assert_array_equal(np.asarray(array)[~mask], np.asarray(expected)[~mask])


@pytest.mark.parametrize(
    ("mask", "error"),
    [
        (np.zeros(NUM_ENVS, dtype=bool), ValueError),
        (np.ones(NUM_ENVS - 1, dtype=bool), ValueError),
        (np.ones(NUM_ENVS + 1, dtype=bool), ValueError),
        (np.ones((1, NUM_ENVS), dtype=bool), ValueError),
        (np.ones(NUM_ENVS, dtype=np.int64), TypeError),
        (np.ones(NUM_ENVS), TypeError),
        ([True] * NUM_ENVS, TypeError),
    ],
    ids=["all false", "short", "long", "two-dimensional", "integers", "floats", "list"],
)
def test_13_bad_reset_masks_raise(env_id: str, mask: object, error: type[Exception]) -> None:
    env = make_native(env_id)
    env.reset(seed=SEED)
    with pytest.raises(error, match="reset_mask"):
        env.reset(options={"reset_mask": mask})


def test_14_wrong_numbers_of_actions_raise(env_id: str) -> None:
    env = make_native(env_id)
    env.reset(seed=SEED)
    for count in (NUM_ENVS - 1, NUM_ENVS + 1, 0):
        with pytest.raises(ValueError, match=rf"(?s)actions.*{NUM_ENVS}"):
            env.step([an_action(env)] * count)
    with pytest.raises(TypeError, match="actions"):
        env.step(0)


def test_15_actions_out_of_range_raise_and_change_nothing(env_id: str) -> None:
    env = make_native(env_id)
    expected = play(env, 20)
    env.reset(seed=SEED)
    for action in random_actions(env, 19):
        env.step(action)
    for bad in () if env_id in TEXT_ACTIONS else (-1, env.single_action_space.n, 2**31, -(2**63)):
        with pytest.raises(ValueError, match="actions"):
            env.step(np.array([0, bad, 0, 0]))
    for bad_type in (np.zeros(NUM_ENVS), np.array([b"up"] * NUM_ENVS), [None] * NUM_ENVS):
        with pytest.raises((TypeError, ValueError), match="actions"):
            env.step(bad_type)
    assert_same(env.step(random_actions(env, 20)[-1]), expected[-1])


def test_16_next_step_resets_with_reward_zero_and_flags_false(env_id: str) -> None:
    _, *steps = play(make_native(env_id), 400)
    number_of_ends = 0
    for before, after in itertools.pairwise(steps):
        over = ended(before)
        number_of_ends += over.sum()
        _, rewards, terminated, truncated, _ = after
        assert not rewards[over].any() and not terminated[over].any() and not truncated[over].any()
    assert number_of_ends > 0


def test_17_same_step_keeps_final_observations_and_infos(env_id: str) -> None:
    env = make_native(env_id, autoreset_mode=AutoresetMode.SAME_STEP)
    number_of_ends = 0
    for result in play(env, 250)[1:]:
        infos, over = result[-1], ended(result)
        number_of_ends += over.sum()
        if not over.any():
            assert "final_obs" not in infos and "final_info" not in infos
            continue
        assert infos["final_obs"].dtype == object
        np.testing.assert_array_equal(infos["_final_obs"], over)
        np.testing.assert_array_equal(infos["_final_info"], over)
        assert type(infos["final_info"]) is dict
        for observation, is_over in zip(infos["final_obs"], over, strict=True):
            assert observation in env.single_observation_space if is_over else observation is None
    assert number_of_ends > 0


def test_18_disabled_waits_for_a_reset_of_the_ended(env_id: str) -> None:
    env = make_native(env_id, autoreset_mode=AutoresetMode.DISABLED)
    reference = make_sync(env_id, AutoresetMode.DISABLED)
    assert_same(env.reset(seed=SEED), reference.reset(seed=SEED))
    number_of_ends = 0
    for action in random_actions(env, 200):
        result = env.step(action)
        assert_same(result, reference.step(action))
        over = ended(result)
        if over.any():
            number_of_ends += over.sum()
            with pytest.raises((AssertionError, gym.error.ResetNeeded)):
                env.step(action)
            masks = [{"reset_mask": over.copy()} for _ in range(2)]
            assert_same(env.reset(options=masks[0]), reference.reset(options=masks[1]))
    assert number_of_ends > 0


@AUTORESET_MODES
def test_19_steps_share_no_memory(env_id: str, mode: AutoresetMode) -> None:
    results = play(make_native(env_id, autoreset_mode=mode), 120)
    for first, second in itertools.pairwise(results):
        assert first[-1] is not second[-1]
        for old, new in itertools.product(arrays_in(first), arrays_in(second)):
            assert not np.shares_memory(old, new)
    assert_same(play(make_native(env_id, autoreset_mode=mode), 120), results)


@AUTORESET_MODES
def test_20_equals_sync_vector_env_of_the_single_environment(env_id: str, mode: AutoresetMode) -> None:
    native, reference = make_native(env_id, autoreset_mode=mode), make_sync(env_id, mode)
    assert_same(play(native, 200), play(reference, 200))
    assert native.np_random_seed == reference.np_random_seed


@pytest.mark.parametrize(
    "wrap",
    [
        wrappers.RecordEpisodeStatistics,
        wrappers.NormalizeReward,
        partial(wrappers.ClipReward, min_reward=-0.5, max_reward=0.5),
        wrappers.DictInfoToList,
        partial(wrappers.TransformObservation, func=np.array),
    ],
    ids=["statistics", "normalize reward", "clip reward", "info list", "transform observation"],
)
def test_21_wrappers_behave_as_on_sync_vector_env(env_id: str, wrap) -> None:
    native, reference = play(wrap(make_native(env_id)), 120), play(wrap(make_sync(env_id)), 120)
    for ours, theirs in zip(native, reference, strict=True):
        for info in (ours[-1], theirs[-1]):
            if "episode" in info:
                assert info["episode"].pop("t").min() >= 0
        assert_same(ours, theirs)


def test_22_a_pickled_spec_makes_an_equal_environment(env_id: str) -> None:
    env = make_native(env_id, autoreset_mode=AutoresetMode.SAME_STEP)
    again = gym.make_vec(pickle.loads(pickle.dumps(env.spec)))
    assert again.num_envs == NUM_ENVS and again.metadata == env.metadata and again.spec == env.spec
    assert_same(play(again, 60), play(env, 60))


@ALL_MODES
def test_23_a_pickled_environment_goes_on_equally(env_id: str, mode: AutoresetMode) -> None:
    env = make_native(env_id, autoreset_mode=mode)
    env.reset(seed=SEED)
    env.step(actions_of_all(env))
    again = pickle.loads(pickle.dumps(env))
    for number in range(2):
        actions = actions_of_all(env, number)
        assert_same(again.step(actions), env.step(actions))
        assert_same(again.reset(), env.reset())


def test_24_close_may_be_called_twice(env_id: str) -> None:
    env = make_native(env_id)
    env.reset(seed=SEED)
    env.close()
    env.close()
    assert env.closed
    make_native(env_id).close()


def test_25_gymnasiums_benchmark_runs(env_id: str) -> None:
    assert benchmark_vector_step(make_native(env_id), target_duration=0.02, seed=SEED) > 0
