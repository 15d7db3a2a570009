"""Rollouts through an HTTP server that samples from a small model of ours, as vLLM would."""

from __future__ import annotations

import json
import threading
import warnings
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import transformers

from agents.policies import CausalLM, PolicyConfig
from agents.policies.bodies import LlamaBody
from agents.policies.conversion import from_transformers
from agents.policies.export import export
from agents.policies.pretrained import load_body
from agents.registry import load_agent
from agents.rollouts import completion_server
from agents.rollouts.completion_server import CompletionServer, Vocabulary
from agents.rollouts.generation import Sampling, generate
from agents.rollouts.served import Served, serving
from rlenvs.leaderboard.records import read_run
from tests.agents.small_models import CPU, VOCAB, ragged_prompts, small_llama, small_policy, uniforms
from tests.agents.test_llama import SIZES

WORDS = Vocabulary(1, 0, (0, 2))


class TinyServer(ThreadingHTTPServer):
    """Knows the requests that a training makes; `change(choice)` may falsify what it answers."""

    daemon_threads = True

    def __init__(self, weights: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.weights, self.lock = weights, threading.Lock()
        self.policy = None
        self.asked: list[tuple[str, dict]] = []
        self.refusals: list[int] = []
        self.breaks = 0
        self.change = lambda choice: choice
        self.models, self.whole = {"data": [{"id": "tiny"}]}, lambda answer: answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def load(self) -> None:
        model = transformers.AutoModelForCausalLM.from_pretrained(self.weights)
        body = LlamaBody(from_transformers(model))
        writable = torch.ones(body.vocab_size, dtype=torch.bool)
        writable[[0, 2]] = False
        self.policy = CausalLM(body, PolicyConfig(precision="float32"), 0, 1, writable, CPU)

    def complete(self, body: dict) -> dict:
        assert body["ignore_eos"] and body["return_token_ids"] and body["stop_token_ids"][0] == 1
        sampling = Sampling(body["temperature"], body["top_p"])
        drawn = uniforms(body["n"], body["max_tokens"], body["seed"])
        written = generate(self.policy, torch.tensor([body["prompt"]]), body["n"], drawn, sampling)
        choices = []
        for index, length in enumerate(written.lengths.tolist()):
            ids, told = written.tokens[index, :length].tolist(), written.log_prob[index, :length].tolist()
            choices.append(self.change({"index": index, "token_ids": ids, "logprobs": {"token_logprobs": told}}))
        return {"choices": choices[::-1]}


class Handler(BaseHTTPRequestHandler):
    server: TinyServer

    def do_GET(self) -> None:
        self.answer(self.server.models)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append((self.path, body))
            if self.server.refusals:
                return self.send_error(self.server.refusals.pop())
            if self.server.breaks:
                self.server.breaks -= 1
                return self.break_off()
            if self.path == "/collective_rpc":
                self.server.load()
            if self.path == "/v1/completions":
                return self.answer(self.server.whole(self.server.complete(body)))
        self.answer({})

    def answer(self, content: dict) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def break_off(self) -> None:
        """Half an answer."""
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b'{"choices"')

    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(completion_server, "FIRST_WAIT_S", 0.01)
    with TinyServer(tmp_path / "weights") as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def served(server: TinyServer, reload=("/collective_rpc", "/reset_prefix_cache")) -> Served:
    return Served(CompletionServer(server.url), str(server.weights), reload)


def written_by(server: TinyServer, policy, **settings):
    generator = torch.Generator().manual_seed(0)
    return served(server, **settings).write(policy, ragged_prompts(), 3, 12, Sampling(), generator)


def test_responses_are_the_servers_and_log_probabilities_our_own(server):
    policy = small_policy()
    written, apart = written_by(server, policy)
    assert [path for path, _ in server.asked[:2]] == ["/collective_rpc", "/reset_prefix_cache"]
    bodies = [body for path, body in server.asked if path == "/v1/completions"]
    asked = {tuple(body["prompt"]): body for body in bodies}
    for group, prompt in enumerate(ragged_prompts()):
        body = asked[tuple(prompt[prompt >= 0].tolist())]
        assert body["logit_bias"] == {"0": -100, "2": -100} and body["model"] == "tiny"
        assert completion_server.NOTHING_ELSE.items() <= body.items()  # or a generation_config.json would decide
        again = generate(policy, prompt.unsqueeze(0), 3, uniforms(3, 12, body["seed"]))
        rows = slice(3 * group, 3 * group + 3)
        assert torch.equal(written.lengths[rows], again.lengths)
        assert torch.equal(written.tokens[rows, : again.tokens.shape[1]], again.tokens)
        assert not written.tokens[rows, again.tokens.shape[1] :].any()
        torch.testing.assert_close(written.log_prob[rows, : again.tokens.shape[1]], again.log_prob, atol=2e-5, rtol=0)
    assert apart.shape == (15,) and apart.max() < 2e-5


