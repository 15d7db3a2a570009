"""Which rows belong together: responses to one prompt, episodes from one start, visits of one state."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.masking import check_shapes, masked


@dataclass(frozen=True)
class Groups:
    """Statistics within groups of rows, gathered back to the rows; invalid rows count nowhere.

    Attributes:
        index: `[B]`, the group of each row, 0 to the number of groups - 1.
        valid: `[B]` bool.
    """

    index: Tensor
    valid: Tensor

    @classmethod
    def of(cls, group: Tensor, valid: Tensor | None) -> Groups:
        """Groups named by any integers; all rows valid where `valid` is None."""
        valid = torch.ones_like(group, dtype=torch.bool) if valid is None else valid.bool()
        check_shapes(group, valid=valid)
        return cls(torch.unique(group, return_inverse=True)[1], valid)

    def sum(self, x: Tensor) -> Tensor:
        """Sum of the valid rows of each row's group; `x` is `[B]` or `[B, T]`."""
        valid = self.valid.reshape(-1, *[1] * (x.dim() - 1))
        total = x.new_zeros(x.shape).index_add(0, self.index, masked(x, valid))
        return total[self.index]

    def size(self, like: Tensor) -> Tensor:
        """Number of valid rows of each row's group, in the shape and type of `like`."""
        return self.sum(torch.ones_like(like))

    def mean(self, x: Tensor) -> Tensor:
        """Mean of the group; 0 where no row is valid."""
        return self.sum(x) / self.size(x).clamp(min=1)

    def std(self, x: Tensor) -> Tensor:
        """Unbiased standard deviation (ddof 1); 0 where there are fewer than two valid rows."""
        return (self.sum((x - self.mean(x)).square()) / (self.size(x) - 1).clamp(min=1)).sqrt()
