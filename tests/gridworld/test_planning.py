from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from rlenvs.gridworld import planning
from rlenvs.gridworld.worlds import build_world

from .helpers import IDS, uniform_policy


@pytest.mark.parametrize(
    ("world", "arguments", "optimum"),
    [
        ("grid_world", {}, 1.0),
        ("cat_house", {}, 100.0),
        ("cliff_walk", {}, -13.0),
        ("frozen_lake", {}, 0.7441902878292675),
        ("frozen_lake", {"size": 8}, 0.9133),
        ("four_rooms", {}, 1.0),
        ("maze", {"split": "test"}, 1.0),
        ("door_key", {}, 1.0),
        ("deep_sea", {}, 0.99),
        ("deep_sea", {"size": 30, "move_cost": 0.5}, 0.5),
    ],
)
def test_optimal_returns(world: str, arguments: dict[str, object], optimum: float) -> None:
    built = build_world(world, **arguments)
    values = planning.optimal_values(built)
    assert planning.mean_return(built, values) == pytest.approx(optimum, abs=1e-4)


def test_deep_sea_random_return_is_the_formula() -> None:
    size = 8
    random_return, _ = planning.reference_returns(build_world("deep_sea", size=size))
    assert random_return == pytest.approx(2.0**-size - 0.01 / 2, abs=1e-12)


@pytest.mark.parametrize("env_id", IDS)
def test_scores_are_0_for_random_and_1_for_optimal_play(env_id: str) -> None:
    kwargs = {"split": "test"} if "Maze" in env_id else {}
    for env in (gym.make(env_id, **kwargs).unwrapped, gym.make_vec(env_id, num_envs=2, **kwargs)):
        random = env.exact_scores(uniform_policy(env))
        assert random["score"] == pytest.approx(0, abs=1e-12)
        assert random["mean_return"] == pytest.approx(random["random_return"])
        assert random["random_return"] < random["optimal_return"]


def test_a_greedy_policy_of_the_discounted_optimum_is_nearly_optimal() -> None:
    env = gym.make("rlenvs/CatHouse-v0").unwrapped
    table = env.world.table
    values = planning.discounted_values(env.world, gamma=0.999)
    action_values = (table.reward + 0.999 * values[table.next_state]) @ table.probability
    greedy = np.eye(table.num_actions)[action_values.argmax(axis=1)]
    assert env.exact_scores(greedy)["score"] == pytest.approx(1)


@pytest.mark.parametrize("env_id", ["rlenvs/FrozenLake-v0", "rlenvs/FourRooms-v0", "rlenvs/DoorKey-v0"])
def test_policy_value_is_the_mean_of_played_returns(env_id: str) -> None:
    """20,000 episodes; five standard errors."""
    count, limit = 20_000, 30
    env = gym.make_vec(env_id, num_envs=count, group_size=1, observation="index", step_limit=limit)
    rng = np.random.default_rng(0)
    policy = rng.dirichlet(np.ones(4), env.num_states)
    states, _ = env.reset(seed=7)
    returns = np.zeros(count)
    for _ in range(limit):
        actions = (rng.random((count, 1)) > policy[states].cumsum(axis=1)).sum(axis=1).clip(max=3)
        states, rewards, *_ = env.step(actions)
        returns += rewards
    exact = env.exact_scores(policy)["mean_return"]
    assert abs(returns.mean() - exact) < 5 * returns.std() / np.sqrt(count)


def test_step_limit_cuts_values_off() -> None:
    assert planning.optimal_values(build_world("cliff_walk", step_limit=3))[36] == -3.0
    assert planning.optimal_values(build_world("cat_house", step_limit=2)).max() == 100.0


@pytest.mark.parametrize("gamma", [0.0, 0.9])
def test_discounted_values_satisfy_the_bellman_equations(gamma: float) -> None:
    world = build_world("frozen_lake")
    policy = np.random.default_rng(1).dirichlet(np.ones(4), 16)
    values = planning.discounted_values(world, gamma, policy)
    table = world.table
    one_step = ((table.reward + gamma * values[table.next_state]) @ table.probability * policy).sum(axis=1)
    np.testing.assert_allclose(values, one_step, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p[:-1], "must be numbers of shape"),
        (lambda p: p * 2, "must sum to 1 in every row, got 2.0"),
        (lambda p: p - 1, "must be finite and at least 0"),
        (lambda p: p * np.nan, "must be finite and at least 0"),
        (lambda p: p.astype(str), "must be numbers of shape"),
    ],
)
def test_bad_probabilities_are_refused(change: object, message: str) -> None:
    env = gym.make("rlenvs/FrozenLake-v0").unwrapped
    with pytest.raises(ValueError, match=message):
        env.exact_scores(change(uniform_policy(env)))


@pytest.mark.parametrize("gamma", [1.0, -0.1, float("nan")])
def test_bad_gammas_are_refused(gamma: float) -> None:
    with pytest.raises(ValueError, match="gamma must be"):
        planning.discounted_values(build_world("frozen_lake"), gamma)
