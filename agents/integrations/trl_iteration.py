"""TRL's GRPOTrainer on the work of our benchmarks: same weights, prompts, lengths and number of updates."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

SPECIAL = ("<pad>", "<eos>", "<bos>")


@dataclass(frozen=True)
class Work:
    """What is timed.

    Attributes:
        prompts: P an iteration.
        group_size: G; an iteration has P * G responses, and two updates of half of them each.
        iterations: how many count, after one that does not.
        micro_rows: responses of an update that are in memory at a time; None for all.
        device: where; on CUDA in bfloat16.
    """

    prompts: int
    group_size: int
    iterations: int
    micro_rows: int | None = None
    device: torch.device = torch.device("cpu")

    @property
    def rows(self) -> int:
        """Responses an iteration."""
        return self.prompts * self.group_size

    @property
    def micro_batches(self) -> int:
        """Parts of an update."""
        return 1 if self.micro_rows is None else max(1, self.rows // 2 // self.micro_rows)

    def clock(self) -> Callable[[], float]:
        """Seconds: of the processor, or of the clock once a CUDA device has done what it was given."""
        return device_seconds if self.device.type == "cuda" else time.process_time


def device_seconds() -> float:
    """The clock, once all that was launched on the current CUDA device is done."""
    torch.cuda.synchronize()
    return time.perf_counter()


def trl_iteration_seconds(model: Any, tokenizer: Any, env: Any, work: Work) -> dict[str, float]:
    """Median seconds of a rollout with scoring, of one of two updates, and of the whole iteration.

    Args:
        model: of `transformers`; it is trained.
        tokenizer: its own, of `transformers`.
        env: a vector token environment with the same tokens; its judge gives the rewards.
        work: how much.

    Raises:
        ImportError: TRL is missing.
    """
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOTrainer

    book, rules, clock = env.rules.book, env.rules, work.clock()
    problems = book.indices(np.linspace(0, 1, work.prompts * (work.iterations + 1), endpoint=False)).tolist()

    def reward(completions: list[str], problem: list[int], **_: Any) -> list[float]:
        judged = zip(problem, completions, strict=True)
        return [rules.judge(book.problem(number), text).reward for number, text in judged]

    class Times(TrainerCallback):
        """The time at the end of every step."""

        def __init__(self) -> None:
            self.ends: list[float] = []

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.ends.append(clock())

    class Timed(GRPOTrainer):
        """Takes the time of rollouts apart."""

        rollouts: list[float] = []

        def _generate_and_score_completions(self, inputs: Any) -> Any:
            started = clock()
            scored = super()._generate_and_score_completions(inputs)
            self.rollouts.append(clock() - started)
            return scored

    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        trainer = Timed(
            model=model,
            reward_funcs=reward,
            args=_settings(folder, rules.max_tokens, work),
            train_dataset=Dataset.from_list(
                [{"prompt": rules.task.prompt(book.problem(number)), "problem": number} for number in problems]
            ),
            processing_class=tokenizer,
            callbacks=[times],
        )
        trainer.train()
    steps = [end - start for start, end in zip(times.ends[1:-1:2], times.ends[3::2], strict=True)]
    rollout, whole = statistics.median(Timed.rollouts[1:]), statistics.median(steps)
    return {"rollout": rollout, "update": (whole - rollout) / 2, "iteration": whole}


def _settings(folder: str, max_tokens: int, work: Work) -> Any:
    """Two updates of half the rows each an iteration, and nothing written, shown or sent."""
    from trl import GRPOConfig

    on_gpu = work.device.type == "cuda"
    return GRPOConfig(
        output_dir=folder,
        per_device_train_batch_size=work.rows // 2 // work.micro_batches,
        steps_per_generation=2 * work.micro_batches,
        gradient_accumulation_steps=work.micro_batches,
        num_generations=work.group_size,
        max_completion_length=max_tokens,
        max_steps=2 * (work.iterations + 1),
        learning_rate=2e-4,
        beta=0.0,
        loss_type="grpo",
        use_cpu=not on_gpu,
        bf16=on_gpu,
        gradient_checkpointing=False,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )


def character_tokenizer(alphabet: str) -> Any:
    """`rlenvs.text.CharacterTokenizer` as a tokenizer of `transformers`: the same ids."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    ids = {word: number for number, word in enumerate([*SPECIAL, *alphabet])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=SPECIAL[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    pad, eos, bos = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=pad, eos_token=eos, bos_token=bos, padding_side="left"
    )
