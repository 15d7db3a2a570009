"""What a training refuses, and that it does so before anything is learned."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from agents import language_runs
from agents.configuration import make_config
from agents.optimisation import refuse_divergence
from agents.policies import PolicyConfig
from agents.registry import load_agent
from agents.vocabularies import check_vocabulary
from rlenvs.text.tokenizers import CharacterTokenizer

ENV = "rlenvs/MathToken-v0"
TASK = {"task": "sort", "level": 1, "length": 3, "symbols": "abcdefgh"}
SMALL = {"warm_up_steps": 2, "warm_up_batch_size": 8, "test_problems": 4, "validation_problems": 4}
GROUPS = {"groups": 2, "group_size": 4}
SIZES = {"distillation": {"responses": 8}, "ppo": {"num_envs": 8, "critic": "separate"}}


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    monkeypatch.setenv("RLENVS_CACHE", str(tmp_path / "cache"))
    torch.set_num_threads(1)


def spec_of(agent: str = "rejection-sampling", budget: int = 16, task: dict | None = None, **settings):
    settings = {**SMALL, **SIZES.get(agent, GROUPS), **settings}
    return load_agent(agent).spec(ENV, 3, budget, "text@1", settings, "text", {**TASK, **(task or {})})


def train(run_dir, *arguments, **settings):
    spec = spec_of(*arguments, **settings)
    return load_agent(spec.agent).train(spec, run_dir)


@pytest.fixture
def no_learning(monkeypatch):
    """Whoever warms up or writes an answer fails the test."""

    def learned(*_, **__):
        raise AssertionError("refused too late")

    monkeypatch.setattr(language_runs, "warm_up", learned)
    monkeypatch.setattr(language_runs, "report", learned)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0.0}, r"config temperature=0.0: choose a number in \(0, inf\)"),
        ({"temperature": -1.0}, "config temperature=-1.0"),
        ({"warm_up_learning_rate": 0.0}, "config warm_up_learning_rate=0.0"),
        ({"warm_up_learning_rate": float("nan")}, "config warm_up_learning_rate=nan: it must be a finite number"),
        ({"learning_rate": float("inf")}, "config learning_rate=inf: it must be a finite number"),
        ({"top_p": 0.0}, "config top_p=0.0"),
        ({"top_p": 1.1}, "config top_p=1.1"),
        ({"lora_rank": 0}, "config lora_rank=0: choose at least 1, or none"),
        ({"warm_up_steps": 0}, "config warm_up_steps=0: choose at least 1, or none"),
        ({"wrong_share": 1.5}, "config wrong_share=1.5"),
        ({"stop": [""]}, "config stop: an empty string"),
        ({"test_tries": 0}, "config test_tries=0"),
        ({"adam_beta2": 1.0}, "config adam_beta2=1.0"),
        ({"adam_eps": 0.0}, "config adam_eps=0.0"),
        ({"kl_coef": -0.1}, r"config kl_coef=-0.1: choose a number in \[0, inf\)"),
        ({"clip_ratio_low": -0.1}, "config clip_ratio_low=-0.1"),
        ({"clip_ratio_high": -0.1}, "config clip_ratio_high=-0.1"),
        ({"dual_clip": 1.0}, "config dual_clip=1.0"),
        ({"selection_ratio": 0.0}, "config selection_ratio=0.0"),
        ({"selection_ratio": 1.5}, "config selection_ratio=1.5"),
        ({"selection_until": 0.0}, "config selection_until=0.0"),
        ({"group_size": 1}, "config group_size=1: nothing to compare with"),
        ({"signal": "anchor_state"}, "config signal='anchor_state'"),
    ],
)
def test_settings_out_of_range_are_refused_at_configuration(settings, message):
    with pytest.raises(ValueError, match=message):
        spec_of("grpo", **settings)


def test_the_settings_of_a_policy_alone_are_taken_as_a_record_holds_them():
    assert make_config(PolicyConfig, {"temperature": 0.0}).temperature == 0.0


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (("grpo", 7), {}, "budget=7: one batch of grpo may take 8 responses or more"),
        (("ppo", 7), {}, "budget=7: one batch of ppo may take 8 responses"),
        (("grpo", 16, {"split": "test"}), {}, "--env-set split=test: "),
        (("grpo", 16, {"split": "validation"}), {}, "--env-set split=validation: "),
        (("grpo",), {"model": "some/model"}, "give --model some/model, or --env-set tokenizer=some/model"),
        (("distillation",), {}, "teacher=''"),
        (("distillation",), {"teacher": "runs/none"}, "runs/none"),
        (("grpo",), {"start": "runs/none"}, "config start='runs/none'"),
    ],
)
def test_what_cannot_work_is_refused_before_the_warm_up(arguments, settings, message, tmp_path, no_learning):
    with pytest.raises(ValueError, match=message):
        train(tmp_path / "run", *arguments, **settings)
    assert not (tmp_path / "run").exists()


def test_a_missing_peft_is_told_before_the_warm_up(tmp_path, no_learning, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "peft" else found(name, *more))
    with pytest.raises(ImportError, match=r"lora_rank needs peft: pip install 'rlenvs-suite\[lora\]'"):
        train(tmp_path / "run", lora_rank=2)


@pytest.fixture
def other(tmp_path):
    """A finished run of as many other characters."""
    train(tmp_path / "other", task={"symbols": "ijklmnop"})
    return tmp_path / "other"


def test_a_run_of_other_characters_is_no_start_and_no_teacher(other, tmp_path, no_learning):
    with pytest.raises(ValueError, match="config start=.*: its tokens are '.*ijkl.*', the environment has '.*abcd"):
        train(tmp_path / "second", start=str(other))
    with pytest.raises(ValueError, match="config teacher=.*: its tokens are '.*ijkl.*', the environment has '.*abcd"):
        train(tmp_path / "student", "distillation", teacher=str(other))


def test_equal_characters_are_one_vocabulary():
    check_vocabulary("start=x", CharacterTokenizer("ab"), CharacterTokenizer("ab"))
    with pytest.raises(ValueError, match="^start=x: its tokens are 'ba', the environment has 'ab'"):
        check_vocabulary("start=x", CharacterTokenizer("ba"), CharacterTokenizer("ab"))


@pytest.mark.parametrize("agent", ["ppo", "a2c"])
def test_a_training_that_diverges_is_stopped_without_a_policy(agent, tmp_path):
    spec = load_agent(agent).spec("rlenvs/CliffWalk-v0", 0, 20_000, "demo@1", {"learning_rate": 1e30, "device": "cpu"})
    with pytest.raises(ValueError, match=r"config learning_rate=1e\+30: \w+ is (nan|inf) at .* lower learning_rate"):
        load_agent(agent).train(spec, tmp_path / "run")
    assert not (tmp_path / "run" / "policy.pt").exists()


def test_a_language_model_that_diverges_is_stopped(tmp_path):
    with pytest.raises(ValueError, match=r"config learning_rate=1e\+30: .*responses; lower learning_rate"):
        train(tmp_path / "run", budget=64, learning_rate=1e30, device="cpu", warm_up_steps=60)
    with pytest.raises(ValueError, match=r"config warm_up_learning_rate=1e\+38: weights are not finite after it"):
        train(tmp_path / "other", warm_up_learning_rate=1e38, warm_up_steps=4, device="cpu")


def test_weights_that_are_not_finite_are_told_too():
    network = torch.nn.Linear(2, 2)
    refuse_divergence({"gradient_norm": 1.0, "policy_loss": torch.tensor(0.5), "other": float("nan")}, 1, "", network)
    with pytest.raises(ValueError, match="gradient_norm is inf at 5 steps"):
        refuse_divergence({"gradient_norm": torch.tensor(torch.inf)}, 0.1, "at 5 steps")
    with torch.no_grad():
        network.bias[0] = torch.nan
    with pytest.raises(ValueError, match=r"config learning_rate=0.1: weights are not finite at 5 steps"):
        refuse_divergence({}, 0.1, "at 5 steps", network)
