"""Advantage estimators by the names and parameters that verl, TRL, GEM and Stable-Baselines3 give them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from agents import advantages, group_advantages
from agents.masking import masked_sum, whiten
from agents.oracles.case import Case, NotCovered, Outcome


def advantage(case: Case) -> Outcome:
    """Advantages `[B, T]`; from rewards per token and a mask."""
    compute = TOKEN_ADVANTAGES.get(case.algorithm)
    if compute is not None:
        return compute(case)
    outcome = OUTCOME_ADVANTAGES.get(case.algorithm)
    if outcome is None:
        raise NotCovered(f"algorithm {case.algorithm}")
    per_row = outcome(case, masked_sum(case.tensor("token_level_rewards"), case.mask, dim=-1), _group(case))
    spread = group_advantages.per_token(per_row, case.mask)
    return {"advantages": spread, "returns": spread}


def advantage_scalar(case: Case) -> Outcome:
    """Advantages `[N]`; from one reward, or one return, each."""
    if case.algorithm == "grpo_scalar":
        return {"advantages": _grpo_scalar(case)}
    if case.algorithm == "rloo_scalar":
        return {"advantages": _rloo_scalar(case)}
    if case.algorithm == "rebn":
        case.only("std", "unbiased")
        returns = case.tensor("returns", "rewards")
        valid = torch.ones_like(returns, dtype=torch.bool)
        return {"advantages": advantages.rebn(returns, valid, case.param("eps", 1e-9))}
    raise NotCovered(f"algorithm {case.algorithm}")


def gae_env(case: Case) -> Outcome:
    """SB3's layout: time-major, the end of an episode told by the next step's `episode_starts`."""
    rewards, values = case.tensor("rewards"), case.tensor("values")
    starts, last_dones = case.tensor("episode_starts"), case.tensor("last_dones")
    done = torch.cat([starts[1:], last_dones.unsqueeze(0)]).bool()
    next_values = torch.cat([values[1:], case.tensor("last_values").unsqueeze(0)])
    rows = [x.t() for x in (rewards, values, next_values, done)]
    gamma, gae_lambda = case.param("gamma", 0.99), case.param("gae_lambda", 0.95)
    valid = torch.ones_like(rows[3])
    result = advantages.gae(rows[0], rows[1], rows[2], rows[3], rows[3], valid, gamma, gae_lambda)
    return {"advantages": result[0].t(), "returns": result[1].t()}


def _grpo(case: Case, rewards: Tensor, group: Tensor) -> Tensor:
    case.only("std", "unbiased")
    eps = case.param("eps", 1e-6)
    if case.param("norm_by_std", case.algorithm == "grpo"):
        return group_advantages.grpo(rewards, group, eps=eps)
    return group_advantages.dr_grpo(rewards, group)


def _opo(case: Case, rewards: Tensor, group: Tensor) -> Tensor:
    return group_advantages.opo(rewards, case.mask.sum(-1), group)


def _gpg(case: Case, rewards: Tensor, group: Tensor) -> Tensor:
    return group_advantages.gpg(rewards, group, f_norm=case.param("f_norm", 1.0))


def _grpo_passk(case: Case, rewards: Tensor, group: Tensor) -> Tensor:
    norm_by_std, eps = case.param("norm_by_std", True), case.param("eps", 1e-6)
    return group_advantages.grpo_passk(rewards, group, norm_by_std=norm_by_std, eps=eps)


def _rloo(case: Case, rewards: Tensor, group: Tensor) -> Tensor:
    singleton: group_advantages.Singleton = "zero" if case.algorithm == "rloo_vectorized" else "raw"
    return group_advantages.rloo(rewards, group, singleton=singleton)


def _reinforce_plus_plus(case: Case) -> Outcome:
    rewards, gamma = case.tensor("token_level_rewards"), case.param("gamma", 1.0)
    return _named(advantages.reinforce_plus_plus(rewards, case.mask, gamma))


def _reinforce_plus_plus_baseline(case: Case) -> Outcome:
    rewards = masked_sum(case.tensor("token_level_rewards"), case.mask, dim=-1)
    whitened = group_advantages.reinforce_plus_plus_baseline(rewards, _group(case), case.mask)
    return {"advantages": whitened, "returns": whitened}


def _remax(case: Case) -> Outcome:
    rewards, baselines = case.tensor("token_level_rewards"), case.tensor("reward_baselines")
    return _named(advantages.remax(rewards, baselines, case.mask))


def _gae(case: Case) -> Outcome:
    """Compared at valid slots only: the reference leaves numbers at masked ones."""
    rewards, values, mask = case.tensor("token_level_rewards"), case.tensor("values"), case.mask
    raw, returns = advantages.gae_masked(
        rewards, values, mask, case.param("gamma", 1.0), case.param("lam", 1.0)
    )
    return {"advantages_raw": raw, "advantages": whiten(raw, mask), "returns": returns, "compare_at": mask}


def _grpo_scalar(case: Case) -> Tensor:
    rewards, eps, scale = (
        case.tensor("rewards"),
        case.param("eps", 1e-4),
        case.param("scale_rewards", "group"),
    )
    group = _consecutive(case, len(rewards))
    if scale in ("none", False):
        return group_advantages.dr_grpo(rewards, group, singleton="zero")
    if scale == "batch":
        return group_advantages.lite_ppo(rewards, group, eps=eps)
    if scale in ("group", True):
        return group_advantages.grpo(rewards, group, eps=eps, singleton="zero")
    raise NotCovered(f"scale_rewards={scale!r}")


def _rloo_scalar(case: Case) -> Tensor:
    rewards = case.tensor("rewards")
    result = group_advantages.rloo(rewards, _consecutive(case, len(rewards)), singleton="zero")
    if case.param("normalize", False):  # TRL: over the batch, 1e-4 beside the standard deviation
        return advantages.rebn(result, torch.ones_like(result, dtype=torch.bool), case.param("eps", 1e-4))
    return result


def _group(case: Case) -> Tensor:
    return case.tensor("group_index", dtype=torch.int64)


def _consecutive(case: Case, num_rows: int) -> Tensor:
    """Group of each row where groups are runs of `num_generations` rows."""
    return torch.arange(num_rows) // case.param("num_generations", num_rows)


def _named(pair: tuple[Tensor, Tensor]) -> Outcome:
    return {"advantages": pair[0], "returns": pair[1]}


OUTCOME_ADVANTAGES: dict[str, Callable[[Case, Tensor, Tensor], Tensor]] = {
    "grpo": _grpo,
    "dr_grpo": _grpo,
    "rloo": _rloo,
    "rloo_vectorized": _rloo,
    "opo": _opo,
    "gpg": _gpg,
    "grpo_passk": _grpo_passk,
}
TOKEN_ADVANTAGES: dict[str, Callable[[Case], Outcome]] = {
    "reinforce_plus_plus": _reinforce_plus_plus,
    "reinforce_plus_plus_baseline": _reinforce_plus_plus_baseline,
    "remax": _remax,
    "gae": _gae,
}
