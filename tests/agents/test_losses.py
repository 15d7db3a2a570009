from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from token_batches import GARBAGE, Tokens, assert_padding_is_inert, batches, value_and_gradient
from torch import Tensor

from agents.aggregation import aggregate, count, sequence_mean
from agents.covariance import clip_cov, kl_cov
from agents.kl import kl
from agents.losses import (
    cispo,
    cispo_trl,
    clamp_log_ratio,
    clip_fractions,
    log_ratio,
    ppo_clip,
    reinforce,
    sapo,
    value_loss,
)
from agents.sequence_losses import gmpo, gspo_sequence, gspo_token, rloo_sequence


def ratio(batch: Tokens) -> Tensor:
    return log_ratio(batch.log_prob, batch.old_log_prob, batch.mask)


PER_TOKEN: dict[str, Callable[[Tokens], Tensor]] = {
    "ppo_clip": lambda b: ppo_clip(ratio(b), b.advantages),
    "ppo_dual_clip": lambda b: ppo_clip(clamp_log_ratio(ratio(b)), b.advantages, 0.2, 0.28, clip_ratio_c=3.0),
    "ppo_delta": lambda b: ppo_clip(ratio(b), b.advantages, delta=1.5),
    "reinforce": lambda b: reinforce(b.log_prob, b.advantages, b.mask),
    "cispo": lambda b: cispo(b.log_prob, ratio(b), b.advantages, b.mask),
    "cispo_trl": lambda b: cispo_trl(b.log_prob, ratio(b), b.advantages, b.mask),
    "sapo": lambda b: sapo(ratio(b), b.advantages),
    "gspo_token": lambda b: gspo_token(b.log_prob, ratio(b), b.advantages, b.mask, 0.2, 0.2),
    "gspo_sequence": lambda b: gspo_sequence(ratio(b), b.advantages, b.mask, 0.2, 0.2),
    "clip_cov": lambda b: clip_cov(ratio(b), b.advantages, b.mask & (b.advantages > 1)),
    "kl_cov": lambda b: kl_cov(ratio(b), b.advantages, b.mask & (b.advantages > 0)),
    "k3": lambda b: kl(ratio(b), "k3"),
    "value": lambda b: value_loss(b.log_prob, b.advantages, b.mask),
    "value_clipped": lambda b: value_loss(b.log_prob, b.advantages, b.mask, b.old_log_prob, 0.2),
}
PER_SEQUENCE: dict[str, Callable[[Tokens], Tensor]] = {
    "gmpo": lambda b: gmpo(ratio(b), b.advantages, b.mask),
    "rloo_sequence": lambda b: rloo_sequence(ratio(b), b.advantages, b.mask),
}
SCALAR: dict[str, Callable[[Tokens], Tensor]] = {
    **{name: lambda b, f=f: aggregate(f(b), b.mask) for name, f in PER_TOKEN.items()},  # type: ignore[misc]
    **{name: lambda b, f=f: sequence_mean(f(b), b.mask) for name, f in PER_SEQUENCE.items()},  # type: ignore[misc]
}


@pytest.mark.parametrize("name", SCALAR)
@settings(max_examples=20)
@given(tokens=batches, garbage=st.sampled_from(GARBAGE))
def test_padding_never_counts(name: str, tokens: Tokens, garbage: float) -> None:
    assert_padding_is_inert(SCALAR[name], tokens, garbage)


@pytest.mark.parametrize("name", PER_SEQUENCE)
@settings(max_examples=20)
@given(tokens=batches, size=st.sampled_from([1, 2]))
def test_sequence_losses_add_up_over_micro_batches(name: str, tokens: Tokens, size: int) -> None:
    _, num_sequences = count(tokens.mask)

    def loss(batch: Tokens) -> Tensor:
        return sequence_mean(PER_SEQUENCE[name](batch), batch.mask, num_sequences=num_sequences)

    whole, whole_gradient = value_and_gradient(loss, tokens)
    parts = [tokens.rows(slice(start, start + size)) for start in range(0, len(tokens.mask), size)]
    results = [value_and_gradient(loss, part) for part in parts]
    torch.testing.assert_close(sum(value for value, _ in results), whole)
    torch.testing.assert_close(torch.cat([gradient for _, gradient in results]), whole_gradient)


@pytest.mark.parametrize(
    "name", ["ppo_clip", "ppo_dual_clip", "cispo", "gspo_token", "gspo_sequence", "sapo", "gmpo"]
)
def test_on_policy_every_surrogate_has_the_policy_gradient(name: str) -> None:
    tokens = Tokens.draw(3, [[True] * 4, [True] * 4])
    advantages = torch.tensor([[1.5] * 4, [-0.7] * 4], dtype=torch.float64)
    tokens = Tokens(tokens.log_prob, tokens.log_prob, advantages, tokens.mask)
    _, expected = value_and_gradient(SCALAR["reinforce"], tokens)
    _, gradient = value_and_gradient(SCALAR[name], tokens)
    torch.testing.assert_close(gradient, expected)


