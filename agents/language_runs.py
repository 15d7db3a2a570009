"""One training of a language model: what differs from `agents.runs.Run`.

The policy starts from its warm-up, a batch costs responses, and evaluation writes whole responses: a quick one on
validation problems on the way, a thorough one on test problems before and after.
"""

from __future__ import annotations

import copy
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from agents.entropy_fit import fit_of_run
from agents.language_evaluation import answer, first_problems, report
from agents.optimisation import is_finite
from agents.policies import PolicyConfig
from agents.policies.causal_lm import CausalLM
from agents.policies.language_build import build_language_policy, language_policy
from agents.rollouts.batch import Batch
from agents.rollouts.collector import Collector
from agents.rollouts.generation import Sampling
from agents.rollouts.generation_collector import GenerationCollector
from agents.rollouts.served import serving
from agents.runs import Run
from agents.stages import start_from
from agents.supervised import WarmUp, warm_up
from rlenvs.leaderboard import evaluation
from rlenvs.leaderboard.records import RunSpec
from rlenvs.text.rules import Rules
from rlenvs.text.tokenizers import CharacterTokenizer

SAMPLES, SHOWN = 8, 3  # responses of each evaluation that are kept, and that are shown while training
TEST_SEED = 0


class LanguageRun(Run):
    """The frame around an algorithm whose policy is a language model.

    Args:
        spec: what to train; its environment is one of token by token, such as `rlenvs/MathToken-v0`.
        run_dir: where the record stands.

    Raises:
        ValueError: the environment's actions are no tokens, the protocol does not exist, a server is named that cannot
            be used, or `refuse_settings` refuses.
        ImportError: LoRA is asked for and peft is missing.
    """

    unit = "responses"

    def __init__(self, spec: RunSpec, run_dir: str | Path) -> None:
        super().__init__(spec, run_dir)
        world: Any = self.eval_env.unwrapped
        if not (hasattr(world, "rules") and isinstance(self.eval_env.action_space, spaces.Discrete)):
            raise ValueError(
                f"env_id={spec.env_id!r}: a language model needs an environment of tokens, such as rlenvs/MathToken-v0"
            )
        refuse_settings(spec, world.rules)
        self.collecting_threads = self.threads
        self.served = serving(spec.config)
        self.test_rules: Rules = world.rules
        # Data files such as GSM8K's have none: evaluations on the way are then on problems that are trained on.
        self.validation_split = "train" if self.test_rules.task.size("validation") == 0 else "validation"
        self.validation_rules = self._rules(self.validation_split)
        self.warm_started: CausalLM | None = None
        self.warmed_up: WarmUp | None = None
        self.before: dict[str, float] = {}
        self.policy: CausalLM | None = None
        self.collector: GenerationCollector | None = None

    def make_vec(self, num_envs: int, **arguments: Any) -> VectorEnv:
        """Members that write one response each, in groups of one unless `group_size` is given."""
        return super().make_vec(num_envs, **{"group_size": 1, **arguments})

    def segments(self, env: VectorEnv, num_steps: int) -> Collector:
        """Whole responses: `num_steps` does not count."""
        return self.episodes(env, group_size=1)

    def episodes(self, env: VectorEnv, group_size: int, greedy_baseline: bool = False) -> Collector:
        """Groups of responses to one prompt; with `greedy_baseline` the likeliest one is judged too."""
        assert self.policy is not None
        config = self.policy.config
        sampling = Sampling(config.temperature, config.top_p, config.stop)
        self.collector = GenerationCollector(
            env, group_size, sampling, self.generator, self.spec.seed, self.clock, greedy_baseline, self.served
        )
        return self.collector

    def make_policy(self, env: VectorEnv, config: PolicyConfig) -> CausalLM:
        """A policy after its warm-up, which is done once; its test scores are taken before anything is learned."""
        if self.warm_started is None:
            self._warm_up(env, config)
        assert self.warm_started is not None
        body = copy.deepcopy(self.warm_started.body)
        policy = language_policy(body, self.test_rules, config, self.spec.seed, self.device)
        self.policy = self.policy or policy
        return policy

    def _warm_up(self, env: VectorEnv, config: PolicyConfig) -> None:
        self.check_budget(env.num_envs)
        seed = self.spec.seed if config.warm_up_seed is None else config.warm_up_seed
        actor = PolicyConfig(**{**config.policy_settings(), "critic": "none", "lora_rank": None})
        self.warm_started = build_language_policy(self.test_rules, actor, seed, self.device)
        if config.start:
            start_from(config.start, self.warm_started)
        elif config.warm_up_steps is not None:
            self.warmed_up = warm_up(self.warm_started, env.unwrapped.rules, config, seed)  # type: ignore[attr-defined]
            self.before_s += self.warmed_up.seconds
        rate = config.warm_up_learning_rate
        if not is_finite(self.warm_started):
            raise ValueError(f"config warm_up_learning_rate={rate}: weights are not finite after it; lower the rate")
        self.before = self._report(self.warm_started)
        self.warm_started.static = None  # decoding memory, of a GPU, for a policy that writes no more
        self.warm_started.cpu()

    def cost_of(self, batch: Batch) -> int:
        """All responses since the last batch, those that are not in this one included."""
        assert self.collector is not None
        return self.collector.responses - self.env_steps

    def _scores(self, probabilities: Callable[[NDArray], NDArray]) -> dict[str, float]:
        """On validation problems; some responses are kept with their verdicts."""
        assert self.policy is not None
        config, rules = self.policy.config, self.validation_rules
        problems = first_problems(rules, config.validation_problems)
        sampling = Sampling(stop=config.stop)
        asked = (config.validation_tries, sampling, self.env_steps, config.test_chunk)
        answers = answer(self.policy, rules, problems, *asked)
        rows = answers.rows(rules, SAMPLES)
        self.directory.append("samples", [{"step": self.env_steps, **row} for row in rows])
        prompts = (rules.book.text(number) for number in problems[:SHOWN].tolist())
        self.display.tell(
            f"  {row['status']:10} {prompt!r:.60} {row['response']!r:.100}"
            for prompt, row in zip(prompts, rows, strict=False)
        )
        scores = {f"validation/{name}": value for name, value in answers.scores().items()}
        return evaluation.scores_of(self.spec.env_id, scores["validation/pass@1"]) | scores

    def finish_with(
        self, probabilities: Callable[[NDArray], NDArray], artifacts: tuple[str, ...] = (), description: Any = None
    ) -> dict[str, Any]:
        """Adds what the warm-up was worth, what learning added to it, and how performance went with entropy."""
        assert self.policy is not None and self.collector is not None
        told = {"before": self.before, "after": self._report(self.policy), "tokens": self.collector.tokens}
        told |= {"entropy_fit": fit_of_run(self._curve()), "validation_split": self.validation_split}
        warm_up_s = 0.0 if self.warmed_up is None else self.warmed_up.seconds
        told |= {"tokens_per_s": self.collector.tokens / max(self.wall_s - warm_up_s, 1e-9)}
        if self.warmed_up is not None:
            told |= {"warm_up_s": warm_up_s}
        return super().finish_with(probabilities, artifacts, {**dict(description or {}), **told})

    def _curve(self) -> list[tuple[float, float]]:
        """Entropy and pass@1 on validation problems, at each evaluation so far."""
        lines = (self.directory.path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        return [(row["validation/entropy"], row["validation/pass@1"]) for row in map(json.loads, lines)]

    def _report(self, policy: CausalLM) -> dict[str, float]:
        config = policy.config
        tries, adjustment = config.test_tries, config.test_adjustment
        return report(policy, self.test_rules, config.test_problems, tries, TEST_SEED, adjustment)

    def _rules(self, split: str) -> Rules:
        env: Any = gym.make(self.spec.env_id, **{**self.spec.env_kwargs, "split": split})
        return env.unwrapped.rules


def refuse_settings(spec: RunSpec, rules: Rules) -> None:
    """Before anything is learned: what would fail after the warm-up, or train on what it is tested on.

    Raises:
        ImportError: LoRA is asked for and peft is missing.
        ValueError: problems of another split, or a model beside one character a token.
    """
    if (split := spec.env_kwargs.get("split", "train")) != "train":
        raise ValueError(f"--env-set split={split}: trainings are on the split train, tests on test; leave it out")
    model = spec.config.get("model")
    if model and isinstance(rules.tokenizer, CharacterTokenizer):
        raise ValueError(
            f"config model={model!r}: the environment's tokens are single characters, not the model's; "
            f"give --model {model}, or --env-set tokenizer={model}"
        )
    if spec.config.get("lora_rank") is not None and importlib.util.find_spec("peft") is None:
        raise ImportError("lora_rank needs peft: pip install 'rlenvs-suite[lora]'")
