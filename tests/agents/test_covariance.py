from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from token_batches import GARBAGE, Tokens, batches, value_and_gradient
from torch import Tensor

from agents.aggregation import aggregate, count
from agents.covariance import (
    ClipCov,
    KLCov,
    clip_cov,
    clip_cov_metrics,
    covariance,
    eligible,
    kl_cov,
    select_clip_cov,
    select_kl_cov,
    selection_metrics,
    warn_if_inert,
)
from agents.losses import log_ratio, ppo_clip

WIDE = ClipCov(ratio=0.4, lower=-0.5, upper=2.0)
RULES = ("covariance", "top", "random", "random_positive")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def choose(tokens: Tokens, config: ClipCov, seed: int = 0) -> Tensor:
    return select_clip_cov(
        tokens.log_prob, tokens.advantages, tokens.mask, tokens.old_log_prob, config, seeded(seed)
    )


def choose_kl(tokens: Tokens, ratio: float = 0.4) -> Tensor:
    return select_kl_cov(tokens.log_prob, tokens.advantages, tokens.mask, KLCov(ratio))


@settings(max_examples=40)
@given(tokens=batches, garbage=st.sampled_from(GARBAGE))
def test_covariance_is_the_centred_product(tokens: Tokens, garbage: float) -> None:
    dirty = tokens.fill_padding(garbage)
    found = covariance(dirty.log_prob, dirty.advantages, dirty.mask)
    log_prob, advantages = tokens.log_prob[tokens.mask], tokens.advantages[tokens.mask]
    expected = (log_prob - log_prob.mean()) * (advantages - advantages.mean())
    torch.testing.assert_close(found[tokens.mask], expected)
    assert bool((found[~tokens.mask] == 0).all())


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=25)
@given(tokens=batches, seed=st.integers(0, 99), garbage=st.sampled_from(GARBAGE))
def test_selection_depends_on_the_seed_and_never_on_padding(
    rule: str, tokens: Tokens, seed: int, garbage: float
) -> None:
    config = replace(WIDE, rule=rule)
    selected = choose(tokens, config, seed)
    assert torch.equal(selected, choose(tokens, config, seed))
    assert torch.equal(selected, choose(tokens.fill_padding(garbage), config, seed))
    longer = choose(tokens.extend(3), config, seed)
    assert torch.equal(longer[:, : selected.shape[1]], selected)
    assert not bool(longer[:, selected.shape[1] :].any())


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=25)
@given(tokens=batches, ratio=st.floats(0.01, 1), floor=st.integers(0, 3))
def test_the_quota_is_met_among_the_eligible(rule: str, tokens: Tokens, ratio: float, floor: int) -> None:
    config = replace(WIDE, rule=rule, ratio=ratio, floor=floor)
    selected = choose(tokens, config)
    candidates = eligible(tokens.log_prob, tokens.advantages, tokens.mask, tokens.old_log_prob, config)
    assert not bool((selected & ~candidates).any())
    quota = max(int(ratio * int(tokens.mask.sum())), floor)
    assert int(selected.sum()) == min(quota, int(candidates.sum()))
    if rule == "random_positive":
        assert bool((tokens.advantages[selected] > 0).all())
    if rule == "top":
        cov = covariance(tokens.log_prob, tokens.advantages, tokens.mask)
        left = candidates & ~selected
        assert not bool(left.any()) or not bool(selected.any()) or cov[selected].min() >= cov[left].max()