def test_weights_that_do_not_arrive_show(server):
    policy = small_policy()
    written_by(server, policy)
    with torch.no_grad():
        policy.body.llama.head.weight.mul_(1.2)
    with pytest.warns(UserWarning, match=r"0\.\d+ nats a token .* server_reload=\[\]"):
        _, stale = written_by(server, policy, reload=())
    _, fresh = written_by(server, policy)
    assert stale.mean() > 0.1 and fresh.max() < 2e-5


def test_weights_that_do_not_arrive_are_warned_of_once_and_at_temperature_1(server):
    policy = small_policy()
    written_by(server, policy)
    with torch.no_grad():
        policy.body.llama.head.weight.mul_(1.2)
    stale, generator = served(server, reload=()), torch.Generator().manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for temperature, told in ((0.5, 0), (1.0, 1), (1.0, 1)):
            stale.write(policy, ragged_prompts(), 3, 12, Sampling(temperature), generator)
            assert len(caught) == told


def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(server):
    export(small_policy(), server.weights)
    server.load()
    arguments = (ragged_prompts(2), 2, 5, Sampling(), WORDS, [1, 2])
    server.refusals = [429, 503]
    assert len(CompletionServer(server.url).write(*arguments).tokens) == 4
    server.breaks = 2
    assert len(CompletionServer(server.url).write(*arguments).tokens) == 4
    server.refusals = [400] * 4
    with pytest.raises(ValueError, match="/v1/completions is refused: 400"):
        CompletionServer(server.url).write(*arguments)
    server.refusals = [500] * 50
    with pytest.raises(ValueError, match="failed 5 times"):
        CompletionServer(server.url).write(*arguments)


def test_no_server_at_all_is_one_line(monkeypatch):
    monkeypatch.setattr(completion_server, "FIRST_WAIT_S", 0.001)
    with pytest.raises(ValueError, match="is it running") as refused:
        CompletionServer("http://127.0.0.1:9").write(ragged_prompts(1), 1, 5, Sampling(), WORDS, [1])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda choice: {"text": "abc"}, "no token_ids"),
        (lambda choice: {**choice, "logprobs": None}, "0 logprobs for"),
        (lambda choice: {"token_ids": [5, 6], "logprobs": {"token_logprobs": [0.0, 0.0]}}, "ends in 6"),
        (lambda choice: {"token_ids": [5, 1, 1], "logprobs": {"token_logprobs": [0.0] * 3}}, "must heed"),
        (lambda choice: {"token_ids": [2, 1], "logprobs": {"token_logprobs": [0.0] * 2}}, "wrote 2"),
        (lambda choice: [choice], "not an object with choices"),
        (lambda choice: {**choice, "index": None}, "not an object with choices"),
        (lambda choice: {**choice, "token_ids": 5}, "token_ids is 5, not a list"),
        (lambda choice: {**choice, "token_ids": [-1, 1]}, "holds -1, ids are integers from 0 to 19"),
        (lambda choice: {**choice, "token_ids": [20, 1]}, "holds 20, ids are integers from 0 to 19"),
        (lambda choice: {**choice, "token_ids": ["5", 1]}, 'holds "5", ids are integers'),
        (lambda choice: {**choice, "token_ids": [5.0, 1]}, "holds 5.0, ids are integers"),
        (lambda choice: {**choice, "token_ids": [True, 1]}, "holds true, ids are integers"),
        (lambda choice: {**choice, "logprobs": [0.0]}, r"logprobs is \[0.0\], no token_logprobs"),
        (lambda choice: {"token_ids": [5, 1], "logprobs": {"token_logprobs": [0.0, None]}}, "holds null, not a finite"),
        (lambda choice: {"token_ids": [5, 1], "logprobs": {"token_logprobs": [0.0, -1e999]}}, "-Infinity, not a fini"),
    ],
)
def test_what_the_environment_would_not_take_is_refused(server, change, message):
    export(small_policy(), server.weights)
    server.load()
    server.change = change
    with pytest.raises(ValueError, match=message):
        CompletionServer(server.url).write(ragged_prompts(1), 2, 12, Sampling(), replace(WORDS, size=VOCAB), [1])


@pytest.mark.parametrize("answer", [[], None, "busy", {"choices": None}, {"choices": {"0": {}}}, {"choices": [None]}])
def test_an_answer_that_is_no_completion_is_refused(server, answer):
    export(small_policy(), server.weights)
    server.load()
    server.whole = lambda _: answer
    with pytest.raises(ValueError, match="/v1/completions answered .*, not an object with choices") as refused:
        CompletionServer(server.url).write(ragged_prompts(1), 2, 12, Sampling(), WORDS, [1])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("models", [[], None, {}, {"data": []}, {"data": {"id": "tiny"}}, {"data": ["tiny"]}])