def test_ppo_clip_by_hand() -> None:
    d = torch.tensor([1.5, 1.5, 0.5, 0.5, 5.0]).log()
    advantages = torch.tensor([1.0, -1.0, 1.0, -1.0, -1.0])
    torch.testing.assert_close(ppo_clip(d, advantages), torch.tensor([-1.2, 1.5, -0.5, 0.8, 5.0]))
    torch.testing.assert_close(ppo_clip(d, advantages, clip_ratio_c=3.0)[-1], torch.tensor(3.0))
    torch.testing.assert_close(ppo_clip(d, advantages, delta=2.0)[-1], torch.tensor(2.0))
    torch.testing.assert_close(ppo_clip(d, advantages, clip_ratio_high=0.28)[0], torch.tensor(-1.28))


def test_the_clamp_is_a_choice_and_stops_the_gradient() -> None:
    d = torch.tensor([30.0, -30.0, 1.0], requires_grad=True)
    clamped = clamp_log_ratio(d)
    assert clamped.tolist() == [20.0, -20.0, 1.0]
    clamped.sum().backward()
    assert d.grad is not None and d.grad.tolist() == [0.0, 0.0, 1.0]
    assert ppo_clip(torch.tensor([30.0]), torch.tensor([-1.0])).item() == pytest.approx(1.0686e13, rel=1e-3)


def test_gspo_forms_agree_and_the_cap_is_the_callers() -> None:
    tokens = Tokens.draw(5, [[True, True, False], [True, False, True]])
    tokens = Tokens(tokens.log_prob, tokens.old_log_prob, torch.ones(2, 3, dtype=torch.float64), tokens.mask)
    forms = [
        value_and_gradient(lambda b, f=f: aggregate(f(b), b.mask, "seq-mean-token-mean"), tokens)  # type: ignore[misc]
        for f in (PER_TOKEN["gspo_token"], PER_TOKEN["gspo_sequence"])
    ]
    torch.testing.assert_close(forms[0], forms[1])
    far = torch.full((1, 2), 12.0)
    lp, mask, advantages = torch.zeros(1, 2), torch.ones(1, 2), -torch.ones(1, 2)
    torch.testing.assert_close(gspo_token(lp, far, advantages, mask), torch.full((1, 2), 10.0).exp())
    uncapped = gspo_token(lp, far, advantages, mask, max_log_ratio=None)
    torch.testing.assert_close(uncapped, gspo_sequence(far, advantages, mask))


def test_cispo_parameterisations() -> None:
    d = torch.tensor([[0.5, 1.35, 5.0, 8.0]]).log()
    log_prob, mask, advantages = torch.full((1, 4), -1.0), torch.ones(1, 4), torch.ones(1, 4)
    torch.testing.assert_close(cispo(log_prob, d, advantages, mask), torch.tensor([[0.5, 1.2, 1.2, 1.2]]))
    torch.testing.assert_close(
        cispo_trl(log_prob, d, advantages, mask), torch.tensor([[0.5, 1.35, 5.0, 5.0]])
    )


def test_sapo_has_slope_one_at_ratio_one() -> None:
    for advantage in (2.0, -2.0):
        d = torch.zeros(1, requires_grad=True)
        sapo(d, torch.tensor([advantage])).backward()
        assert d.grad is not None and d.grad.item() == pytest.approx(-advantage)


def test_clip_fractions_tell_the_bounds_apart() -> None:
    d = torch.tensor([[1.5, 1.5, 0.5, 0.5, 1.5]]).log()
    advantages, mask = torch.tensor([[1.0, -1.0, 1.0, -1.0, 1.0]]), torch.tensor([[1, 1, 1, 1, 0]])
    low, high = clip_fractions(d, advantages, mask)
    assert (low.item(), high.item()) == (0.25, 0.25)


def test_value_loss_by_hand() -> None:
    values, returns = torch.tensor([[0.5, 1.2]]), torch.tensor([[1.0, 1.0]])
    old_values, mask = torch.tensor([[0.2, 0.4]]), torch.ones(1, 2)
    torch.testing.assert_close(value_loss(values, returns, mask), torch.tensor([[0.125, 0.02]]))
    clipped = value_loss(values, returns, mask, old_values, 0.1)
    torch.testing.assert_close(clipped, torch.tensor([[0.245, 0.125]]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ppo_clip(x, x, -0.1), "clip_ratio_low and clip_ratio_high are -0.1 and 0.2"),
        (lambda x: ppo_clip(x, x, clip_ratio_c=1.0), "clip_ratio_c is 1.0: it must be above 1"),
        (lambda x: value_loss(x, x, x, None, 0.2), "old_values is None"),
        (lambda x: value_loss(x, x, x, x, 0.0), "clip_range is 0.0: it must be positive"),
        (lambda x: log_ratio(x, x[:1], x), r"old_log_prob has shape \(1, 2\), expected \(2, 2\)"),
        (lambda x: reinforce(x, x[0], x), r"advantages has shape \(2,\)"),
        (lambda x: gmpo(x, x[:1], x), "advantages has shape"),
    ],
)
def test_bad_input_is_named(call: Callable[[Tensor], Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(torch.ones(2, 2))