@settings(max_examples=25)
@given(tokens=batches, ratio=st.floats(0.01, 1), garbage=st.sampled_from(GARBAGE))
def test_kl_cov_takes_the_largest(tokens: Tokens, ratio: float, garbage: float) -> None:
    selected = choose_kl(tokens.fill_padding(garbage), ratio)
    assert int(selected.sum()) == max(int(ratio * int(tokens.mask.sum())), 1)
    assert not bool(selected[~tokens.mask].any())
    cov, left = covariance(tokens.log_prob, tokens.advantages, tokens.mask), tokens.mask & ~selected
    assert not bool(left.any()) or cov[selected].min() >= cov[left].max()


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("method", ["clip_cov", "kl_cov"])
@settings(max_examples=25)
@given(tokens=batches)
def test_micro_batches_do_not_change_loss_and_gradient(method: str, size: int, tokens: Tokens) -> None:
    selected = choose(tokens, WIDE) if method == "clip_cov" else choose_kl(tokens)
    num_tokens, _ = count(tokens.mask)

    def loss(part: slice) -> Callable[[Tokens], Tensor]:
        def of(batch: Tokens) -> Tensor:
            d = log_ratio(batch.log_prob, batch.old_log_prob, batch.mask)
            surrogate = clip_cov if method == "clip_cov" else kl_cov
            return aggregate(
                surrogate(d, batch.advantages, selected[part]), batch.mask, num_tokens=num_tokens
            )

        return of

    whole, whole_gradient = value_and_gradient(loss(slice(None)), tokens)
    parts = [slice(start, start + size) for start in range(0, len(tokens.mask), size)]
    results = [value_and_gradient(loss(part), tokens.rows(part)) for part in parts]
    torch.testing.assert_close(sum(value for value, _ in results), whole)
    torch.testing.assert_close(torch.cat([gradient for _, gradient in results]), whole_gradient)


@settings(max_examples=25)
@given(tokens=batches)
def test_a_selected_token_has_no_gradient_and_stays_in_the_denominator(tokens: Tokens) -> None:
    selected = choose(tokens, WIDE)
    assume(bool(selected.any()))

    def loss(batch: Tokens) -> Tensor:
        d = log_ratio(batch.log_prob, batch.old_log_prob, batch.mask)
        return aggregate(clip_cov(d, batch.advantages, selected), batch.mask)

    value, gradient = value_and_gradient(loss, tokens)
    assert bool((gradient[selected] == 0).all())
    d = log_ratio(tokens.log_prob, tokens.old_log_prob, tokens.mask)
    plain = ppo_clip(d, tokens.advantages, 1.0, 1.0)
    kept = plain[tokens.mask & ~selected].sum() / tokens.mask.sum()
    torch.testing.assert_close(value, kept)


def paper_example() -> Tokens:
    """Covariances 1.3, 1.1, 0.5, -2.5 | -1.2, -0.9, 0, 2.5."""
    log_prob = torch.tensor([[-0.2, -0.4, -1.0, -4.0], [-0.3, -0.6, -1.5, -4.0]], dtype=torch.float64)
    advantages = torch.tensor([[1.0] * 4, [-1.0] * 4], dtype=torch.float64)
    return Tokens(log_prob, log_prob, advantages, torch.ones(2, 4, dtype=torch.bool))


def test_the_example_by_hand() -> None:
    tokens = paper_example()
    cov = covariance(tokens.log_prob, tokens.advantages, tokens.mask)
    expected = torch.tensor([[1.3, 1.1, 0.5, -2.5], [-1.2, -0.9, 0, 2.5]], dtype=torch.float64)
    torch.testing.assert_close(cov, expected)
    selected = choose(tokens, ClipCov(ratio=0.375))
    assert selected.tolist() == [[True, True, False, False], [False, False, False, True]]
    loss = aggregate(clip_cov(torch.zeros_like(cov), tokens.advantages, selected), tokens.mask)
    assert loss.item() == pytest.approx(0.125)
    metrics = clip_cov_metrics(
        tokens.log_prob, tokens.advantages, tokens.mask, tokens.old_log_prob, selected, ClipCov(ratio=0.375)
    )
    assert {name: round(float(value), 6) for name, value in metrics.items()} == {
        "n": 8,
        "eligible": 3,
        "selected": 3,
        "effective_rate": 0.375,
        "frac_selected_negative": 0.333333,
        "covariance": 0.1,
        "clip_fraction_low": 0,
        "clip_fraction_high": 0,
    }
    assert (
        float(selection_metrics(tokens.log_prob, tokens.advantages, tokens.mask, selected)["selected"]) == 3
    )


def test_each_eligible_token_is_drawn_about_equally_often() -> None:
    draws = torch.stack([choose(paper_example(), ClipCov(ratio=0.125), seed) for seed in range(300)]).sum(0)
    assert draws.sum() == 300
    assert all(70 < int(n) < 130 for n in draws[draws > 0]) and int((draws > 0).sum()) == 3


