"""What each kind of case computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import torch
from torch import Tensor

from agents import advantages, entropy_minimization, losses
from agents.entropy import entropy_of_logits
from agents.kl import KLEstimator, k3_saturated, kl, straight_through
from agents.masking import masked_mean
from agents.oracles.advantages import advantage, advantage_scalar, gae_env
from agents.oracles.case import Case, NotCovered, Outcome
from agents.oracles.policy_losses import policy_loss, policy_loss_set
from agents.reward_shaping import soft_overlong

VERL_KL_NAMES = {
    "kl": "k1",
    "mse": "k2",
    "low_var_kl": "k3",
    "low_var_kl+": "k3+",
    "k2+": "k2",
    "mse+": "k2",
    "kl+": "k1+",
}


def compute(case: Case) -> Outcome:
    """Our values for what the case expects.

    Raises:
        NotCovered: A kind, algorithm or parameter that we do not implement.
        MalformedCase: Inputs are missing or no numbers.
        ValueError: Our functions refuse the case's values.
    """
    compute_kind = KINDS.get(case.kind)
    if compute_kind is None:
        raise NotCovered(f"kind {case.kind}")
    outcome = compute_kind(case)
    if case.unread_params():
        raise NotCovered(f"parameter {', '.join(case.unread_params())}")
    return outcome


def _aggregation(case: Case) -> Outcome:
    return case.with_gradient("loss_mat", lambda loss: case.aggregate(loss, case.mask))


def _kl(case: Case) -> Outcome:
    reference = case.tensor("ref_log_prob")
    mask = case.mask if "response_mask" in case.inputs else torch.ones_like(reference)
    name = str(case.param("estimator", "k3"))

    def per_token(log_prob: Tensor) -> Tensor:
        return _estimate(losses.log_ratio(log_prob, reference, mask), name, case.from_repo("verl"))

    return case.with_gradient("log_prob", per_token, loss="per_token")


def _estimate(log_ratio: Tensor, name: str, saturate: bool) -> Tensor:
    """The estimator of that name; k3 saturated as in verl."""
    name = VERL_KL_NAMES.get(name, name)
    if name not in get_args(KLEstimator):
        raise NotCovered(f"estimator {name}")
    if not saturate or not name.startswith("k3"):
        return kl(log_ratio, name)  # type: ignore[arg-type]
    value = k3_saturated(log_ratio)
    return straight_through(value, log_ratio) if name == "k3+" else value


def _value_loss(case: Case) -> Outcome:
    returns, old_values, clip = (
        case.tensor("returns"),
        case.tensor("values"),
        case.param("cliprange_value", 0.5),
    )
    factor = case.param("coef", 0.5) / 0.5  # the half is in value_loss

    def loss(values: Tensor) -> Tensor:
        return factor * case.aggregate(losses.value_loss(values, returns, mask, old_values, clip), mask)

    mask, values = case.mask, case.tensor("vpreds")
    plain = losses.value_loss(values, returns, mask)
    clipped = losses.value_loss(values, returns, mask, old_values, clip) > plain
    return case.with_gradient("vpreds", loss) | {"vf_clipfrac": masked_mean(clipped.to(case.dtype), mask)}


def _entropy(case: Case) -> Outcome:
    temperature = case.param("temperature", 1.0)
    return case.with_gradient(
        "logits",
        lambda logits: case.aggregate(entropy_of_logits(logits / temperature, case.mask), case.mask),
    )


def _reward_shaping(case: Case) -> Outcome:
    if case.algorithm != "dapo_soft_overlong":
        raise NotCovered(f"algorithm {case.algorithm}")
    floor = case.param("floor", None if case.from_repo("verl") else -1.0)
    lengths, factor = case.tensor("lengths"), case.param("factor", 1.0)
    max_length, cache = case.required("max_len"), case.required("cache")
    return {"rewards": soft_overlong(lengths, max_length, cache, factor, floor)}


def _scalar(case: Case) -> Outcome:
    if case.algorithm != "vapo_length_adaptive_lambda":
        raise NotCovered(f"algorithm {case.algorithm}")
    alpha = case.param("alpha", 0.05)
    return {"lambda_policy": advantages.length_adaptive_lambda(case.tensor("length"), alpha)}


def _em_rl_reward(case: Case) -> Outcome:
    logits, actions = case.tensor("logits"), case.tensor("actions", dtype=torch.int64)
    log_prob = logits.log_softmax(-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)
    return {
        "sequence_reward": entropy_minimization.em_rl_sequence_reward(log_prob, case.mask),
        "token_reward": entropy_minimization.em_rl_token_reward(entropy_of_logits(logits), case.mask),
    }


def _logit_adjust(case: Case) -> Outcome:
    logits = case.tensor("logits")
    adjust = {"em_inf": _em_inf, "adaptive_temperature": _adaptive_temperature}.get(case.algorithm)
    if adjust is None:
        raise NotCovered(f"algorithm {case.algorithm}")
    outcome = adjust(case, logits)
    entropies = {"before": entropy_of_logits(logits), "after": entropy_of_logits(outcome["logits"])}
    return outcome | {f"entropy_{when}": value for when, value in entropies.items()}


def _em_inf(case: Case, logits: Tensor) -> Outcome:
    if not str(case.param("optimizer", "Adam")).startswith("Adam("):
        case.only("optimizer", "Adam")
    settings = (("learning_rate", 0.1), ("n_grad_steps", 5), ("kl_weight", 0.001), ("threshold", 0.3))
    return {"logits": entropy_minimization.em_inf(logits, *(case.param(*setting) for setting in settings))}


def _adaptive_temperature(case: Case, logits: Tensor) -> Outcome:
    defaults = {
        "target_ratio": 0.2,
        "threshold": 1e-5,
        "tmin": 0.01,
        "tmax": 1.0,
        "tol": 0.1,
        "max_iter": 100,
    }
    settings = {name: case.param(name, default) for name, default in defaults.items()}
    temperature = entropy_minimization.adaptive_temperature(logits, **settings)
    return {"logits": logits / temperature, "temperature": temperature.squeeze(-1)}


KINDS: dict[str, Callable[[Case], Outcome]] = {
    "policy_loss": policy_loss,
    "policy_loss_set": policy_loss_set,
    "aggregation": _aggregation,
    "kl": _kl,
    "value_loss": _value_loss,
    "entropy": _entropy,
    "advantage": advantage,
    "advantage_scalar": advantage_scalar,
    "gae_env": gae_env,
    "reward_shaping": _reward_shaping,
    "scalar": _scalar,
    "em_rl_reward": _em_rl_reward,
    "logit_adjust": _logit_adjust,
}
