"""Decoding in memory that never moves, so that a step is one CUDA graph a number of rows.

A small decoder's step on a GPU is a hundred kernels of a few microseconds each, and launching them takes longer than
they do. A CUDA graph launches all at once, but reads and writes the same addresses and shapes every time. So the cache
is as long as the longest response from the start, what is not written yet is hidden by a bias, the column to be written
is itself a number in the device's memory, and rows are filled up to a few sizes with rows that nobody reads. Tokens are
drawn outside, with uniform numbers that were drawn before: a graph holds no random numbers.

On a CPU the same steps run without a graph; that is how they are tested. Attention over the whole width is the price:
it pays where launching is what takes the time.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from agents.policies.attention import NEVER, attend_folded
from agents.policies.llama import Llama
from agents.rollouts.kv_cache import LlamaDecoding

LEAST_ROWS = 64
WARM_UPS = 3  # calls before a graph is recorded: libraries take their memory, kernels are compiled


@dataclass(frozen=True)
class Memory:
    """What graphs read and write, for up to R rows and W columns.

    Attributes:
        store: `[layers, 2, R * K, W, D]`, keys and values.
        bias: `[R * K, 1, W]`, 0 where a row may look, else `NEVER`.
        column: `[1]`, the next to be written.
        positions: `[R]`, of the next token of each row in its text.
        tokens: `[R]`, which are read next.
        features: `[R, width]`, what the last step gave.
        rotations: of positions 0 to W - 1, as `Llama.rotations` gives them.
    """

    store: Tensor
    bias: Tensor
    column: Tensor
    positions: Tensor
    tokens: Tensor
    features: Tensor
    rotations: Tensor

    @classmethod
    def empty(cls, llama: Llama, rows: int, width: int, features: Tensor, dtype: torch.dtype) -> Memory:
        """Zeros, not whatever was there: hidden columns are multiplied by 0, and 0 times nan is nan."""
        config, device = llama.config, features.device
        heads = rows * config.kv_heads
        with torch.inference_mode(False), torch.no_grad():
            return cls(
                store=torch.zeros(config.layers, 2, heads, width, config.head_dim, dtype=dtype, device=device),
                bias=torch.full((heads, 1, width), NEVER, device=device),
                column=torch.zeros(1, dtype=torch.long, device=device),
                positions=torch.zeros(rows, dtype=torch.long, device=device),
                tokens=torch.zeros(rows, dtype=torch.long, device=device),
                features=torch.zeros(rows, features.shape[1], dtype=features.dtype, device=device),
                rotations=llama.rotations(torch.arange(width, device=device)),
            )

    def holds(self, rows: int, width: int, features: Tensor, dtype: torch.dtype) -> bool:
        """Whether it has room for so many rows and columns, in these types."""
        is_alike = self.store.dtype == dtype and self.features.dtype == features.dtype
        return is_alike and len(self.positions) >= rows and self.store.shape[3] >= width


class StaticDecoder:
    """Writes responses with one `Llama`, in memory and with graphs that are kept from batch to batch.

    Graphs read the decoder's parameters where they are: an optimiser changes them in place, and so does
    `load_state_dict`; a parameter that is moved or replaced needs a new StaticDecoder. In half precision they read a
    copy of the matrices, which each batch of responses brings up to date: converted in every step, reading them would
    take several times as long.

    Args:
        llama: the decoder.

    Attributes:
        reader: what steps are computed with: the decoder, or its copy in half precision.
    """

    def __init__(self, llama: Llama) -> None:
        self.llama = self.reader = llama
        self.memory: Memory | None = None
        self.graphs: dict[int, torch.cuda.CUDAGraph] = {}

    def decoding(self, prompts: Tensor, group_size: int, room: int) -> StaticDecoding:
        """Reads prompts `[P, L]` for G rows each, of which `room` tokens will be appended at most."""
        read = LlamaDecoding(self.llama, prompts, group_size, 0)
        rows, width, dtype = len(read.positions), prompts.shape[1] + room, read.cache.store.dtype
        self._convert(dtype)
        if self.memory is None or not self.memory.holds(rows, width, read.features, dtype):
            self.graphs.clear()
            self.memory = Memory.empty(self.llama, sizes_for(rows)[0], width, read.features, dtype)
            if prompts.is_cuda:
                with torch.cuda.device(prompts.device), any_kernels():
                    self._record(sizes_for(rows))
        return StaticDecoding(self, self.memory, read, prompts.shape[1])

    @torch.no_grad()
    def _convert(self, dtype: torch.dtype) -> None:
        """Brings the copy of the matrices up to date; graphs that read another one are forgotten."""
        own, there = matrices(self.llama), matrices(self.reader)
        if there[0].dtype != dtype:
            with torch.inference_mode(False):
                copies = {id(one): nn.Parameter(one.to(dtype, copy=True), requires_grad=False) for one in own}
                shared = {id(one): one for one in (*self.llama.parameters(), *self.llama.buffers())}
                self.reader = self.llama if own[0].dtype == dtype else copy.deepcopy(self.llama, shared | copies)
            self.memory = None
        elif self.reader is not self.llama:
            for one, other in zip(there, own, strict=True):
                one.copy_(other)

    def advance(self, rows: int) -> None:
        """Reads `tokens` of the first rows of the memory and writes `features`; goes on by a column."""
        if rows in self.graphs:
            self.graphs[rows].replay()
        else:
            self._step(rows)

    def _record(self, sizes: list[int]) -> None:
        """A graph for each number of rows, the largest first, in one pool: they are never replayed at once.

        Calls before and during recording go to a stream of their own, as graphs must; what they leave in the memory is
        overwritten when a batch begins.
        """
        assert self.memory is not None
        pool = torch.cuda.graph_pool_handle()
        for rows in sizes:
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(WARM_UPS):
                    self.memory.column.zero_()
                    self.memory.positions.zero_()
                    self._step(rows)
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=pool):
                self._step(rows)
            self.graphs[rows] = graph

    def _step(self, rows: int) -> None:
        """What a graph records: kernels on the memory alone, no shape and no number that the host decides."""
        assert self.memory is not None
        memory = self.memory
        memory.bias[: rows * self.llama.config.kv_heads].index_fill_(2, memory.column, 0.0)
        kind = memory.tokens.device.type
        # Autocast would keep weights that it converted before the recording, and a graph would read those for ever.
        with torch.autocast(kind, torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind), cache_enabled=False):
            rotations = memory.rotations.index_select(0, memory.positions[:rows])
            memory.features[:rows] = self.reader(memory.tokens[:rows], rotations, partial(self._attend, memory))
        memory.positions[:rows].add_(1)
        memory.column.add_(1)

    def _attend(self, memory: Memory, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Of one new token a row, to all columns that its bias leaves open."""
        folded = queries.unflatten(1, (self.llama.config.kv_heads, -1)).flatten(0, 1)
        seen = memory.store[layer, :, : len(folded)]
        for place, part in enumerate((keys, values)):
            seen[place].index_copy_(1, memory.column, part.flatten(0, 1).unsqueeze(1).to(seen.dtype))
        bias = memory.bias[: len(folded)]
        return attend_folded(folded, seen[0], seen[1], bias).view(len(queries), -1)


