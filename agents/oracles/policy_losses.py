"""Policy losses by the names and parameters that verl, PRIME and TRL give them.

Clamps and defaults are the reference's: verl clamps the log-ratio in vanilla, CISPO and SAPO only, TRL never;
GSPO and SAPO are always `seq-mean-token-mean` in verl, whatever the case says.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from agents import losses, sequence_losses
from agents.aggregation import sequence_mean
from agents.covariance import ClipCov, KLCov, clip_cov, kl_cov, select_clip_cov, select_kl_cov
from agents.kl import kl
from agents.masking import check_shapes
from agents.oracles.case import Case, MalformedCase, NotCovered, Outcome

NUM_DRAWS = 20
"""Seeds tried where the reference chooses tokens at random; each loss must be one of the admissible ones."""


def policy_loss(case: Case) -> Outcome:
    """Loss and gradient with respect to `log_prob`."""
    compute = LOSSES.get(case.algorithm)
    if compute is None:
        raise NotCovered(f"algorithm {case.algorithm}")
    check_shapes(case.mask, advantages=case.tensor("advantages"))
    case.ignore(*UNUSED.get(case.algorithm, ()))
    return case.with_gradient("log_prob", lambda log_prob: compute(case, log_prob))


def policy_loss_set(case: Case) -> Outcome:
    """The losses of several random selections, under `loss_any_of`."""
    if case.algorithm != "clip_cov":
        raise NotCovered(f"algorithm {case.algorithm} as a random set")
    log_prob = case.tensor("log_prob")
    if "loss_any_of" not in case.expected:
        raise MalformedCase(f"case {case.id!r}: expected has no loss_any_of")
    return {"loss_any_of": torch.stack([_clip_cov(case, log_prob, seed) for seed in range(NUM_DRAWS)])}


def _ppo_clip(case: Case, log_prob: Tensor) -> Tensor:
    ratio = losses.clamp_log_ratio(case.log_ratio(log_prob))
    default_c = None if case.from_repo("PRIME") else 3.0
    loss = losses.ppo_clip(
        ratio, case.tensor("advantages"), *_clip(case), clip_ratio_c=case.param("clip_ratio_c", default_c)
    )
    return case.aggregate(loss, case.mask)


def _reinforce(case: Case, log_prob: Tensor) -> Tensor:
    return case.aggregate(losses.reinforce(log_prob, case.tensor("advantages"), case.mask), case.mask)


def _gspo(case: Case, log_prob: Tensor) -> Tensor:
    ratio, clip = case.log_ratio(log_prob), _clip(case, 3e-4, 4e-4)
    loss = sequence_losses.gspo_token(log_prob, ratio, case.tensor("advantages"), case.mask, *clip)
    return case.aggregate(loss, case.mask, "seq-mean-token-mean")


def _cispo(case: Case, log_prob: Tensor) -> Tensor:
    ratio, clip = losses.clamp_log_ratio(case.log_ratio(log_prob)), _clip(case, 10.0, 0.2)
    return case.aggregate(
        losses.cispo(log_prob, ratio, case.tensor("advantages"), case.mask, *clip), case.mask
    )


def _sapo(case: Case, log_prob: Tensor) -> Tensor:
    ratio = losses.clamp_log_ratio(case.log_ratio(log_prob))
    loss = losses.sapo(
        ratio, case.tensor("advantages"), case.param("tau_pos", 1.0), case.param("tau_neg", 1.05)
    )
    return case.aggregate(loss, case.mask, "seq-mean-token-mean")


def _gmpo(case: Case, log_prob: Tensor) -> Tensor:
    ratio, clip = case.log_ratio(log_prob), _clip(case, 0.4, 0.4)
    loss = sequence_losses.gmpo(ratio, case.tensor("advantages"), case.mask, *clip)
    return sequence_mean(loss, case.mask, num_sequences=len(loss))


def _clip_cov(case: Case, log_prob: Tensor, seed: int = 0) -> Tensor:
    low, high = _clip(case, 1.0, 1.0)
    config = ClipCov(
        ratio=case.param("clip_cov_ratio", 2e-4),
        lower=case.param("clip_cov_lb", 1.0),
        upper=case.param("clip_cov_ub", 5.0),
        clip_ratio_low=low,
        clip_ratio_high=high,
    )
    advantages, old_log_prob = case.tensor("advantages"), case.tensor("old_log_prob")
    generator = torch.Generator().manual_seed(seed)
    selected = select_clip_cov(log_prob, advantages, case.mask, old_log_prob, config, generator)
    return case.aggregate(clip_cov(case.log_ratio(log_prob), advantages, selected, low, high), case.mask)


def _kl_cov(case: Case, log_prob: Tensor) -> Tensor:
    ratio = case.param("kl_cov_ratio", 2e-4)
    percent = case.param("k_percent_as_passed")
    if percent is not None:  # PRIME clamps the percentage by the number of tokens
        ratio = min(percent, int(case.mask.sum())) / 100
    advantages, beta = case.tensor("advantages"), case.param("ppo_kl_coef", 1.0)
    selected = select_kl_cov(log_prob, advantages, case.mask, KLCov(ratio))
    return case.aggregate(kl_cov(case.log_ratio(log_prob), advantages, selected, beta), case.mask)


def _grpo_trl(case: Case, log_prob: Tensor) -> Tensor:
    ratio, (low, high) = _trl_log_ratio(case, log_prob), _clip(case)
    c, delta = case.param("clip_ratio_c"), case.param("delta")
    loss = losses.ppo_clip(ratio, case.tensor("advantages"), low, high, clip_ratio_c=c, delta=delta)
    return case.aggregate(loss + _trl_kl(case, log_prob, ratio), case.mask)


def _cispo_trl(case: Case, log_prob: Tensor) -> Tensor:
    case.only("clip_ratio_c", None)
    case.only("delta", None)
    ratio = _trl_log_ratio(case, log_prob)
    loss = losses.cispo_trl(
        log_prob, ratio, case.tensor("advantages"), case.mask, case.param("clip_ratio_high", 5.0)
    )
    return case.aggregate(loss + _trl_kl(case, log_prob, ratio), case.mask)


def _rloo_sequence_trl(case: Case, log_prob: Tensor) -> Tensor:
    case.only("importance_sampling_level", "sequence_sum")
    ratio, clip = case.log_ratio(log_prob), _clip(case)
    loss = sequence_losses.rloo_sequence(ratio, case.tensor("advantages"), case.mask, *clip)
    return sequence_mean(loss, case.mask, num_sequences=len(loss))


def _trl_log_ratio(case: Case, log_prob: Tensor) -> Tensor:
    """Per token, or of the sequence (geometric mean) on every token."""
    case.only("importance_sampling_level", "token", "sequence")
    ratio = case.log_ratio(log_prob)
    if case.param("importance_sampling_level", "token") == "token":
        return ratio
    return sequence_losses.mean_log_ratio(ratio, case.mask)


def _trl_kl(case: Case, log_prob: Tensor, log_ratio: Tensor) -> Tensor:
    """Beta times k3 to the reference policy, per token; k3 times the ratio with TRL's bias correction."""
    beta = case.param("beta", 0.0)
    corrected = case.param("use_bias_correction_kl", False)
    if not beta:
        return torch.zeros_like(log_prob)
    penalty = kl(losses.log_ratio(log_prob, case.tensor("ref_log_prob"), case.mask), "k3")
    return beta * (penalty * log_ratio.exp() if corrected else penalty)


