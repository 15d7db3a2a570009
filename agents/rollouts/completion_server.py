"""Responses written by an OpenAI-compatible HTTP server, such as vLLM's, in the place of our own decoder.

Token ids go in and token ids come out: nothing is tokenised here or there. vLLM (0.10.2 or later) gives them with
`return_token_ids`; `ignore_eos` with `stop_token_ids` makes the environment's end token the only one. Tokens that the
environment does not have are kept away by a `logit_bias` of -100.

What is *not* guaranteed: the same samples for the same seed (a server's batches change its sums), and the distribution
of our own model to the last digit. So the learner does not take the server's log-probabilities for its own; how far
they are apart is recorded, and shows when weights did not arrive.
"""

from __future__ import annotations

import http.client
import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from agents.policies.responses import NO_TOKEN
from agents.rollouts.generation import Generation, Sampling

ATTEMPTS = 5
FIRST_WAIT_S = 1.0  # doubled after every failed attempt
TIMEOUT_S = 600.0
AT_ONCE = 64  # requests under way
NEVER = -100  # what the OpenAI protocol calls a ban
NOTHING_ELSE = {  # asked for in so many words: a server takes what is left out from the model's generation_config.json
    "top_k": -1,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}


@dataclass(frozen=True)
class Vocabulary:
    """What a response may consist of.

    Attributes:
        eos_id: the end token.
        pad_id: fills a response behind its end.
        never: ids that are not written.
        stop_ids: ids that end a response too.
        size: one more than the greatest id that the policy's model knows; None for no limit.
    """

    eos_id: int
    pad_id: int
    never: tuple[int, ...]
    stop_ids: tuple[int, ...] = ()
    size: int | None = None

    @property
    def ends(self) -> tuple[int, ...]:
        """All ids that end a response."""
        return (self.eos_id, *self.stop_ids)


