from __future__ import annotations

import itertools

import pytest
import torch

from agents.entropy import entropy_of_logits
from agents.entropy_minimization import (
    adaptive_temperature,
    em_inf,
    em_rl_sequence_reward,
    em_rl_token_reward,
)


def test_em_inf_is_nearly_a_sign_step() -> None:
    logits = torch.tensor([2.0, 1.5, 1.0, -1.0], dtype=torch.float64)
    moved = em_inf(logits, num_steps=3, kl_weight=0.05) - logits
    torch.testing.assert_close(
        moved, torch.tensor([0.3, -0.29, -0.3, -0.3], dtype=torch.float64), atol=2e-3, rtol=0
    )
    assert em_inf(logits).argmax() == logits.argmax()


def test_em_inf_stops_each_row_by_itself() -> None:
    rows = torch.tensor([[2.0, 1.5, 1.0, -1.0], [8.0, 0.0, 0.0, 0.0]])
    together = em_inf(rows)
    assert torch.equal(together[1], rows[1])
    torch.testing.assert_close(together[0], em_inf(rows[0]))
    assert entropy_of_logits(em_inf(rows, num_steps=100))[0].item() < 0.3


def test_adaptive_temperature_lowers_entropy_to_the_target() -> None:
    logits = torch.tensor([[2.0, 1.5, 1.0, -1.0], [30.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    tau = adaptive_temperature(logits, target_ratio=0.5, tol=1e-6)
    entropy = entropy_of_logits(logits)
    assert entropy_of_logits(logits / tau)[0].item() == pytest.approx(0.5 * entropy[0].item(), abs=1e-6)
    assert tau[1].item() == 1.0


def test_sequence_reward_alone_gives_the_whole_gradient_of_entropy() -> None:
    """The score-function gradient of EM-RL-sequence equals that of the joint entropy; EM-RL-token's does not.

    Exact, by enumeration of all sequences of two tokens from three.
    """
    generator = torch.Generator().manual_seed(1)
    first = torch.randn(3, generator=generator, dtype=torch.float64, requires_grad=True)
    second = torch.randn(3, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    pairs = list(itertools.product(range(3), range(3)))
    log_prob = torch.stack(
        [torch.stack([first.log_softmax(0)[i], second.log_softmax(-1)[i, j]]) for i, j in pairs]
    )
    entropy = torch.stack(
        [torch.stack([entropy_of_logits(first), entropy_of_logits(second[i])]) for i, _ in pairs]
    )
    probability, mask = log_prob.sum(-1).exp(), torch.ones(9, 2)

    def gradient(objective: torch.Tensor) -> torch.Tensor:
        return torch.cat(
            [g.flatten() for g in torch.autograd.grad(objective, (first, second), retain_graph=True)]
        )

    joint = gradient(-(probability * log_prob.sum(-1)).sum())
    torch.testing.assert_close(gradient((probability * entropy.sum(-1)).sum()), joint)
    weight, score = probability.detach(), log_prob.sum(-1)
    sequence = gradient(-(weight * em_rl_sequence_reward(log_prob, mask) * score).sum())
    torch.testing.assert_close(sequence, joint, atol=1e-12, rtol=1e-9)
    token = gradient(-(weight * em_rl_token_reward(entropy, mask) * score).sum())
    direct = gradient((weight * entropy.sum(-1)).sum())
    torch.testing.assert_close(token + direct, joint, atol=1e-12, rtol=1e-9)
    assert not torch.allclose(token, joint)
