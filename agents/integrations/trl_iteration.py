"""TRL's GRPOTrainer on the work of `scripts.bench_generation`: same weights, prompts, lengths and number of updates."""

from __future__ import annotations

import statistics
import tempfile
import time
from typing import Any

import numpy as np

from agents.policies.causal_lm import CausalLM
from agents.policies.conversion import to_transformers

SPECIAL = ("<pad>", "<eos>", "<bos>")


def trl_iteration_seconds(
    policy: CausalLM, env: Any, prompts: int, group_size: int, iterations: int
) -> dict[str, float]:
    """Median processor seconds of a rollout with scoring, of one of two updates, and of the whole iteration.

    Args:
        policy: whose weights are copied.
        env: a vector token environment with a character tokenizer; its judge gives the rewards.
        prompts: P an iteration.
        group_size: G.
        iterations: how many count, after one that does not.

    Raises:
        ImportError: TRL is missing.
    """
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOTrainer

    book, rules, rows = env.rules.book, env.rules, prompts * group_size
    problems = book.indices(np.linspace(0, 1, prompts * (iterations + 1), endpoint=False)).tolist()

    def reward(completions: list[str], problem: list[int], **_: Any) -> list[float]:
        judged = zip(problem, completions, strict=True)
        return [rules.judge(book.problem(number), text).reward for number, text in judged]

    class Times(TrainerCallback):
        """Processor time at the end of every step."""

        def __init__(self) -> None:
            self.ends: list[float] = []

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.ends.append(time.process_time())

    class Timed(GRPOTrainer):
        """Takes the time of rollouts apart."""

        rollouts: list[float] = []

        def _generate_and_score_completions(self, inputs: Any) -> Any:
            started = time.process_time()
            scored = super()._generate_and_score_completions(inputs)
            self.rollouts.append(time.process_time() - started)
            return scored

    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        trainer = Timed(
            model=to_transformers(policy.body.llama, eos_token_id=1, pad_token_id=0, bos_token_id=2),
            reward_funcs=reward,
            args=_settings(folder, rules.max_tokens, rows, group_size, iterations),
            train_dataset=Dataset.from_list(
                [{"prompt": rules.task.prompt(book.problem(number)), "problem": number} for number in problems]
            ),
            processing_class=character_tokenizer(rules.task.alphabet),
            callbacks=[times],
        )
        trainer.train()
    steps = [end - start for start, end in zip(times.ends[1:-1:2], times.ends[3::2], strict=True)]
    rollout, whole = statistics.median(Timed.rollouts[1:]), statistics.median(steps)
    return {"rollout": rollout, "update": (whole - rollout) / 2, "iteration": whole}


def _settings(folder: str, max_tokens: int, rows: int, group_size: int, iterations: int) -> Any:
    """Two updates of half the rows each an iteration, and nothing written, shown or sent."""
    from trl import GRPOConfig

    return GRPOConfig(
        output_dir=folder,
        per_device_train_batch_size=rows // 2,
        steps_per_generation=2,
        gradient_accumulation_steps=1,
        num_generations=group_size,
        max_completion_length=max_tokens,
        max_steps=2 * (iterations + 1),
        learning_rate=2e-4,
        beta=0.0,
        loss_type="grpo",
        use_cpu=True,
        bf16=False,
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
