"""Sampling groups of responses: prompts are read once a group, finished rows leave the batch.

Every row has its own uniform numbers, fixed before the first token, and draws by inversion. So neither the other rows
nor the moment at which finished ones leave changes what a row says, up to the last bits of the network's sums, which
depend on the shape of the batch (3e-6 in a log-probability; equal layouts give equal bits).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

from agents.entropy_minimization import adaptive_temperature, em_inf
from agents.rollouts.stopping import end_tokens, stopped, tail_of
from rlenvs.text.tokenizers import Tokenizer

Adjustment = Literal["none", "em_inf", "adaptive_temperature"]
COMPACT_BELOW = 0.75  # share of rows still writing below which the others leave the batch


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: logits are divided by it; 0 takes the likeliest token.
        top_p: draws among the fewest likeliest tokens that hold this much probability.
        stop: a response ends with the token that completes one of these strings; they may name special tokens.
        adjustment: of each step's logits before that, by their own entropy (arXiv 2505.15134, without any training):
            `em_inf` makes the likely tokens likelier, `adaptive_temperature` keeps a fifth of the entropy. The
            likeliest token stays the likeliest; as in `agents.entropy_minimization`, with the defaults there.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    adjustment: Adjustment = "none"

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature={self.temperature}: it cannot be negative; 0 takes the likeliest token")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p={self.top_p}: choose a share above 0 and up to 1")
        if isinstance(self.stop, str) or not all(self.stop):
            raise ValueError(f"stop={self.stop!r}: give a tuple of strings that are not empty")
        if self.adjustment not in get_args(Adjustment):
            raise ValueError(f"adjustment={self.adjustment!r}: choose one of {', '.join(get_args(Adjustment))}")


GREEDY = Sampling(temperature=0.0)


@dataclass(frozen=True)
class Generation:
    """B responses of up to T tokens.

    Attributes:
        tokens: `[B, T]`, padding behind the end.
        lengths: `[B]`, the end token included.
        log_prob: `[B, T]` of each token at the temperature of sampling (at 1 where that is 0), over all tokens; 0 at
            padding.
        sampled_log_prob: the same under what it was drawn from: after an adjustment, and with `top_p` the rest has no
            probability.
    """

    tokens: Tensor
    lengths: Tensor
    log_prob: Tensor
    sampled_log_prob: Tensor

    @property
    def mask(self) -> Tensor:
        """`[B, T]` bool, the tokens that count."""
        return torch.arange(self.tokens.shape[1], device=self.tokens.device) < self.lengths.unsqueeze(1)


class Decoding(Protocol):
    """Rows under way: see `kv_cache.LlamaDecoding`.

    Attributes:
        features: `[B, width]` that predict the first token.
    """

    features: Tensor

    def step(self, tokens: Tensor) -> Tensor:
        """Appends a token a row and returns the features that predict the next one."""
        ...

    def keep(self, rows: Tensor) -> None:
        """Goes on with these rows alone."""
        ...


class Writer(Protocol):
    """What `generate` needs of a policy.

    Attributes:
        eos_id: the end token.
        pad_id: the padding.
    """

    eos_id: int
    pad_id: int

    def decoding(self, prompts: Tensor, group_size: int, room: int) -> Decoding:
        """Reads prompts `[P, L]` for G rows each."""
        ...

    def computing(self) -> AbstractContextManager:
        """Within it the body computes in the precision that was chosen."""
        ...

    def next_token_logits(self, features: Tensor) -> Tensor:
        """`[..., width]` to `[..., V]` at temperature 1; minus infinity for tokens that are never written."""
        ...


def generate(
    writer: Writer,
    prompts: Tensor,
    group_size: int,
    uniforms: Tensor,
    sampling: Sampling = Sampling(),
    tokenizer: Tokenizer | None = None,
) -> Generation:
    """Writes `group_size` responses to each prompt.

    Args:
        writer: the policy.
        prompts: `[P, L]`, ids and then `responses.NO_TOKEN`.
        group_size: G; row i answers prompt i // G.
        uniforms: `[P * G, T]` in [0, 1); T is the most tokens of a response.
        sampling: temperature, top-p, stop strings.
        tokenizer: ids to text, needed for stop strings. A chat model's also tells what else ends a response; without
            it the end token alone does.

    Raises:
        ValueError: Stop strings without `tokenizer`, or uniform numbers for another number of rows.
    """
    count = len(uniforms)
    if count != len(prompts) * group_size:
        raise ValueError(f"uniforms has {count} rows: {len(prompts)} prompts of {group_size} responses need one each")
    if sampling.stop and tokenizer is None:
        raise ValueError(f"stop={sampling.stop!r}: give the tokenizer, which knows their text")
    with writer.computing(), _without_gradients(prompts.device.type):
        written = _write(writer, prompts, group_size, uniforms, sampling, tokenizer)
    return Generation(*(part.clone() for part in written))  # tensors that may become part of a graph


def _without_gradients(kind: str) -> AbstractContextManager:
    """Inference mode is the faster one, but in it autocast converts the weights anew for every token."""
    return torch.no_grad() if torch.is_autocast_enabled(kind) else torch.inference_mode()


def _write(
    writer: Writer,
    prompts: Tensor,
    group_size: int,
    uniforms: Tensor,
    sampling: Sampling,
    tokenizer: Tokenizer | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The fields of a `Generation`."""
    (count, steps), device = uniforms.shape, prompts.device
    tokens = torch.full((count, steps), writer.pad_id, device=device)
    log_prob, sampled = torch.zeros(2, count, steps, device=device)
    lengths = torch.full((count,), steps, device=device)
    rows = torch.arange(count, device=device)
    writing = torch.ones(count, dtype=torch.bool, device=device)
    ends = end_tokens(writer.eos_id, tokenizer, device)
    tail = tail_of(sampling.stop) if sampling.stop else 0
    decoding = writer.decoding(prompts, group_size, steps)
    features = decoding.features
    for step in range(steps):
        chosen, *log_probs = draw(writer.next_token_logits(features), uniforms[:, step].index_select(0, rows), sampling)
        for store, column in zip((tokens, log_prob, sampled), (chosen, *log_probs), strict=True):
            store[:, step].index_copy_(0, rows, column)
        ended = torch.isin(chosen, ends)
        if sampling.stop and tokenizer is not None:
            written = tokens[rows, max(0, step + 1 - tail) : step + 1].tolist()
            ended |= torch.tensor(stopped(written, sampling.stop, tokenizer), device=device)
        lengths.index_copy_(0, rows, torch.where(ended & writing, step + 1, lengths.index_select(0, rows)))
        writing &= ~ended
        left = int(writing.sum())
        if not left or step + 1 == steps:
            break
        if left < COMPACT_BELOW * len(rows):
            kept = writing.nonzero().squeeze(1)
            decoding.keep(kept)
            rows, chosen, writing = rows[kept], chosen[kept], writing[kept]
        features = decoding.step(chosen)
    behind = torch.arange(step + 1, device=device) >= lengths.unsqueeze(1)
    tokens, log_prob, sampled = (part[:, : step + 1] for part in (tokens, log_prob, sampled))
    tokens.masked_fill_(behind, writer.pad_id)  # what rows wrote after their end, still in the batch
    return tokens, lengths, log_prob.masked_fill_(behind, 0.0), sampled.masked_fill_(behind, 0.0)


