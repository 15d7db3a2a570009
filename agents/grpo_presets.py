"""Named settings of GRPO; on text they are joined to `text`, as in `--preset text+clip-cov-text`."""

from __future__ import annotations

from typing import Any

from agents.language_presets import LANGUAGE

TEXT: dict[str, Any] = {
    **LANGUAGE,
    "groups": 32,
    "group_size": 16,
    "signal": "outcome",
    "skip_equal_groups": True,
    "epochs": 1,
    "minibatches": 2,
}
ON_POLICY: dict[str, Any] = {"signal": "outcome", "surrogate": "reinforce", "epochs": 1, "minibatches": 1}
# The authors' scripts open the PPO clip to [0, 2] beside Clip-Cov (`clip-cov-paper`). At a gridworld's learning rates
# that alone unlearns what was found, so `clip-cov` keeps the clip: covariance alone sets it apart from plain GRPO.
PRESETS: dict[str, dict[str, Any]] = {
    "text": TEXT,
    "tabular": {"hidden": [], "learning_rate": 0.2, "entropy_coef": 0.02},
    "clip-cov": {"selection": "clip_cov", "variant": "clip-cov"},
    "clip-cov-paper": {
        "selection": "clip_cov",
        "selection_ratio": 2e-4,
        "selection_bounds": "absolute",
        "selection_lower": 1.0,
        "selection_upper": 5.0,
        "clip_ratio_low": 1.0,
        "clip_ratio_high": 1.0,
        "variant": "clip-cov-paper",
    },
    "kl-cov": {"selection": "kl_cov", "variant": "kl-cov"},
    "clip-higher": {"clip_ratio_high": 0.28, "variant": "clip-higher"},
    "dapo": {"clip_ratio_high": 0.28, "dual_clip": 10.0, "variant": "dapo"},
    "dapo-text": {  # with the refilling; without the overlong punishment (`overlong`), in 2 steps a batch (paper: 16)
        "network": "causal_lm",
        "clip_ratio_high": 0.28,
        "dual_clip": 10.0,
        "sampling_rounds": 10,
        "variant": "dapo-text",
    },
    "overlong": {"network": "causal_lm", "overlong_share": 0.2, "variant": "overlong"},
    "reinforce-plus-plus": {  # its divergence from the first policy is `kl_coef`: a loss here, a reward in the paper
        "signal": "outcome",
        "advantage": "reinforce_plus_plus",
        "groups": 512,
        "group_size": 1,
        "skip_equal_groups": False,
        "variant": "reinforce-plus-plus",
    },
    # Whitening moves the tokens of solved groups off 0: they are learned too. The paper's divergence: set `kl_coef`.
    "reinforce-plus-plus-baseline": {
        "signal": "outcome",
        "advantage": "reinforce_plus_plus_baseline",
        "skip_equal_groups": False,
        "variant": "reinforce-plus-plus-baseline",
    },
    "rloo": {**ON_POLICY, "advantage": "rloo", "variant": "rloo"},  # its divergence likewise
    "opo": {**ON_POLICY, "advantage": "opo", "variant": "opo"},
    # The paper's 3e-4 and 4e-4 are for thousands of tokens, whose mean log-ratio hardly moves. Of responses of ten they
    # hold back three quarters at the second step of a batch, at first nearly all; a hundred times as much 8 % (sort:3).
    "gspo": {
        "surrogate": "gspo",
        "clip_ratio_low": 0.03,
        "clip_ratio_high": 0.04,
        "aggregation": "seq-mean-token-mean",
        "variant": "gspo",
    },
    "cispo": {"surrogate": "cispo", "clip_ratio_low": 10.0, "clip_ratio_high": 0.2, "variant": "cispo"},
    "clip-cov-text": {  # bounds of Clip-Cov on absolute covariances, and a share that shows in batches of 2,000 tokens
        "selection": "clip_cov",
        "selection_ratio": 0.1,
        "selection_bounds": "absolute",
        "selection_lower": 0.5,
        "selection_upper": 5.0,
        "clip_ratio_low": 1.0,
        "clip_ratio_high": 1.0,
        "variant": "clip-cov-text",
    },
    "kl-cov-text": {"selection": "kl_cov", "selection_ratio": 0.2, "variant": "kl-cov-text"},
    "dr-grpo": {  # divided by the environment's limit; groups that all fared alike count among the rows
        "normalize_by_std": False,
        "aggregation": "seq-mean-token-sum-norm",
        "skip_equal_groups": False,
        "variant": "dr-grpo",
    },
    "outcome": {"signal": "outcome", "variant": "outcome"},
    "anchor": {"signal": "anchor_state", "variant": "anchor"},
    "pong": {
        "network": "tiny",
        "normalize_observations": True,
        "groups": 2,
        "group_size": 8,
        "minibatches": 4,
        "rewards_end_returns": True,
        "learning_rate": 1e-3,
        "entropy_coef": 0.01,
    },
}
