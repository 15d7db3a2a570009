"""From a text environment's rules and settings to a language policy."""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.policies.bodies import HubBody, LlamaBody
from agents.policies.causal_lm import CausalLM
from agents.policies.compilation import can_compile
from agents.policies.config import PolicyConfig
from agents.policies.llama import Llama, LlamaConfig
from agents.policies.lora import add_lora
from agents.policies.pretrained import context_length, load_body
from agents.rollouts.static_decoding import StaticDecoder
from rlenvs.text.rules import Rules
from rlenvs.text.token_env import sensible_tokens

CPU = torch.device("cpu")


def build_language_policy(rules: Rules, config: PolicyConfig, seed: int, device: torch.device = CPU) -> CausalLM:
    """A language policy for one environment: the embedded model, initialised from `seed`, or `config.model`.

    Raises:
        ValueError: the model's vocabulary is smaller than the environment's, or its context too short for it.
    """
    if config.model:
        check_context(rules, config.model)
    body = initial_body(rules.tokenizer.vocab_size, config, seed)
    return language_policy(body, rules, config, seed, device)


def check_context(rules: Rules, model: str) -> None:
    """Whether a model by name can read the longest prompt with the longest response behind it.

    Raises:
        ValueError: it cannot, or there is no such model.
    """
    prompt, limit = rules.book.max_prompt_tokens, context_length(model)
    if limit is None or prompt + rules.max_tokens <= limit:
        return
    room = limit - prompt
    remedy = f"max_tokens={room}" if room > 0 else f"max_prompt_tokens={limit // 2} max_tokens={limit - limit // 2}"
    raise ValueError(
        f"model={model!r} reads {limit} tokens at most: prompts have up to {prompt} and responses up to "
        f"{rules.max_tokens}; shorten them, --env-set {remedy}"
    )


def language_policy(
    body: LlamaBody | HubBody, rules: Rules, config: PolicyConfig, seed: int, device: torch.device = CPU
) -> CausalLM:
    """The policy that `body` becomes the decoder of; a critic and LoRA are initialised from `seed`.

    Raises:
        ImportError: LoRA is asked for and peft is missing.
        ValueError: gradient checkpointing or compilation is asked for of a model that our decoder does not compute.
    """
    writable = torch.from_numpy(sensible_tokens(rules))
    precision = config.precision
    if precision == "auto":  # on a CPU small matrices lose more by conversions than they gain
        precision = "bfloat16" if device.type == "cuda" else "float32"
    settings = replace(PolicyConfig(**config.policy_settings()), precision=precision)
    _prepare(body, config, device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if config.lora_rank is not None:
            add_lora(body, config.lora_rank)
        policy = CausalLM(body, settings, rules.tokenizer.pad_id, rules.tokenizer.eos_id, writable, device)
    policy.tokenizer = rules.tokenizer
    if device.type == "cuda" and isinstance(body, LlamaBody) and body.llama.compiled:
        policy.static = StaticDecoder(body.llama)
    return policy


def _prepare(body: LlamaBody | HubBody, config: PolicyConfig, device: torch.device) -> None:
    """How the decoder's layers are computed."""
    if not isinstance(body, LlamaBody):
        for name in ("gradient_checkpointing", "compile"):
            if getattr(config, name):
                raise ValueError(f"config {name}=true: not for model={config.model!r}; set it to false")
        return
    if config.gradient_checkpointing:
        body.llama.recompute = True
    if config.compile and can_compile(device):
        body.llama.compile_layers()


def initial_body(vocab_size: int, config: PolicyConfig, seed: int) -> LlamaBody | HubBody:
    """The decoder before any training here.

    Raises:
        ValueError: the model cannot be loaded, or its vocabulary is smaller than `vocab_size`.
    """
    if not config.model:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return LlamaBody(Llama(embedded_sizes(vocab_size, config)))
    body = load_body(config.model)
    if body.vocab_size < vocab_size:
        raise ValueError(
            f"model={config.model!r} knows {body.vocab_size} tokens, the environment has {vocab_size}: give the "
            "environment the model's tokenizer, --env-set tokenizer=NAME_OR_PATH"
        )
    return body


def embedded_sizes(vocab_size: int, config: PolicyConfig) -> LlamaConfig:
    """The embedded default in the proportions of its own defaults: four heads, three times the width between.

    Raises:
        ValueError: the width cannot be divided so.
    """
    width, layers = config.model_width, config.model_layers
    if width % 8:
        raise ValueError(f"config model_width={width}: choose a multiple of 8")
    return LlamaConfig(vocab_size=vocab_size, width=width, layers=layers, head_dim=width // 4, hidden=3 * width)
