"""Examinations: of a run, of a model by name, in turns, with adjusted logits, by level."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import transformers

from agents import language_turns
from agents.language_exam import Exam, examinee_by_name, examinee_of_run, sit
from agents.language_turns import answer_in_turns
from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.policies.responses import NO_TOKEN
from agents.registry import load_agent
from agents.rollouts.generation import GREEDY, Generation, Sampling, generate
from rlenvs.leaderboard.records import read_run
from rlenvs.text.conversation import AGAIN
from rlenvs.text.response_env import make_turn_rules
from scripts import evaluate_language
from tests.agents.small_models import CPU
from tests.agents.test_causal_lm import byte_tokenizer
from tests.agents.test_llama import SIZES

TASK = {"task": "sort", "level": 1, "length": 3, "symbols": "abcdefgh"}
TEMPLATE = "{% for m in messages %}<|user|>{{ m['content'] }}<|end|>{% endfor %}<|model|>"


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    """A Qwen2 of a few thousand weights with a byte-level tokenizer and a chat template."""
    path = tmp_path_factory.mktemp("model")
    codec = transformers.PreTrainedTokenizerFast(tokenizer_object=byte_tokenizer(), eos_token="<|end|>")
    codec.chat_template = TEMPLATE
    codec.save_pretrained(path)
    sizes = {**SIZES, "vocab_size": len(codec) + 5}
    transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**sizes)).save_pretrained(path)
    return str(path)


def compact_policy(turns: int):
    rules = make_turn_rules(turns, {**TASK, "split": "test"})
    return build_language_policy(rules, PolicyConfig(network="causal_lm", precision="float32"), seed=0), rules


def test_every_turn_reads_the_tokens_that_were_written_and_only_open_problems_go_on(monkeypatch):
    policy, rules = compact_policy(turns=3)
    problems = np.array([0, 1, 2])
    codec, read = rules.tokenizer, []

    def scripted(writer, prompts, group_size, uniforms, sampling, tokenizer):
        """In turn t the first t + 1 of all six conversations are answered rightly."""
        read.append([row[row != NO_TOKEN].tolist() for row in prompts])
        solved = len(read)
        texts = []
        for prompt in read[-1]:
            asked = codec.decode(prompt).split(AGAIN)[0]
            number = next(n for n in problems if asked.startswith(rules.book.text(int(n))))
            answer = rules.task.reference_response(rules.book.problem(int(number)))
            texts.append(answer if number < solved - 1 else "a")
        ids = [[*codec.encode(text), codec.eos_id] for text in texts]
        lengths = torch.tensor([len(row) for row in ids])
        tokens = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in ids], batch_first=True)
        return Generation(tokens, lengths, torch.zeros(tokens.shape), torch.zeros(tokens.shape))

    monkeypatch.setattr(language_turns, "generate", scripted)
    answers = answer_in_turns(policy, rules, problems, 2, 3, Sampling(), seed=0)
    assert [len(turn) for turn in read] == [6, 6, 4]
    wrong = codec.encode("a")
    for before, after in zip(read[0][2:], read[2], strict=True):
        again = [*before, *wrong, codec.eos_id, *codec.encode(AGAIN), *before]
        assert after == [*again, *wrong, codec.eos_id, *codec.encode(AGAIN), *before]
    assert answers.right.tolist() == [[True, True], [True, True], [False, False]]
    assert answers.texts[5].count(AGAIN) == 2 and answers.by_problem()["pass@1"].tolist() == [1.0, 1.0, 0.0]


def test_one_turn_is_an_ordinary_answer():
    policy, rules = compact_policy(turns=1)
    asked = (policy, rules, np.arange(4), 2)
    one = answer_in_turns(*asked, 1, GREEDY, seed=0)
    several = answer_in_turns(*asked, 1, GREEDY, seed=0, chunk=3)
    assert one.texts == several.texts and one.k == 2 and np.isfinite(one.entropy)


def test_a_model_by_name_sits_an_exam_in_turns_with_its_template(model):
    policy, rules = examinee_by_name(model, {**TASK, "chat_template": True, "max_tokens": 8}, turns=2, device=CPU)
    seen = []

    def watched(writer, prompts, *arguments):
        seen.extend(row[row != NO_TOKEN].tolist() for row in prompts)
        return generate(writer, prompts, *arguments)

    language_turns.generate, kept = watched, language_turns.generate
    try:
        result = sit(policy, rules, Exam(problems=2, tries=2, turns=2, by="content"))
    finally:
        language_turns.generate = kept
    decode = rules.tokenizer.tokenizer.decode
    assert len(result.samples) == 4 and {"problem", "response", "status", "reward", "try"} == set(result.samples[0])
    second = [decode(ids) for ids in seen[4:]]
    assert second and all(text.endswith("Try again.<|end|><|model|>") for text in second)
    assert list(result.counts.values()) == [2, 1, 1] and result.intervals["all"]["pass@2"][1] >= 0.0


def test_a_field_that_problems_do_not_have_is_refused():
    policy, rules = compact_policy(turns=1)
    with pytest.raises(ValueError, match="by='level'"):
        sit(policy, rules, Exam(problems=2, by="level"))
    with pytest.raises(ValueError, match="tries=0"):
        Exam(tries=0)


def test_a_run_is_examined_by_the_command_and_records_what_adjusted_logits_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    monkeypatch.setenv("RLENVS_CACHE", str(tmp_path))
    settings = {"groups": 2, "group_size": 4, "warm_up_steps": 5, "test_problems": 4, "validation_problems": 2}
    settings |= {"test_adjustment": "em_inf"}
    spec = load_agent("grpo").spec("rlenvs/MathToken-v0", 0, 8, "text@1", settings, "text", TASK)
    load_agent("grpo").train(spec, tmp_path / "run")
    after = read_run(tmp_path / "run").result["after"]
    assert {"em_inf/pass@1", "em_inf/maj@16", "pass@4"} <= set(after)
    run, out = str(tmp_path / "run"), tmp_path / "out"
    command = ["evaluate_language", run, "--problems", "3", "--tries", "2", "--adjustment", "adaptive_temperature"]
    monkeypatch.setattr("sys.argv", [*command, "--out", str(out)])
    assert evaluate_language.main() == 0 and "pass@2" in capsys.readouterr().out
    assert len((out / "samples.jsonl").read_text().splitlines()) == 6
    assert json.loads((out / "scores.json").read_text())["problems"] == {"all": 3}
    with pytest.raises(ValueError, match="the same characters"):
        examinee_of_run(run, {}, 2, CPU)
    monkeypatch.setattr("sys.argv", ["evaluate_language", run, "--model", "x"])
    assert evaluate_language.main() == 1 and "one of the two" in capsys.readouterr().err