def test_bounds_are_open_and_quantiles_follow_the_batch() -> None:
    tokens = paper_example()
    closed = ClipCov(ratio=1.0, lower=1.3, upper=2.5)
    exact = covariance(tokens.log_prob, tokens.advantages, tokens.mask)
    closed = replace(closed, lower=exact[0, 0].item(), upper=exact[1, 3].item())
    assert not bool(choose(tokens, closed).any())
    top_quarter = ClipCov(ratio=1.0, lower=0.75, upper=None, bounds="quantile")
    assert choose(tokens, top_quarter).tolist() == [[True, False, False, False], [False, False, False, True]]
    scaled = replace(tokens, advantages=0.01 * tokens.advantages)
    assert torch.equal(choose(scaled, top_quarter), choose(tokens, top_quarter))
    middle = ClipCov(ratio=1.0, lower=0.3, upper=0.9, bounds="quantile")
    assert not bool((choose(tokens, middle) & (exact == exact.max())).any())


def test_a_ppo_clipped_token_is_not_eligible() -> None:
    tokens = paper_example()
    moved = replace(tokens, old_log_prob=tokens.old_log_prob.clone())
    moved.old_log_prob[0, 0] -= 0.405465
    config = ClipCov(ratio=1.0, clip_ratio_low=0.2, clip_ratio_high=0.2)
    assert bool(choose(tokens, config)[0, 0])
    assert not bool(choose(moved, config)[0, 0])
    assert bool(choose(moved, ClipCov(ratio=1.0))[0, 0])


def test_kl_cov_reverses_a_token_that_moved_with_its_advantage() -> None:
    d = torch.tensor([[0.05]], dtype=torch.float64, requires_grad=True)
    advantages, selected = torch.tensor([[0.354]], dtype=torch.float64), torch.tensor([[True]])
    kl_cov(d, advantages, selected).sum().backward()
    assert d.grad is not None and d.grad.item() == pytest.approx(0.628, abs=1e-3)
    for penalty, gradient in (("k2", 0.05), ("k3", 1 - torch.tensor(-0.05).exp().item())):
        d.grad = None
        kl_cov(d, advantages, selected, beta=0.5, penalty=penalty).sum().backward()  # type: ignore[arg-type]
        assert d.grad.item() == pytest.approx(-0.3721 + 0.5 * gradient, abs=1e-3)


def test_kl_cov_is_inert_on_policy_and_says_so() -> None:
    d = torch.zeros(1, 3, requires_grad=True)
    advantages, everything = torch.tensor([[1.0, -2.0, 0.5]]), torch.ones(1, 3, dtype=torch.bool)
    kl_cov(d, advantages, everything).sum().backward()
    assert d.grad is not None and d.grad.tolist() == [[-1.0, 2.0, -0.5]]
    with pytest.warns(UserWarning, match="updates_per_rollout is 1: KL-Cov is inert"):
        warn_if_inert(1)
    warn_if_inert(2)


def test_a_uniform_policy_gives_clip_cov_nothing() -> None:
    tokens = paper_example()
    flat = replace(tokens, log_prob=torch.full_like(tokens.log_prob, -1.5))
    assert not bool(choose(flat, ClipCov(ratio=1.0)).any())


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"ratio": 0.0}, "ratio is 0.0: it must be above 0 and at most 1"),
        ({"ratio": 20}, "ratio is 20: .* not a percentage"),
        ({"lower": 5.0, "upper": 5.0}, "lower is 5.0 and upper 5.0: lower must be below upper"),
        ({"bounds": "quantile"}, "lower is 1.0 and upper 5.0: quantiles are between 0 and 1"),
        ({"bounds": "quantile", "lower": 1.0, "upper": None}, "quantiles are between"),
        ({"bounds": "relative"}, "bounds is 'relative'"),
        ({"floor": -1}, "floor is -1"),
        ({"rule": "best"}, "rule is 'best'"),
    ],
)
def test_bad_settings_are_named(settings_: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ClipCov(**settings_)  # type: ignore[arg-type]


def test_kl_cov_checks_its_settings_too() -> None:
    with pytest.raises(ValueError, match="ratio is 0.0"):
        KLCov(0.0)
