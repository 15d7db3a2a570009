"""One reference case: parameters, tensors and expected values, and where they came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_args

import torch
from torch import Tensor

from agents import aggregation, losses
from agents.aggregation import AggregationMode

Outcome = dict[str, Tensor]


class NotCovered(Exception):
    """The case asks for something this project does not implement; the message says what."""


class MalformedCase(ValueError):
    """The case is not of the oracle format; the message says where."""


@dataclass
class Case:
    """A case of an oracle file.

    Attributes:
        id: Unique, begins with the source: `verl/`, `prime/`, `trl/` ...
        kind: What goes in and comes out (`kinds` in the file's header).
        algorithm: The formula.
        params: Read through `param`, so that unknown ones are noticed.
        inputs: Nested lists, read through `tensor`.
        expected: Nested lists or numbers by name.
        repo: The reference implementation, or "".
        single_precision: The values were computed in float32.
    """

    id: str
    kind: str
    algorithm: str
    params: dict[str, Any]
    inputs: dict[str, Any]
    expected: dict[str, Any]
    repo: str = ""
    single_precision: bool = False
    used: set[str] = field(default_factory=set)

    @classmethod
    def parse(cls, raw: Any, position: int) -> Case:
        """A case from its JSON object.

        Raises:
            MalformedCase: A field is missing or of the wrong type.
        """
        if not isinstance(raw, dict):
            raise MalformedCase(f"case {position} is {type(raw).__name__}, not an object")
        name = raw.get("id", f"number {position}")
        for key, kind in (("id", str), ("kind", str), ("algorithm", str)):
            _require(raw, key, kind, name)
        for key in ("params", "inputs", "expected"):
            _require(raw, key, dict, name)
        source = raw.get("source")
        return cls(
            id=raw["id"],
            kind=raw["kind"],
            algorithm=raw["algorithm"],
            params=raw["params"],
            inputs=raw["inputs"],
            expected=raw["expected"],
            repo=str(source.get("repo") or "") if isinstance(source, dict) else "",
            single_precision="fp32" in str(raw.get("notes") or ""),
        )

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the reference."""
        return torch.float32 if self.single_precision else torch.float64

    def from_repo(self, name: str) -> bool:
        """Whether the reference implementation's repository has this word in its name (verl, trl, PRIME)."""
        return name.lower() in self.repo.lower()

    def param(self, name: str, default: Any = None) -> Any:
        """A parameter, or the reference's default where the case does not name it."""
        self.used.add(name)
        return self.params.get(name, default)

    def required(self, name: str) -> Any:
        """A parameter without a default."""
        if self.param(name) is None:
            raise MalformedCase(f"case {self.id!r}: params has no {name}")
        return self.params[name]

    def ignore(self, *names: str) -> None:
        """Accept parameters that the reference takes and does not use."""
        self.used.update(names)

    def only(self, name: str, *allowed: Any) -> None:
        """Accept a parameter that can have these values only; anything else is not covered."""
        if name in self.params and self.param(name) not in allowed:
            raise NotCovered(f"{name}={self.params[name]!r}")

    def tensor(self, *names: str, dtype: torch.dtype | None = None) -> Tensor:
        """An input under the first of these names that the case has."""
        for name in names:
            if name in self.inputs:
                return as_tensor(self.inputs[name], dtype or self.dtype, f"case {self.id!r}: inputs.{name}")
        raise MalformedCase(f"case {self.id!r}: inputs has no {names[0]}")

    @property
    def mask(self) -> Tensor:
        """The mask of the valid tokens, bool."""
        return self.tensor("response_mask", "mask").bool()

    def log_ratio(self, log_prob: Tensor) -> Tensor:
        """Log-ratio d to the old policy, unclamped."""
        return losses.log_ratio(log_prob, self.tensor("old_log_prob"), self.mask)

    def aggregate(self, loss: Tensor, mask: Tensor, fixed: AggregationMode | None = None) -> Tensor:
        """The case's aggregation with its normalisers, or a `fixed` one; C is the row length T where not given."""
        mode = self.param("loss_agg_mode", self.param("mode", "token-mean"))
        if mode not in get_args(AggregationMode):
            raise NotCovered(f"aggregation {mode}")
        scale = self.param("loss_scale_factor") or self.param("max_completion_length") or mask.shape[-1]
        num_sequences = self.param("global_batch_size")
        if self.from_repo("PRIME"):
            if mode == "seq-mean-token-sum-norm":
                raise NotCovered(
                    "the old normaliser of seq-mean-token-sum-norm, sum/T without the mean over rows"
                )
            num_sequences = len(mask)
        if self.from_repo("trl"):
            num_sequences = num_sequences or len(mask)
        return aggregation.aggregate(
            loss,
            mask,
            fixed or mode,
            loss_scale_factor=float(scale),
            num_tokens=self.param("batch_num_tokens"),
            num_sequences=num_sequences,
        )

    def with_gradient(
        self, name: str, compute: Callable[[Tensor], Tensor], loss: str = "loss", grad: str | None = None
    ) -> Outcome:
        """A value computed from the input `name`, and its gradient with respect to it."""
        leaf = self.tensor(name).requires_grad_()
        value = compute(leaf)
        (gradient,) = torch.autograd.grad(value.sum(), leaf, allow_unused=True)
        gradient = torch.zeros_like(leaf) if gradient is None else gradient
        return {loss: value.detach(), grad or f"grad_{name}": gradient}

    def unread_params(self) -> list[str]:
        """Parameters that the computation never asked for: the case means something we do not compute."""
        return sorted(set(self.params) - self.used)


def as_tensor(values: Any, dtype: torch.dtype, where: str) -> Tensor:
    """Nested lists as a tensor.

    Raises:
        MalformedCase: They are ragged, or hold something other than numbers.
    """
    try:
        return torch.tensor(values, dtype=dtype)
    except (ValueError, TypeError, RuntimeError) as error:
        raise MalformedCase(f"{where} is no array of numbers ({str(error).splitlines()[0]})") from error


def _require(raw: dict[str, Any], key: str, kind: type, name: str) -> None:
    if key not in raw:
        raise MalformedCase(f"case {name!r} has no field {key!r}")
    if not isinstance(raw[key], kind):
        raise MalformedCase(f"case {name!r}: {key} is {type(raw[key]).__name__}, expected {kind.__name__}")
