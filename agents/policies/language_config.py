"""What a language model as the policy adds to the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agents.configuration import ADDED_LATER, refuse_outside
from agents.rollouts.generation import Adjustment


@dataclass(frozen=True, kw_only=True)
class LanguageConfig:
    """Settings that count where `network` is `causal_lm`.

    Attributes:
        model: name or path of a causal language model of `transformers`; empty for the embedded default, a Llama of a
            third of a million parameters that knows nothing.
        model_width: of the embedded default, a multiple of 8.
        model_layers: of the embedded default.
        start: directory of a finished run to go on from, of the same model and tokens: the next of several stages. Its
            warm-up is not repeated. Runs are told apart by this path, not by what is in the directory.
        lora_rank: learn low-rank additions to the weight matrices instead of all weights (LoRA, arXiv 2106.09685; needs
            peft), of this rank and scaled by 2; None for all. The warm-up is of all.
        gradient_checkpointing: compute the layers again for the gradient instead of keeping what they came to.
        temperature: of sampling while training; log-probabilities are taken at the same one.
        top_p: of sampling while training; log-probabilities are not truncated.
        stop: strings that end a response too, with the token that completes one, in training and in evaluations; what
            was written up to there is judged, and no end token is learned behind it. Served rollouts have none.
        warm_up_steps: gradient steps on demonstrations before reinforcement learning; None for none.
        warm_up_learning_rate: of the warm-up, at its highest.
        warm_up_batch_size: demonstrations a step.
        warm_up_seed: of the warm-up's initialisation and data; None for the run's own seed.
        wrong_share: of the demonstrations, 0 to 1.
        wrong_kind: how they are wrong: by the task's definite mistake, or by an error at random.
        validation_problems: that the evaluations of a training are on, the first of their split.
        validation_tries: responses to each.
        test_problems: that the policy is compared on before and after.
        test_tries: responses to each.
        test_chunk: responses that evaluations write side by side at most; fewer take less memory.
        test_adjustment: test problems are also answered with logits adjusted so at every step, recorded as
            `em_inf/pass@1` or `adaptive_temperature/pass@1` beside `pass@1`; see `agents.rollouts.generation`.
        server: address of an OpenAI-compatible server, such as vLLM's, that writes the training's responses; empty for
            our own decoder. Log-probabilities are recomputed here; evaluations are written here. A run does not repeat
            bit for bit.
        server_weights: directory that the server loads its model from: before each batch the policy is written there.
        server_reload: paths of the POST requests that make the server read it again and forget what it kept of prompts:
            vLLM's in development mode (VLLM_SERVER_DEV_MODE=1). `[]` for none: then weights are written and not read.
    """

    model: str = ""
    model_width: int = 96
    model_layers: int = 3
    start: str = ""
    lora_rank: int | None = None
    gradient_checkpointing: bool = False
    temperature: float = 1.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    warm_up_steps: int | None = None
    warm_up_learning_rate: float = 3e-3
    warm_up_batch_size: int = 64
    warm_up_seed: int | None = None
    wrong_share: float = 0.0
    wrong_kind: Literal["systematic", "scattered"] = "systematic"
    validation_problems: int = 128
    validation_tries: int = 8
    test_problems: int = 1_000
    test_tries: int = 16
    test_chunk: int = field(default=2_048, metadata=ADDED_LATER)
    test_adjustment: Adjustment = "none"
    server: str = ""
    server_weights: str = ""
    server_reload: tuple[str, ...] = ("/collective_rpc", "/reset_prefix_cache")

    def check_language(self) -> None:
        """What agents' settings must be; those of a policy alone, as records hold them, are taken as they are.

        Raises:
            ValueError: a setting is out of its range.
        """
        refuse_outside("(0, inf)", self, "temperature", "warm_up_learning_rate")
        refuse_outside("(0, 1]", self, "top_p")
        refuse_outside("[0, 1]", self, "wrong_share")
        for name in ("lora_rank", "warm_up_steps"):
            if (count := getattr(self, name)) is not None and count < 1:
                raise ValueError(f"config {name}={count}: choose at least 1, or none")
        if "" in self.stop:
            raise ValueError("config stop: an empty string stands everywhere; leave it out")