class CompletionServer:
    """A server that completes token ids.

    Args:
        url: where it is, without `/v1`.

    Raises:
        ValueError: the address is none of HTTP.
    """

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"config server={url!r}: give an address such as http://127.0.0.1:8000")
        self.url = url.rstrip("/").removesuffix("/v1")
        self._model: str | None = None

    @property
    def model(self) -> str:
        """The first model that the server has, asked for once."""
        if self._model is None:
            answer = self._ask("/v1/models", None)
            listed = answer.get("data") if isinstance(answer, dict) else None
            if not (isinstance(listed, list) and listed and isinstance(listed[0], dict) and "id" in listed[0]):
                raise ValueError(f"config server={self.url!r}: /v1/models names no model; is it a completion server?")
            self._model = str(listed[0]["id"])
        return self._model

    def reload(self, path: str, directory: str) -> None:
        """Asks the server to read its weights anew, or to forget what it computed with others.

        Args:
            path: `/collective_rpc` and `/reset_prefix_cache` of vLLM, or another that takes a POST; the body names the
                method `reload_weights` and, as `model_path`, the directory.
            directory: with the weights.
        """
        self._ask(path, {"method": "reload_weights", "model_path": directory})

    def write(
        self,
        prompts: Tensor,
        group_size: int,
        max_tokens: int,
        sampling: Sampling,
        vocabulary: Vocabulary,
        seeds: Sequence[int],
    ) -> Generation:
        """`group_size` responses to each prompt, all prompts at once.

        Args:
            prompts: `[P, L]`, ids and then `NO_TOKEN`.
            group_size: G.
            max_tokens: T, the most tokens of a response, its end included.
            sampling: temperature and top-p.
            vocabulary: which tokens there are.
            seeds: P numbers, one a request.

        Returns:
            P * G responses; log-probabilities are the server's: of most at temperature 1, whatever was sampled at.

        Raises:
            ValueError: the server cannot be reached, refuses, or answers something else than was asked for.
        """
        asked = {
            "model": self.model,
            "n": group_size,
            "max_tokens": max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "logprobs": 1,
            "return_token_ids": True,
            **NOTHING_ELSE,
            "ignore_eos": True,
            "stop_token_ids": list(vocabulary.ends),
            "logit_bias": {str(token): NEVER for token in vocabulary.never},
        }
        bodies = [
            {**asked, "prompt": row[row != NO_TOKEN].tolist(), "seed": int(seed)}
            for row, seed in zip(prompts.cpu(), seeds, strict=True)
        ]
        with ThreadPoolExecutor(min(AT_ONCE, len(bodies))) as pool:
            answers = list(pool.map(lambda body: self._ask("/v1/completions", body), bodies))
        choices = [choice for answer in answers for choice in self._choices(answer, group_size)]
        return self._generation(choices, max_tokens, vocabulary, prompts.device)

    def _choices(self, answer: Any, group_size: int) -> list[dict[str, Any]]:
        choices = answer.get("choices", []) if isinstance(answer, dict) else None
        if not isinstance(choices, list) or not all(_is_choice(choice) for choice in choices):
            raise ValueError(
                f"config server={self.url!r}: /v1/completions answered {_shown(answer)}, not an object with choices; "
                "is it a completion server?"
            )
        if len(choices) != group_size:
            raise ValueError(f"config server={self.url!r}: it wrote {len(choices)} responses of {group_size}")
        return sorted(choices, key=lambda choice: choice.get("index", 0))

    def _generation(
        self, choices: list[dict[str, Any]], max_tokens: int, vocabulary: Vocabulary, device: torch.device
    ) -> Generation:
        """Padded to the longest response; each must be what the environment takes."""
        read = [self._read(choice, max_tokens, vocabulary) for choice in choices]
        lengths = torch.tensor([len(ids) for ids, _ in read])
        tokens = torch.full((len(read), int(lengths.max())), vocabulary.pad_id)
        log_prob = torch.zeros(tokens.shape)
        for row, (ids, log_probs) in enumerate(read):
            tokens[row, : len(ids)], log_prob[row, : len(ids)] = torch.tensor(ids), torch.tensor(log_probs)
        tokens, lengths, log_prob = (part.to(device) for part in (tokens, lengths, log_prob))
        return Generation(tokens, lengths, log_prob, log_prob)

    def _read(self, choice: dict[str, Any], max_tokens: int, vocabulary: Vocabulary) -> tuple[list[int], list[float]]:
        """Token ids and their log-probabilities."""
        ids, log_probs = self._ids(choice, vocabulary.size), self._log_probs(choice)
        if len(log_probs) != len(ids):
            raise ValueError(f"config server={self.url!r}: {len(log_probs)} logprobs for {len(ids)} tokens")
        is_whole = len(ids) == max_tokens or ids[-1] in vocabulary.ends
        if len(ids) > max_tokens or not is_whole or set(vocabulary.ends) & set(ids[:-1]):
            raise ValueError(
                f"config server={self.url!r}: a response of {len(ids)} tokens ends in {ids[-1]}, not at the end token "
                f"{vocabulary.eos_id} or the limit {max_tokens}; it must heed ignore_eos and stop_token_ids"
            )
        if banned := set(ids) & set(vocabulary.never):
            raise ValueError(f"config server={self.url!r}: it wrote {min(banned)}, which logit_bias had banned")
        return ids, log_probs

    def _ids(self, choice: dict[str, Any], size: int | None) -> list[int]:
        ids = choice.get("token_ids")
        if not ids:
            raise ValueError(f"config server={self.url!r}: no token_ids in its answer; use vLLM 0.10.2 or later")
        if not isinstance(ids, list):
            raise ValueError(f"config server={self.url!r}: token_ids is {_shown(ids)}, not a list; use vLLM")
        below = math.inf if size is None else size
        for token in ids:
            if type(token) is not int or not 0 <= token < below:
                known = "from 0" if size is None else f"from 0 to {size - 1}"
                raise ValueError(
                    f"config server={self.url!r}: token_ids holds {_shown(token)}, ids are integers {known}; "
                    "serve the model in server_weights"
                )
        return ids

    def _log_probs(self, choice: dict[str, Any]) -> list[float]:
        told = choice.get("logprobs") or {}
        log_probs = (told.get("token_logprobs") or []) if isinstance(told, dict) else None
        if not isinstance(log_probs, list):
            raise ValueError(f"config server={self.url!r}: logprobs is {_shown(told)}, no token_logprobs; use vLLM")
        for value in log_probs:
            if type(value) not in (int, float) or not math.isfinite(value):
                raise ValueError(
                    f"config server={self.url!r}: token_logprobs holds {_shown(value)}, not a finite number; use vLLM"
                )
        return log_probs

    def _ask(self, path: str, body: dict[str, Any] | None) -> Any:
        """One request, tried again while the server is away or busy; what it refuses is not asked twice."""
        wait_s, failure = FIRST_WAIT_S, ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(wait_s)
                wait_s *= 2
            try:
                return self._send(path, body)
            except urllib.error.HTTPError as error:
                failure = f"{error.code} {error.read(200).decode(errors='replace')}"
                if error.code < 500 and error.code != 429:
                    raise ValueError(f"config server={self.url!r}: {path} is refused: {failure}") from error
            except (OSError, http.client.HTTPException, ValueError) as error:  # of JSON or its encoding
                failure = str(error) or type(error).__name__
        raise ValueError(f"config server={self.url!r}: {path} failed {ATTEMPTS} times ({failure}); is it running?")

    def _send(self, path: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else {}


def _is_choice(choice: Any) -> bool:
    """Whether a response is an object whose place, if it tells one, is a number."""
    return isinstance(choice, dict) and type(choice.get("index", 0)) is int


def _shown(value: Any) -> str:
    """The beginning of what a server answered, in one line."""
    return json.dumps(value)[:60]
