"""Low-rank additions to a decoder's weight matrices (LoRA, Hu et al. 2021, arXiv 2106.09685) through `peft`."""

from __future__ import annotations

from agents.policies.bodies import HubBody, LlamaBody

MATRICES = ["qkv", "out", "gate", "up", "down"]
SCALE = 2.0


def add_lora(body: LlamaBody | HubBody, rank: int) -> None:
    """Freezes `body` and adds matrices of a rank, in place, that are zero at first and alone learn.

    Embedding, norms and head stay as they are; a critic's head, which is no part of the body, learns.

    Args:
        body: a decoder; all linear layers of a foreign one.
        rank: at least 1.

    Raises:
        ImportError: peft is missing.
        ValueError: the rank is below 1.
    """
    if rank < 1:
        raise ValueError(f"config lora_rank={rank}: choose at least 1, or none")
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise ImportError("lora_rank needs peft: pip install 'rlenvs-suite[lora]'") from error
    is_ours = isinstance(body, LlamaBody)
    settings = LoraConfig(r=rank, lora_alpha=int(SCALE * rank), target_modules=MATRICES if is_ours else "all-linear")
    inject_adapter_in_model(settings, body.llama if isinstance(body, LlamaBody) else body.model)
