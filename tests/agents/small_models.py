"""Language models small enough for tests, with weights large enough that their words differ."""

from __future__ import annotations

import torch

from agents.policies import PolicyConfig
from agents.policies.bodies import LlamaBody
from agents.policies.causal_lm import CausalLM
from agents.policies.llama import Llama, LlamaConfig
from agents.policies.responses import NO_TOKEN
from agents.rollouts.batch import Batch
from agents.rollouts.generation import Sampling, generate
from agents.rollouts.generation_collector import response_batch

VOCAB = 20
CPU = torch.device("cpu")
SAMPLED = Sampling()


def small_llama(seed: int = 0, **sizes) -> Llama:
    torch.set_num_threads(1)  # a second one only waits, with sizes like these
    torch.manual_seed(seed)
    sizes = {
        "vocab_size": VOCAB,
        "width": 16,
        "layers": 2,
        "heads": 4,
        "kv_heads": 1,
        "head_dim": 8,
        "hidden": 24,
    } | sizes
    llama = Llama(LlamaConfig(**sizes))
    for parameter in llama.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
        else:
            torch.nn.init.normal_(parameter, mean=1.0, std=0.1)
    return llama


def small_policy(body=None, seed: int = 0, **settings) -> CausalLM:
    """Pad 0, end 1, beginning 2; neither padding nor beginning are written."""
    writable = torch.ones(VOCAB, dtype=torch.bool)
    writable[[0, 2]] = False
    body = LlamaBody(small_llama(seed)) if body is None else body
    config = PolicyConfig(**{"precision": "float32", "network": "causal_lm", **settings})
    return CausalLM(body, config, 0, 1, writable, CPU)


def ragged_prompts(count: int = 5, width: int = 7, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    prompts = torch.randint(3, VOCAB, (count, width), generator=generator)
    lengths = torch.randint(2, width + 1, (count,), generator=generator)
    lengths[0] = width
    return prompts.masked_fill(torch.arange(width) >= lengths.unsqueeze(1), NO_TOKEN)


def uniforms(rows: int, steps: int = 12, seed: int = 2) -> torch.Tensor:
    return torch.rand(rows, steps, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def written_batch(policy: CausalLM, prompts: torch.Tensor, group_size: int = 3, sampling: Sampling = SAMPLED) -> Batch:
    drawn = uniforms(len(prompts) * group_size)
    return response_batch(prompts, group_size, generate(policy, prompts, group_size, drawn, sampling))
