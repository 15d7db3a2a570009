from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from token_batches import GARBAGE, Tokens, assert_padding_is_inert, batches, value_and_gradient

from agents.aggregation import AggregationMode, aggregate, count, sequence_mean

MODES = get_args(AggregationMode)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=30)
@given(tokens=batches, garbage=st.sampled_from(GARBAGE))
def test_padding_never_counts(mode: AggregationMode, tokens: Tokens, garbage: float) -> None:
    def loss(batch: Tokens) -> torch.Tensor:
        return aggregate(batch.log_prob, batch.mask, mode, loss_scale_factor=6.0)

    assert_padding_is_inert(loss, tokens, garbage)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1, 2, 100])
@settings(max_examples=20)
@given(tokens=batches)
def test_micro_batches_add_up(mode: AggregationMode, size: int, tokens: Tokens) -> None:
    num_tokens, num_sequences = count(tokens.mask)

    def loss(batch: Tokens) -> torch.Tensor:
        return aggregate(
            batch.log_prob.square(),
            batch.mask,
            mode,
            loss_scale_factor=6.0,
            num_tokens=num_tokens,
            num_sequences=num_sequences,
        )

    whole, whole_gradient = value_and_gradient(loss, tokens)
    parts = [tokens.rows(slice(start, start + size)) for start in range(0, len(tokens.mask), size)]
    results = [value_and_gradient(loss, part) for part in parts]
    torch.testing.assert_close(sum(value for value, _ in results), whole)
    torch.testing.assert_close(torch.cat([gradient for _, gradient in results]), whole_gradient)
    alone = aggregate(tokens.log_prob.square(), tokens.mask, mode, loss_scale_factor=6.0)
    torch.testing.assert_close(alone, whole)


@settings(max_examples=30)
@given(tokens=batches)
def test_an_empty_row_is_no_sequence(tokens: Tokens) -> None:
    empty = torch.zeros(1, tokens.mask.shape[1])
    longer = torch.cat([tokens.log_prob, empty]), torch.cat([tokens.mask, empty.bool()])
    for mode in MODES:
        value = aggregate(tokens.log_prob, tokens.mask, mode, loss_scale_factor=2.0)
        torch.testing.assert_close(aggregate(*longer, mode, loss_scale_factor=2.0), value)


def test_values_by_hand() -> None:
    loss = torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 9.0, 9.0, 9.0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]])
    expected = {"token-mean": 3.5, "token-sum": 21.0, "seq-mean-token-sum": 10.5, "seq-mean-token-mean": 4.0}
    for mode, value in expected.items():
        assert aggregate(loss, mask, mode).item() == pytest.approx(value)  # type: ignore[arg-type]
    assert aggregate(loss, mask, "seq-mean-token-sum-norm", loss_scale_factor=4).item() == 2.625
    assert sequence_mean(torch.tensor([1.0, 2.0, torch.nan]), mask).item() == 1.5
    assert sequence_mean(torch.tensor([1.0, 2.0, torch.nan]), mask, num_sequences=3).item() == 1.0


def test_an_all_padding_batch_has_loss_zero() -> None:
    for mode in MODES:
        loss = torch.full((2, 3), torch.nan, requires_grad=True)
        value = aggregate(loss, torch.zeros(2, 3), mode, loss_scale_factor=3)
        value.backward()
        assert value.item() == 0
        assert loss.grad is not None and bool((loss.grad == 0).all())


@pytest.mark.parametrize("scale", [None, 0.0, -1.0, float("inf"), float("nan")])
def test_the_constant_divisor_is_not_guessed(scale: float | None) -> None:
    with pytest.raises(ValueError, match="loss_scale_factor is .* positive constant"):
        aggregate(torch.ones(2, 3), torch.ones(2, 3), "seq-mean-token-sum-norm", loss_scale_factor=scale)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="mode is 'mean': choose one of token-mean"):
        aggregate(torch.ones(2, 3), torch.ones(2, 3), "mean")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"loss has shape \(2, 3\), expected \(2, 4\)"):
        aggregate(torch.ones(2, 3), torch.ones(2, 4))