def _clip(case: Case, low: float = 0.2, high: float = 0.2) -> tuple[float, float]:
    """Half-widths; where one is missing or null, `clip_ratio` stands for it."""
    both = case.param("clip_ratio")
    low, high = (low, high) if both is None else (both, both)
    given_low, given_high = case.param("clip_ratio_low"), case.param("clip_ratio_high")
    return low if given_low is None else given_low, high if given_high is None else given_high


LOSSES: dict[str, Callable[[Case, Tensor], Tensor]] = {
    "ppo_clip": _ppo_clip,
    "pg_logprob": _reinforce,
    "reinforce": _reinforce,
    "gpg": _reinforce,
    "gspo": _gspo,
    "cispo": _cispo,
    "sapo": _sapo,
    "gmpo": _gmpo,
    "clip_cov": _clip_cov,
    "kl_cov": _kl_cov,
    "grpo_trl": _grpo_trl,
    "cispo_trl": _cispo_trl,
    "rloo_sequence_trl": _rloo_sequence_trl,
}
CLIP_RATIOS = ("clip_ratio", "clip_ratio_low", "clip_ratio_high", "clip_ratio_c")
UNUSED: dict[str, tuple[str, ...]] = {
    "pg_logprob": CLIP_RATIOS,
    "reinforce": CLIP_RATIOS,
    "gpg": CLIP_RATIOS,
    "gspo": ("clip_ratio_c",),
    "cispo": ("clip_ratio_c",),
    "sapo": CLIP_RATIOS,
    "gmpo": ("clip_ratio_c", "loss_agg_mode"),
    "clip_cov": ("clip_ratio_c",),
    "kl_cov": CLIP_RATIOS,
    "cispo_trl": ("clip_ratio_low",),
    "rloo_sequence_trl": ("loss_agg_mode",),
}
"""Parameters that a configuration may carry and the reference's loss does not read."""
