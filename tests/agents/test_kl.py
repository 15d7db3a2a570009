from __future__ import annotations

import math

import pytest
import torch

from agents.kl import k3_saturated, kl

U = torch.tensor([0.2, -0.5, 0.0, -1.0], dtype=torch.float64)
EXPECTED = {
    "k1": (U, torch.ones_like(U)),
    "k2": (U**2 / 2, U),
    "k3": ((-U).exp() + U - 1, 1 - (-U).exp()),
    "abs": (U.abs(), U.sign()),
    "k1+": (U, U),
    "k3+": ((-U).exp() + U - 1, U),
}


@pytest.mark.parametrize("estimator", EXPECTED)
def test_value_and_gradient(estimator: str) -> None:
    u = U.clone().requires_grad_()
    value = kl(u, estimator)  # type: ignore[arg-type]
    value.sum().backward()
    torch.testing.assert_close(value.detach(), EXPECTED[estimator][0])
    torch.testing.assert_close(u.grad, EXPECTED[estimator][1])


def test_k3_by_hand() -> None:
    assert kl(torch.tensor(-1.0, dtype=torch.float64), "k3").item() == pytest.approx(math.e - 2)


def test_expectations_over_actions() -> None:
    """Under pi, k1 and k3 average to the divergence; k1's gradient averages to 0, k2's to the divergence's."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(6, generator=generator, dtype=torch.float64, requires_grad=True)
    reference = torch.randn(6, generator=generator, dtype=torch.float64).log_softmax(0)
    log_pi = logits.log_softmax(0)
    divergence = (log_pi.exp() * (log_pi - reference)).sum()
    (true_gradient,) = torch.autograd.grad(divergence, logits, retain_graph=True)
    for estimator in ("k1", "k3"):
        expected = (log_pi.exp() * kl(log_pi - reference, estimator)).sum()
        torch.testing.assert_close(expected, divergence)
    weight = log_pi.exp().detach()
    for estimator, gradient in (("k1", 0 * true_gradient), ("k2", true_gradient), ("k3+", true_gradient)):
        surrogate = (weight * kl(log_pi - reference, estimator)).sum()  # type: ignore[arg-type]
        found = torch.autograd.grad(surrogate, logits, retain_graph=True)[0]
        torch.testing.assert_close(found, gradient, atol=1e-12, rtol=1e-9)


def test_saturation_is_its_own_function() -> None:
    u = torch.tensor([-14.0, 1.0, 400.0], dtype=torch.float64, requires_grad=True)
    value = k3_saturated(u)
    value.sum().backward()
    assert value.tolist() == pytest.approx([10.0, math.exp(-1), 10.0])
    assert u.grad is not None and u.grad.tolist() == pytest.approx([0.0, 1 - math.exp(-1), 0.0])
    assert kl(u, "k3")[0].item() == pytest.approx(math.exp(14) - 15)


def test_unknown_estimator_is_named() -> None:
    with pytest.raises(ValueError, match="estimator is 'k4': choose one of k1, k2"):
        kl(U, "k4")  # type: ignore[arg-type]
