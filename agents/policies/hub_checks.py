"""Whether a model of `transformers` can be read and written with by `HubBody`: asked of the model, over four tokens.

Settings that bend logits have a dozen names, some of them in nested configurations, and what a cache keeps has none. So
the model is run when it is loaded, four passes over at most eight tokens each.

Not covered is what shows in longer texts alone: rotations that change with a text's length, `rope_type` `dynamic` and
`longrope`, beyond the original one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from agents.policies.responses import NO_TOKEN

if TYPE_CHECKING:
    from agents.policies.bodies import HubBody

TOKENS = 4
LARGEST = 100.0  # logits up to here show soft caps of 30 and 50, however small a model's own are
WORKING = "choose one that attends to kept keys and values alone, such as Llama, Qwen3, Gemma 3, Phi-3 or GPT-NeoX"
PLAIN = "choose one whose logits are its head's outputs, such as Llama, Qwen3, Gemma 3, Phi-3 or GPT-NeoX"
_THEIRS = (AttributeError, IndexError, KeyError, NotImplementedError, RuntimeError, TypeError, ValueError)


def check_parts(model: Any, name: str) -> None:
    """A decoder, and one layer from its features to logits.

    Raises:
        ValueError: the model does not tell them apart.
    """
    if model.base_model is model or model.get_output_embeddings() is None:
        raise ValueError(f"{_called(model, name)} is not a decoder with a head behind it; {WORKING}")


@torch.no_grad()
def check_model(body: HubBody) -> None:
    """Logits are those of the head, and texts written are as if read whole; unknown of a model on the meta device.

    Raises:
        ValueError: logits are capped, scaled or transformed beside the head; or the model keeps a running state, has no
            cache, or takes padding for text.
    """
    if body.model.device.type == "meta":
        return
    name = _called(body.model, body.description["model"])
    text = torch.arange(1, TOKENS + 1, device=body.model.device) % body.vocab_size  # 0 is padding to many models
    try:
        whole = body.model.base_model(input_ids=text.unsqueeze(0), use_cache=False).last_hidden_state
        entered, left, logits = _through_head(body.model, text)
    except _THEIRS as error:
        raise ValueError(f"{name} cannot read a text alone ({_line(error)}); {WORKING}") from error
    if not (_near(entered, whole) and _near(left, logits)):
        raise ValueError(f"{name} caps, scales or transforms logits beside its head, unsupported here; {PLAIN}")
    try:
        written = _written(body, text)
    except _THEIRS as error:
        reason = f"as recurrent and hybrid models cannot ({_line(error)})"
        raise ValueError(f"{name} cannot go on writing groups of texts, {reason}; {WORKING}") from error
    if not _near(written, whole[0, [3, 1, 2]]):
        raise ValueError(f"{name} writes with its cache and padding otherwise than it reads; {WORKING}")


def _through_head(model: Any, text: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What enters the head, what leaves it once that is enlarged to reach `LARGEST`, and what the model makes of it."""
    entered: list[Tensor] = []
    left: list[Tensor] = []

    def enlarge(head: nn.Module, inputs: tuple[Tensor]) -> Tensor:
        entered.append(inputs[0])
        return inputs[0] * (LARGEST / head.forward(inputs[0]).abs().max().clamp(min=1e-9))

    head = model.get_output_embeddings()
    hooks = head.register_forward_pre_hook(enlarge), head.register_forward_hook(lambda *passed: left.append(passed[-1]))
    try:
        logits = model(input_ids=text.unsqueeze(0), use_cache=False).logits
    finally:
        for hook in hooks:
            hook.remove()
    return entered[0], left[0], logits


def _written(body: HubBody, text: Tensor) -> Tensor:
    """Features at tokens 3, 1 and 2: the whole text is one prompt, its half another that is continued.

    Each prompt has a group of two rows; three of the four go on, a number that fits no row forgotten in between.
    """
    half = text.masked_fill(torch.arange(TOKENS, device=text.device) >= 2, NO_TOKEN)
    decoding = body.decoding(torch.stack([text, half]), 2, 1)
    asked = decoding.features[[0, 2]]
    decoding.keep(torch.tensor([1, 2, 3], device=text.device))
    return torch.cat([asked, decoding.step(text[[2, 2, 2]])[1:2]])


def _near(one: Tensor, other: Tensor) -> bool:
    """Whether two results of one computation agree, to half the digits of their type."""
    share = max(torch.finfo(part.dtype).eps for part in (one, other)) ** 0.5
    return one.shape == other.shape and bool((one - other).abs().max() <= share * other.abs().max())


def _called(model: Any, name: str) -> str:
    return f"model={name!r} (model_type={getattr(model.config, 'model_type', '')!r})"


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:99]
