from __future__ import annotations

import pytest
import torch

from agents.reward_shaping import adapt_kl_coef, soft_overlong, subtract_kl


def test_kl_is_taken_from_valid_tokens_only() -> None:
    rewards = torch.tensor([[0.0, 1.0, 0.0]])
    old, ref = torch.tensor([[-1.0, -2.0, torch.nan]]), torch.tensor([[-1.5, -1.0, 0.0]])
    shaped = subtract_kl(rewards, old, ref, torch.tensor([[1, 1, 0]]), kl_coef=0.1)
    torch.testing.assert_close(shaped, torch.tensor([[-0.05, 1.1, 0.0]]))


@pytest.mark.parametrize(
    ("kl", "expected"),
    [(0.1, 0.2), (0.11, 0.2 * 1.001), (5.0, 0.2 * 1.002), (0.0, 0.2 * 0.998)],
)
def test_the_controller_follows_the_target_within_a_fifth(kl: float, expected: float) -> None:
    assert adapt_kl_coef(0.2, kl, num_steps=100) == pytest.approx(expected)


def test_overlong_punishment_has_a_soft_edge_and_a_floor() -> None:
    lengths = torch.tensor([10, 80, 81, 90, 100, 120])
    expected = torch.tensor([0.0, 0.0, -0.05, -0.5, -1.0, -1.0])
    torch.testing.assert_close(soft_overlong(lengths, 100, 20), expected)
    assert soft_overlong(lengths, 100, 20, floor=None)[-1].item() == -2.0
    assert soft_overlong(lengths, 100, 20, factor=0.5)[3].item() == -0.25


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"cache is 0: it must be between 1 and max_length \(100\)"):
        soft_overlong(torch.tensor([1]), 100, 0)
    with pytest.raises(ValueError, match="target and horizon are 0 and 10000"):
        adapt_kl_coef(0.1, 0.1, 1, target=0)