def test_a_server_that_names_no_model_is_refused(server, models):
    server.models = models
    with pytest.raises(ValueError, match="names no model"):
        _ = CompletionServer(server.url).model


def test_further_ends_are_asked_for_and_end_a_response(server):
    export(small_policy(), server.weights)
    server.load()
    arguments = (ragged_prompts(1), 2, 12, Sampling(), replace(WORDS, stop_ids=(7,)), [1])
    server.change = lambda choice: {"token_ids": [5, 7], "logprobs": {"token_logprobs": [0.0, 0.0]}}
    assert CompletionServer(server.url).write(*arguments).lengths.tolist() == [2, 2]
    assert server.asked[-1][1]["stop_token_ids"] == [1, 7]
    server.change = lambda choice: {"token_ids": [7, 1], "logprobs": {"token_logprobs": [0.0, 0.0]}}
    with pytest.raises(ValueError, match="must heed"):
        CompletionServer(server.url).write(*arguments)


def test_a_training_through_a_server_learns_and_tells_how_far_it_is(server, tmp_path, monkeypatch):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    monkeypatch.setenv("RLENVS_CACHE", str(tmp_path))
    settings = {"groups": 4, "group_size": 4, "warm_up_steps": 20, "test_problems": 4, "validation_problems": 4}
    settings |= {"server": server.url, "server_weights": str(server.weights), "precision": "float32"}
    task = {"task": "sort", "level": 1, "length": 3, "symbols": "abcdefgh"}
    spec = load_agent("grpo").spec("rlenvs/MathToken-v0", 0, 48, "text@1", settings, "text", task)
    result = load_agent("grpo").train(spec, tmp_path / "run")
    rows = [row for row in read_run(tmp_path / "run").metrics if "rollout/server_log_prob_difference" in row]
    assert result["env_steps"] == 48 and rows
    assert max(row["rollout/server_log_prob_difference"] for row in rows) < 1e-4
    assert sum(path == "/collective_rpc" for path, _ in server.asked) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"server": "http://x"}, "server_weights=''"),
        ({"server": "http://x", "server_weights": "w", "lora_rank": 4}, "lora_rank"),
        ({"server": "localhost:8000", "server_weights": "w", "server_reload": ()}, "such as http://"),
    ],
)
def test_servers_that_cannot_be_used_are_refused(settings, message):
    assert serving({}) is None and serving({"server": ""}) is None
    with pytest.raises(ValueError, match=message):
        serving(settings)


@pytest.mark.parametrize("name", ["Qwen2", "Qwen3", "GPTNeoX"])
@pytest.mark.parametrize("tied", [False, True])
def test_exported_weights_are_read_by_transformers(name, tied, tmp_path, monkeypatch):
    sizes = {**SIZES, "tie_word_embeddings": tied}
    if name == "GPTNeoX":
        sizes = {key: value for key, value in sizes.items() if "key_value" not in key and key != "head_dim"}
    made = getattr(transformers, f"{name}ForCausalLM")(getattr(transformers, f"{name}Config")(**sizes)).eval()
    made.save_pretrained(tmp_path / "model")
    monkeypatch.setattr(
        transformers.AutoTokenizer, "from_pretrained", lambda name: SimpleNamespace(save_pretrained=str)
    )
    policy = small_policy(load_body(tmp_path / "model"), model=str(tmp_path / "model"))
    with torch.no_grad():
        for parameter in policy.body.parameters():
            parameter.mul_(1.5)
    export(policy, tmp_path / "weights")
    tokens = torch.randint(3, VOCAB, (2, 6), generator=torch.Generator(CPU).manual_seed(0))
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "weights")(tokens).logits[:, -1]
    ours = policy.body.head(policy.decoding(tokens, 1, 0).features)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_weights_in_several_files_are_not_overwritten(tmp_path):
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(ValueError, match="take an empty directory"):
        export(small_policy(LlamaBody(small_llama())), tmp_path)


def test_sizes_of_an_earlier_run_do_not_stay(tmp_path):
    for sizes in ({}, {"width": 32}):
        export(small_policy(LlamaBody(small_llama(**sizes))), tmp_path)
        read = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
        assert read.config.hidden_size == sizes.get("width", 16) and read.config.eos_token_id == 1
    written = (tmp_path / "config.json").stat().st_ino
    export(small_policy(LlamaBody(small_llama(width=32))), tmp_path)
    assert (tmp_path / "config.json").stat().st_ino == written
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
