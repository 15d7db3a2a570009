"""Random `[B, T]` batches with irregular masks, and the two things padding must never do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from hypothesis import strategies as st
from torch import Tensor

GARBAGE = (float("nan"), float("inf"), -float("inf"), 1e30)


@dataclass(frozen=True)
class Tokens:
    """What a policy loss sees; float64."""

    log_prob: Tensor
    old_log_prob: Tensor
    advantages: Tensor
    mask: Tensor

    @classmethod
    def draw(cls, seed: int, mask: list[list[bool]]) -> Tokens:
        generator = torch.Generator().manual_seed(seed)
        valid = torch.tensor(mask)
        shape = valid.shape
        log_prob = -torch.rand(shape, generator=generator, dtype=torch.float64) * 3
        old_log_prob = log_prob + 0.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
        return cls(
            log_prob, old_log_prob, torch.randn(shape, generator=generator, dtype=torch.float64), valid
        )

    def map(self, change: Callable[[Tensor], Tensor]) -> Tokens:
        """Apply to every tensor but the mask."""
        return replace(
            self,
            log_prob=change(self.log_prob),
            old_log_prob=change(self.old_log_prob),
            advantages=change(self.advantages),
        )

    def fill_padding(self, value: float) -> Tokens:
        return self.map(lambda x: torch.where(self.mask, x, value))

    def extend(self, extra: int) -> Tokens:
        """Longer rows, with numbers in the new slots and mask 0."""
        extended = self.map(lambda x: torch.nn.functional.pad(x, (0, extra), value=7.0))
        return replace(extended, mask=torch.nn.functional.pad(self.mask, (0, extra)))

    def rows(self, part: slice) -> Tokens:
        return replace(self.map(lambda x: x[part]), mask=self.mask[part])


@st.composite
def masks(draw: st.DrawFn, max_rows: int = 5, max_steps: int = 6) -> list[list[bool]]:
    """A mask with holes and empty rows, and at least one valid slot."""
    rows, steps = draw(st.integers(1, max_rows)), draw(st.integers(1, max_steps))
    mask = draw(
        st.lists(st.lists(st.booleans(), min_size=steps, max_size=steps), min_size=rows, max_size=rows)
    )
    if not any(any(row) for row in mask):
        mask[0][0] = True
    return mask


batches = st.builds(Tokens.draw, st.integers(0, 2**32 - 1), masks())


def value_and_gradient(loss: Callable[[Tokens], Tensor], tokens: Tokens) -> tuple[Tensor, Tensor]:
    """A scalar loss and its gradient with respect to `log_prob`."""
    leaf = tokens.log_prob.clone().requires_grad_()
    value = loss(replace(tokens, log_prob=leaf))
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.detach(), gradient


def assert_padding_is_inert(loss: Callable[[Tokens], Tensor], tokens: Tokens, garbage: float) -> None:
    """Garbage in the padding, or more of it, changes neither the loss nor a gradient; padding's own is 0."""
    value, gradient = value_and_gradient(loss, tokens)
    assert bool((gradient[~tokens.mask] == 0).all())
    filled_value, filled_gradient = value_and_gradient(loss, tokens.fill_padding(garbage))
    torch.testing.assert_close(filled_value, value, rtol=0, atol=0)
    torch.testing.assert_close(filled_gradient, gradient, rtol=0, atol=0)
    longer_value, longer_gradient = value_and_gradient(loss, tokens.extend(3))
    torch.testing.assert_close(longer_value, value)
    torch.testing.assert_close(longer_gradient[:, : tokens.mask.shape[1]], gradient)
    assert bool((longer_gradient[:, tokens.mask.shape[1] :] == 0).all())
