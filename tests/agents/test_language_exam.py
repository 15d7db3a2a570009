"""Examinations: of a run, of a model by name, in turns, with adjusted logits, by level."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

from agents import language_exam, language_turns
from agents.language_exam import Exam, examinee_by_name, examinee_of_run, sit
from agents.language_turns import answer_in_turns
from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.policies.responses import NO_TOKEN
from agents.registry import load_agent
from agents.rollouts.generation import GREEDY, Generation, Sampling, generate
from rlenvs.leaderboard.records import read_run
from rlenvs.text.conversation import AGAIN
from rlenvs.text.judging import UNFINISHED
from rlenvs.text.response_env import make_turn_rules
from rlenvs.verifiers.verdict import Verdict
from scripts import evaluate_language
from tests.agents.small_models import CPU
from tests.agents.test_causal_lm import byte_tokenizer
from tests.agents.test_llama import SIZES

TASK = {"task": "sort", "level": 1, "length": 3, "symbols": "abcdefgh"}
SAMPLE = {"problem", "prompt", "answer", "response", "finished", "extracted", "status", "reward", "try"}
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
        result = sit(policy, rules, Exam(problems=2, tries=2, turns=2, by="level"))
    finally:
        language_turns.generate = kept
    decode = rules.tokenizer.tokenizer.decode
    assert len(result.samples) == 4 and set(result.samples[0]) == SAMPLE
    assert all(row["prompt"].endswith("</answer>.") and row["answer"] for row in result.samples)
    second = [decode(ids) for ids in seen[4:]]
    assert second and all(text.endswith("Try again.<|end|><|model|>") for text in second)
    assert result.counts == {"all": 2, "1": 2} and result.intervals["all"]["pass@2"][1] >= 0.0


def test_a_field_that_problems_do_not_have_is_refused():
    policy, rules = compact_policy(turns=1)
    for field in ("subject", "content"):
        with pytest.raises(ValueError, match=f"by='{field}': the problems have level; choose"):
            sit(policy, rules, Exam(problems=2, by=field))
    with pytest.raises(ValueError, match="tries=0"):
        Exam(tries=0)


def test_cut_responses_are_told_apart_from_those_without_an_answer(monkeypatch):
    policy, rules = compact_policy(turns=1)
    answers = answer_in_turns(policy, rules, np.arange(2), 2, 1, GREEDY, seed=0)
    verdicts = [Verdict(0.0, "no_answer", None, {}), UNFINISHED, UNFINISHED, Verdict(1.0, "correct", "abc", {})]
    monkeypatch.setattr(language_exam, "answer", lambda *_: replace(answers, verdicts=verdicts))
    result = sit(policy, rules, Exam(problems=2, tries=2))
    assert [row["finished"] for row in result.samples] == [True, False, False, True]
    assert [row["extracted"] for row in result.samples] == [None, None, None, "abc"]
    assert result.samples[0]["prompt"] == rules.book.text(0)
    assert rules.task.verify(rules.book.problem(1), result.samples[2]["answer"]).reward == 1.0
    assert result.intervals["all"]["unfinished"][0] == 0.5
    assert "unfinished" not in answers.by_problem()  # nor in the scores of runs


def trained(path, **env_kwargs):
    """A run of eight responses."""
    settings = {"groups": 2, "group_size": 4, "warm_up_steps": 5, "test_problems": 4, "validation_problems": 2}
    settings |= {"test_adjustment": "em_inf"}
    spec = load_agent("grpo").spec("rlenvs/MathToken-v0", 0, 8, "text@1", settings, "text", {**TASK, **env_kwargs})
    load_agent("grpo").train(spec, path)
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The directory of a finished run."""
    folder = tmp_path_factory.mktemp("exam")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLENVS_QUIET", "1")
        patch.setenv("RLENVS_CACHE", str(folder))
        return trained(folder / "run")


@pytest.fixture
def command(monkeypatch, capsys):
    """Calls the command; its exit code, output and errors."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["evaluate_language", *map(str, words)])
        capsys.readouterr()
        return evaluate_language.main(), *capsys.readouterr()

    return call


def test_a_run_is_examined_by_the_command_and_records_what_adjusted_logits_do(run, command, tmp_path):
    after = read_run(run).result["after"]
    assert {"em_inf/pass@1", "em_inf/maj@16", "pass@4"} <= set(after)
    out = tmp_path / "out"
    words = ("--problems", 3, "--tries", 2, "--adjustment", "adaptive_temperature", "--stop", "x")
    code, told, _ = command(run, *words, "--out", out)
    assert code == 0 and "pass@2" in told and "unfinished" in told
    rows = [json.loads(line) for line in (out / "samples.jsonl").read_text().splitlines()]
    assert len(rows) == 6 and set(rows[0]) == SAMPLE
    kept = json.loads((out / "scores.json").read_text())
    assert kept["problems"] == {"all": 3} and set(kept["scores"]["all"]["unfinished"]) == {"mean", "low", "high"}
    asked = {name: kept["arguments"][name] for name in ("run", "model", "stop", "tries", "temperature", "out")}
    assert asked == {"run": run, "model": None, "stop": ["x"], "tries": 2, "temperature": 1.0, "out": str(out)}
    assert "one of the two" in command(run, "--model", "x")[2] and "one of the two" in command()[2]


def test_several_runs_have_a_table_and_a_directory_each(run, command, tmp_path):
    again = shutil.copytree(run, tmp_path / "again")
    code, told, _ = command(run, again, "--problems", 2, "--out", tmp_path / "out")
    assert code == 0 and told.count("pass@1") == 2
    for name in ("run", "again"):
        assert json.loads((tmp_path / "out" / name / "scores.json").read_text())["arguments"]["run"].endswith(name)
    shutil.copytree(run, tmp_path / "elsewhere" / "run")
    code, _, error = command(run, tmp_path / "elsewhere" / "run", "--out", tmp_path / "out")
    assert code == 1 and "several runs are called 'run'" in error


def test_an_out_that_cannot_be_written_to_is_refused_before_the_exam(run, command, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("kept")
    monkeypatch.setattr(evaluate_language, "sit", lambda *_: pytest.fail("the exam was sat"))
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        code, _, error = command(run, "--out", out)
        assert code == 1 and f"--out {out}: " in error and "name a directory" in error
    assert (tmp_path / "file").read_text() == "kept"


def test_tasks_with_other_tokens_than_the_runs_are_refused(run, model):
    with pytest.raises(ValueError, match=r"tokens are '.*abcdefgh', the environment has '.*bcdefghi'"):
        examinee_of_run(run, {"symbols": "bcdefghi"}, 1, CPU)  # as many characters, but others
    with pytest.raises(ValueError, match="tokens are '.*', the environment has .* of HuggingFaceTokenizer"):
        examinee_of_run(run, {"tokenizer": model}, 1, CPU)


def test_a_run_of_characters_is_examined_in_turns_where_it_has_that_of_feedback(run, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="turns=2: .* set turns=1, or train with --env-set more_characters=!"):
        examinee_of_run(run, {}, 2, CPU)
    monkeypatch.setenv("RLENVS_QUIET", "1")
    monkeypatch.setenv("RLENVS_CACHE", str(tmp_path))
    policy, rules = examinee_of_run(trained(tmp_path / "run", more_characters=AGAIN), {}, 2, CPU)
    result = sit(policy, rules, Exam(problems=2, turns=2))
    assert any(AGAIN in row["response"] for row in result.samples)
