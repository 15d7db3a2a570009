"""Causal language models of `transformers` by name or path, with their tokenizer and chat template.

Llama, Mistral, Qwen2 and Qwen3 pass through our decoder, any other model through its own forward pass. Weights of a
hub are downloaded only where somebody names one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.policies.bodies import HubBody, LlamaBody
from agents.policies.conversion import from_transformers, is_llama_like
from rlenvs.text.tokenizers import HuggingFaceTokenizer


def load_body(name: str | Path) -> LlamaBody | HubBody:
    """The decoder of a causal language model, in float32.

    Raises:
        ImportError: transformers is missing.
        ValueError: there is no such model, or it is none that writes text.
    """
    import torch
    from transformers import AutoModelForCausalLM

    try:
        model = AutoModelForCausalLM.from_pretrained(str(name), dtype=torch.float32)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"model={str(name)!r} cannot be loaded ({reason[:99]}); give a path or a name") from error
    return LlamaBody(from_transformers(model), str(name)) if is_llama_like(model.config) else HubBody(model, str(name))


class ChatTokenizer(HuggingFaceTokenizer):
    """A tokenizer whose `encode` puts a text into the model's chat template, as the user's words.

    For prompts in style `chat`: `gymnasium.make(..., style="chat", tokenizer=ChatTokenizer(path))`.

    Args:
        tokenizer: as of `HuggingFaceTokenizer`.

    Raises:
        ValueError: It has no chat template.
    """

    def __init__(self, tokenizer: Any) -> None:
        super().__init__(tokenizer)
        if not self.tokenizer.chat_template:
            raise ValueError("tokenizer has no chat_template: use HuggingFaceTokenizer")

    def encode(self, text: str) -> list[int]:
        """The ids of a conversation in which it is the model's turn."""
        messages = [{"role": "user", "content": text}]
        return list(self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False))
