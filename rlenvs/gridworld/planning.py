"""Exact answers: values of policies and of the best play, by backward induction over the step limit.

V_0 = 0 and V_{h+1}(s) = sum_a pi(a|s) sum_k p_k [r(s, a, k) + V_h(s')], with the maximum over a for the
optimum (Puterman 1994, section 4.3). Nothing is discounted: V_H averaged over the starts is the expected return
of an episode cut off after H = step_limit steps. The optimum may play differently as the limit comes near; a
stationary policy that reaches it need not exist.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.checks import finite_number
from rlenvs.gridworld.dynamics import FloatArray, TransitionTable
from rlenvs.gridworld.world import World


def optimal_values(world: World) -> FloatArray:
    """The expected return of the best play from every state with all steps left, float64 `[S]`."""
    return _values(world.table, world.step_limit, None)


def policy_values(world: World, probabilities: npt.ArrayLike) -> FloatArray:
    """The expected return of a stationary policy from every state with all steps left, float64 `[S]`.

    Args:
        world: the world.
        probabilities: the policy, `[S, A]`.

    Raises:
        ValueError: probabilities of another shape, negative or not finite, or with rows that do not sum to 1.
    """
    return _values(world.table, world.step_limit, check_probabilities(world, probabilities))


def mean_return(world: World, values: FloatArray) -> float:
    """`values` `[S]` averaged over the starts."""
    return float(values[world.table.start_states].mean())


def reference_returns(world: World) -> tuple[float, float]:
    """The expected returns of the uniform random policy and of the best play."""
    return _reference_returns(world.table, world.step_limit)


def exact_scores(world: World, probabilities: npt.ArrayLike) -> dict[str, float]:
    """The expected return of a policy `[S, A]` as it acts, with its references and its score.

    Returns:
        `mean_return`, `random_return`, `optimal_return` and `score`: 0 as uniform random play, 1 as the best
        play (not clipped; 1 where random play is already best).
    """
    achieved = mean_return(world, policy_values(world, probabilities))
    random, optimal = reference_returns(world)
    score = (achieved - random) / (optimal - random) if optimal > random else 1.0
    return {"mean_return": achieved, "random_return": random, "optimal_return": optimal, "score": score}


def discounted_values(
    world: World, gamma: float, probabilities: npt.ArrayLike | None = None, tolerance: float = 1e-10
) -> FloatArray:
    """Discounted values without a step limit, float64 `[S]`, by value iteration.

    Args:
        world: the world.
        gamma: discount, 0 to below 1.
        probabilities: a policy `[S, A]`; None for the best one.
        tolerance: bound on the distance to the fixed point.
    """
    if not 0 <= finite_number(gamma, "gamma") < 1:
        raise ValueError(f"gamma must be at least 0 and below 1, got {gamma}")
    policy = None if probabilities is None else check_probabilities(world, probabilities)
    values = np.zeros(world.table.num_states)
    expected_reward = world.table.reward @ world.table.probability
    while True:
        following = _backup(world.table, expected_reward, values, policy, gamma)
        change = np.abs(following - values).max()
        values = following
        if change * gamma <= tolerance * (1 - gamma):
            return values


def check_probabilities(world: World, probabilities: npt.ArrayLike) -> FloatArray:
    """Return a policy as float64 `[S, A]`; raises ValueError as `policy_values` says."""
    policy: npt.NDArray[Any] = np.asarray(probabilities)
    shape = world.table.next_state.shape[:2]
    if policy.shape != shape or policy.dtype.kind not in "fiu":
        got = f"{policy.dtype} of shape {policy.shape}"
        raise ValueError(f"probabilities must be numbers of shape {shape} (states, actions), got {got}")
    policy = policy.astype(np.float64)
    if not np.isfinite(policy).all() or (policy < 0).any():
        raise ValueError("probabilities must be finite and at least 0: pass probabilities, not logits")
    sums = policy.sum(axis=1)
    worst = np.abs(sums - 1).argmax()
    if abs(sums[worst] - 1) > 1e-4:
        raise ValueError(f"probabilities must sum to 1 in every row, got {sums[worst]} in row {worst}")
    return policy / sums[:, None]


@functools.lru_cache(maxsize=16)
def _reference_returns(table: TransitionTable, step_limit: int) -> tuple[float, float]:
    uniform = np.full((table.num_states, table.num_actions), 1 / table.num_actions)
    random, optimal = (_values(table, step_limit, policy)[table.start_states] for policy in (uniform, None))
    return float(random.mean()), float(optimal.mean())


def _values(table: TransitionTable, step_limit: int, policy: FloatArray | None) -> FloatArray:
    values = np.zeros(table.num_states)
    expected_reward = table.reward @ table.probability
    for _ in range(step_limit):
        values = _backup(table, expected_reward, values, policy)
    return values


def _backup(
    table: TransitionTable,
    expected_reward: FloatArray,
    values: FloatArray,
    policy: FloatArray | None,
    gamma: float = 1.0,
) -> FloatArray:
    """One step of backward induction: values `[S]` one step earlier."""
    action_values = expected_reward + gamma * (values[table.next_state] @ table.probability)
    if policy is None:
        return action_values.max(axis=1)
    return np.einsum("sa,sa->s", policy, action_values)
