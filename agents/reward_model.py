"""A reward model learned from preferences (Bradley & Terry 1952; Christiano et al. 2017, arXiv 1706.03741).

A language model with a number in the place of the next token: its value head, read behind the response's last token.
That token is part of what is judged: an end token there tells a finished answer from one that was cut off.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from agents.optimisation import gradient_step
from agents.policies import CausalLM
from agents.rollouts.batch import Batch


def scores(model: CausalLM, batch: Batch) -> Tensor:
    """`[B]`, what the model makes of each response, with gradients.

    Raises:
        ValueError: the model has no value head.
    """
    values = model.evaluate(with_one_more(batch)).values
    if values is None:
        raise ValueError("model has no value head: build it with critic=shared")
    return values.gather(1, batch.mask.sum(1, keepdim=True)).squeeze(1)


def with_one_more(batch: Batch) -> Batch:
    """Responses with one more slot, whatever stands in it: values are told before each token."""
    length = batch.mask.sum(1, keepdim=True)
    mask = torch.nn.functional.pad(batch.mask, (0, 1)).scatter(1, length, True)
    return batch.with_(actions=torch.nn.functional.pad(batch.actions, (0, 1)), mask=mask)


def preferences(batch: Batch) -> tuple[Tensor, Tensor]:
    """All pairs of rows of one group of which the first earned more: two lists of row numbers, `[n]` each."""
    outcome = batch.rewards.sum(1)
    better = outcome.unsqueeze(1) > outcome.unsqueeze(0)
    same_group = batch.group.unsqueeze(1) == batch.group.unsqueeze(0)
    first, second = (better & same_group).nonzero(as_tuple=True)
    return first, second


def bradley_terry(better: Tensor, worse: Tensor) -> Tensor:
    """-log sigmoid(r_better - r_worse), the mean over pairs `[n]`."""
    return -logsigmoid(better - worse).mean()


def fit(model: CausalLM, optimiser: torch.optim.Optimizer, batch: Batch, max_grad_norm: float) -> dict[str, Any]:
    """One gradient step on a batch's preferences; nothing, and no metrics, where there are none."""
    first, second = preferences(batch)
    if not len(first):
        return {}
    made = scores(model, batch)
    loss = bradley_terry(made[first], made[second])
    norm = gradient_step(optimiser, loss, max_grad_norm)
    accuracy = (made[first] > made[second]).float().mean()
    return {"reward_model/loss": loss.detach(), "reward_model/accuracy": accuracy, "reward_model/gradient_norm": norm}
