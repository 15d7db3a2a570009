"""GRPO's settings: which groups, which advantage, which surrogate, and what Clip-Cov and its relatives mark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from agents.aggregation import AggregationMode
from agents.configuration import ADDED_LATER, refuse_outside
from agents.covariance import ClipCov, warn_if_inert
from agents.diagnostics import NO_CLIP, Clip
from agents.kl import KLEstimator
from agents.optimisation import OptimiserConfig


@dataclass(frozen=True)
class Config(OptimiserConfig):
    """GRPO's settings; the defaults are tuned on the gridworlds.

    Attributes:
        groups: groups a batch.
        group_size: episodes a group.
        signal: `outcome`: the episode's return on all its steps; `reward_to_go` against the group's mean at the
            same step; `anchor_state`: reward-to-go against its mean over all visits of the same observation.
        normalize_by_std: divide by the group's deviation (GRPO), or not (Dr.GRPO, which has a constant divisor too).
        advantage: of outcomes: `grpo`, or as in `agents.group_advantages`: `rloo`, `opo`, `lite_ppo`, `grpo_passk`,
            `reinforce_plus_plus_baseline`; `reinforce_plus_plus` standardises over the batch, for groups of one.
        surrogate: `ppo_clip`, or as in `agents.losses` and `agents.sequence_losses`: `reinforce`, `cispo`, `sapo`,
            `gspo`; where there is a selection it brings its own.
        aggregation: how steps become one loss, see `agents.aggregation`.
        loss_scale_factor: the constant of `seq-mean-token-sum-norm`; None for the environment's token or step limit.
        skip_equal_groups: leave out groups whose episodes all earned the same, as if they had not been played.
        sampling_rounds: of language models: rounds of `groups` that a batch may take until as many groups have a spread
            (dynamic sampling, DAPO: 10); all responses count.
        overlong_share: of language models: the last share of the token limit, over which a response's outcome falls by
            up to 1 (DAPO: 0.2); 0 for none. Not for tasks whose answers fill the limit.
        epochs: passes over a batch.
        minibatches: gradient steps a pass; a minibatch holds whole episodes.
        clip_ratio_low: the ratio may fall to 1 - this. It is a token's; with `gspo` a response's, which lies the nearer
            to 1 the longer that is.
        clip_ratio_high: the ratio may rise to 1 + this (0.28 is DAPO's clip-higher).
        dual_clip: upper bound c > 1 of the loss for negative advantages, in units of |A|; None for none.
        kl_coef: weight of the divergence from the initial policy; 0 for none.
        kl_estimator: of that divergence, see `agents.kl`; not `k1`, whose gradient is zero on average.
        selection: `clip_cov`, `kl_cov`, or a control: `top`, `random`, `random_positive`; `none`.
        selection_ratio: share of the steps to mark.
        selection_until: share of the budget after which nothing is marked any more: a schedule to the plain surrogate,
            with the clip ratios that are set.
        selection_bounds: `absolute` covariances (calibrated on language models), or `quantile` of the minibatch.
        selection_lower: lower bound of Clip-Cov.
        selection_upper: upper bound of Clip-Cov; None for none.
        kl_cov_coef: weight of KL-Cov's penalty.
    """

    groups: int = 8
    group_size: int = 8
    signal: Literal["outcome", "reward_to_go", "anchor_state"] = "reward_to_go"
    normalize_by_std: bool = True
    advantage: Literal[
        "grpo", "rloo", "opo", "lite_ppo", "grpo_passk", "reinforce_plus_plus_baseline", "reinforce_plus_plus"
    ] = "grpo"
    surrogate: Literal["ppo_clip", "reinforce", "cispo", "sapo", "gspo"] = "ppo_clip"
    aggregation: AggregationMode = "token-mean"
    loss_scale_factor: float | None = None
    skip_equal_groups: bool = False
    sampling_rounds: int = 1
    overlong_share: float = 0.0
    epochs: int = 2
    minibatches: int = 2
    clip_ratio_low: float = 0.2
    clip_ratio_high: float = 0.2
    dual_clip: float | None = None
    kl_coef: float = 0.0
    kl_estimator: KLEstimator = "k3"
    selection: Literal["none", "clip_cov", "kl_cov", "top", "random", "random_positive"] = "none"
    selection_ratio: float = 0.02
    selection_bounds: Literal["absolute", "quantile"] = "quantile"
    selection_lower: float = 0.9
    selection_upper: float | None = None
    kl_cov_coef: float = 1.0
    selection_until: float = field(default=1.0, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.critic != "none":
            raise ValueError(f"config critic={self.critic!r}: GRPO has no critic; set critic=none")
        if self.signal == "outcome" and self.rewards_end_returns:
            raise ValueError("config rewards_end_returns=true: an outcome is the whole return; set signal=reward_to_go")
        if self.advantage != "grpo" and self.signal != "outcome":
            raise ValueError(f"config advantage={self.advantage!r}: it compares outcomes; set signal=outcome")
        if self.surrogate != "ppo_clip" and self.selection != "none":
            raise ValueError(f"config surrogate={self.surrogate!r}: {self.selection} has its own; set selection=none")
        if self.surrogate == "gspo" and self.aggregation != "seq-mean-token-mean":
            raise ValueError("config surrogate='gspo': its ratio is a response's; set aggregation=seq-mean-token-mean")
        if self.surrogate == "reinforce" and self.epochs * self.minibatches > 1:
            steps = f"epochs={self.epochs}, minibatches={self.minibatches}"
            raise ValueError(f"config surrogate='reinforce', {steps}: it has no importance ratio; set both to 1")
        if self.signal == "anchor_state" and self.network == "causal_lm":
            raise ValueError("config signal='anchor_state': responses share no states; set outcome or reward_to_go")
        self._check_numbers()
        alone = self.advantage.startswith("reinforce_plus_plus") or self.signal == "anchor_state"
        if self.group_size == 1 and not alone:
            raise ValueError("config group_size=1: nothing to compare with; set 2, or advantage=reinforce_plus_plus")
        if self.kl_coef > 0 and self.kl_estimator == "k1":
            raise ValueError("config kl_estimator='k1': as a loss its gradient is zero on average; set k2, k3 or k1+")
        if self.sampling_rounds > 1 and self.network != "causal_lm":
            raise ValueError(f"config sampling_rounds={self.sampling_rounds}: it needs network=causal_lm; set it to 1")
        if not 0 <= self.overlong_share <= 1 or (self.overlong_share and self.network != "causal_lm"):
            raise ValueError(f"config overlong_share={self.overlong_share}: a share from 0 to 1, with causal_lm alone")
        if self.selection == "kl_cov":
            warn_if_inert(self.epochs * self.minibatches)
        self.clip_cov()

    def _check_numbers(self) -> None:
        refuse_outside("[0, inf)", self, "clip_ratio_low", "clip_ratio_high", "kl_coef", "kl_cov_coef")
        refuse_outside("(0, inf)", self, "loss_scale_factor")
        refuse_outside("(1, inf)", self, "dual_clip")
        refuse_outside("(0, 1]", self, "selection_ratio", "selection_until")

    def clip(self) -> Clip:
        """What the surrogate clips; nothing where it has no clip."""
        if self.surrogate in ("reinforce", "sapo") or self.selection == "kl_cov":
            return NO_CLIP
        of: dict[str, Any] = {"gspo": "sequences", "cispo": "weights"}
        return Clip(self.clip_ratio_low, self.clip_ratio_high, of.get(self.surrogate, "tokens"))

    def clip_cov(self) -> ClipCov:
        """The settings of Clip-Cov and its controls."""
        rule: Any = "covariance" if self.selection in ("none", "clip_cov", "kl_cov") else self.selection
        return ClipCov(
            ratio=self.selection_ratio,
            lower=self.selection_lower,
            upper=self.selection_upper,
            bounds=self.selection_bounds,
            rule=rule,
            clip_ratio_low=self.clip_ratio_low,
            clip_ratio_high=self.clip_ratio_high,
        )