def draw(logits: Tensor, uniforms: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor, Tensor]:
    """One token a row, by inversion of the cumulative distribution.

    Args:
        logits: `[B, V]` at temperature 1.
        uniforms: `[B]` in [0, 1).
        sampling: how.

    Returns:
        Tokens `[B]`, their log-probability before and after adjustment and `top_p`, `[B]` each.
    """
    warmth = sampling.temperature or 1.0
    log_policy = (logits / warmth).float().log_softmax(-1)
    adjusted = log_policy if sampling.adjustment == "none" else (_adjusted(logits, sampling) / warmth).log_softmax(-1)
    kept = adjusted if sampling.top_p == 1 else _nucleus(adjusted, sampling.top_p)
    if sampling.temperature == 0:
        chosen = log_policy.argmax(-1)
    else:
        cumulative = kept.exp().cumsum(-1, dtype=torch.float64)
        chosen = (cumulative[:, :-1] <= uniforms.unsqueeze(-1) * cumulative[:, -1:]).sum(-1)
    before, after = (part.gather(-1, chosen.unsqueeze(-1)).squeeze(-1) for part in (log_policy, kept))
    return chosen, before, after


def _adjusted(logits: Tensor, sampling: Sampling) -> Tensor:
    """Logits after what `sampling.adjustment` makes of them."""
    logits = logits.float()
    return em_inf(logits) if sampling.adjustment == "em_inf" else logits / adaptive_temperature(logits)


def _nucleus(log_policy: Tensor, top_p: float) -> Tensor:
    """The distribution over the fewest likeliest tokens whose probabilities reach `top_p`."""
    ordered, order = log_policy.sort(descending=True)
    before = ordered.exp().cumsum(-1) - ordered.exp()
    cut = torch.zeros_like(log_policy, dtype=torch.bool).scatter(-1, order, before >= top_p)
    return log_policy.masked_fill(cut, -torch.inf).log_softmax(-1)