class StaticDecoding:
    """Responses under way in a `StaticDecoder`'s memory; those begun before are lost.

    Args:
        decoder: whose memory.
        memory: that memory.
        read: the prompts, read.
        width: columns of the prompts.
    """

    def __init__(self, decoder: StaticDecoder, memory: Memory, read: LlamaDecoding, width: int) -> None:
        self.decoder, self.memory, self.features = decoder, memory, read.features
        self.sizes, self.column = sizes_for(len(read.positions)), width
        heads = read.cache.store.shape[2]
        memory.store[:, :, :heads, :width] = read.cache.store
        memory.bias.fill_(NEVER)
        memory.bias[:heads, :, :width] = 0.0 if read.cache.bias is None else read.cache.bias
        memory.positions.zero_()
        memory.positions[: len(read.positions)] = read.positions
        memory.column.fill_(width)

    def step(self, tokens: Tensor) -> Tensor:
        """Appends one token a row, `[B]`; returns the features `[B, width]` that predict the next."""
        count = len(tokens)
        self.memory.tokens[:count] = tokens
        self.decoder.advance(min(size for size in self.sizes if size >= count))
        self.column += 1
        return self.memory.features[:count].clone()

    def keep(self, rows: Tensor) -> None:
        """Goes on with these rows alone, `[b]` in ascending order: they move to the front."""
        each = torch.arange(self.decoder.llama.config.kv_heads, device=rows.device)
        heads = (rows.unsqueeze(1) * len(each) + each).flatten()
        for layer in self.memory.store[:, :, :, : self.column]:
            layer[:, : len(heads)] = layer.index_select(1, heads)
        self.memory.bias[: len(heads)] = self.memory.bias.index_select(0, heads)
        self.memory.positions[: len(rows)] = self.memory.positions.index_select(0, rows)


@contextmanager
def any_kernels() -> Iterator[None]:
    """Within it PyTorch may take kernels that are not deterministic in general.

    The deterministic one of `index_copy_` sorts and may ask the host, which a graph cannot; where one column is written
    both do the same.
    """
    enabled, warns = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(enabled, warn_only=warns)


def matrices(llama: Llama) -> list[nn.Parameter]:
    """Weights and biases of the layers' products, in order: what is computed in half precision."""
    products = [module for module in llama.blocks.modules() if isinstance(module, nn.Linear)]
    return [parameter for product in products for parameter in product.parameters(recurse=False)]


def sizes_for(rows: int) -> list[int]:
    """Numbers of rows that have graphs, falling: the power of two from 64 on that holds `rows`, and those below."""
    largest = LEAST_ROWS
    while largest < rows:
        largest *= 2
    return [largest >> halvings for halvings in range((largest // LEAST_ROWS).bit_length())]
