"""The warm-up: demonstrations of stated quality, a loss that falls, a cache that knows what it holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.supervised import cache_directory, demonstrations, imitate, rate_at, warm_up
from rlenvs.text.rules import make_rules
from tests.text.tokenizers_for_tests import exchanged, hub_codec

CONFIG = PolicyConfig(network="causal_lm", warm_up_steps=4, warm_up_batch_size=8, precision="float32")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RLENVS_CACHE", str(tmp_path))
    torch.set_num_threads(1)


@pytest.fixture
def rules():
    return make_rules("sort", level=1, num_problems=300)


def right_share(rules, config, steps: int = 10) -> float:
    right = []
    for batch in demonstrations(rules, config, steps, seed=0):
        for prompt, tokens, mask in zip(batch.observations, batch.actions, batch.mask, strict=True):
            text = rules.tokenizer.decode(tokens[mask].tolist())
            asked = rules.tokenizer.decode(prompt[prompt >= 0].tolist())
            right.append(text == "".join(sorted(asked.removesuffix("="))))
            assert tokens[mask][-1] == rules.tokenizer.eos_id
    return float(np.mean(right))


def test_demonstrations_are_as_wrong_as_they_are_said_to_be(rules):
    assert right_share(rules, CONFIG) == 1.0
    assert abs(right_share(rules, replace(CONFIG, wrong_share=0.65, warm_up_batch_size=50)) - 0.35) < 0.07


def test_every_problem_is_met_once_before_any_is_met_again(rules):
    batches = list(demonstrations(rules, replace(CONFIG, warm_up_batch_size=30), 15, seed=0))
    seen = [tuple(prompt.tolist()) for batch in batches for prompt in batch.observations]
    assert len(set(seen[:300])) == 300 and set(seen[300:]) <= set(seen[:300])


def test_imitation_lowers_the_loss(rules):
    policy = build_language_policy(rules, CONFIG, seed=0)
    losses = [imitate(policy, rules, replace(CONFIG, warm_up_steps=steps), seed=0) for steps in (1, 40)]
    assert losses[1] < 0.75 * losses[0]


def test_a_warm_up_is_read_from_disk_the_second_time(rules):
    first, second, other = (build_language_policy(rules, CONFIG, seed=0) for _ in range(3))
    trained, read = warm_up(first, rules, CONFIG, seed=0), warm_up(second, rules, CONFIG, seed=0)
    assert not trained.from_cache and read.from_cache
    assert (read.seconds, read.loss) == (trained.seconds, trained.loss)
    assert all(torch.equal(one, two) for one, two in zip(first.parameters(), second.parameters(), strict=True))
    imitate(other, rules, CONFIG, seed=0)
    assert all(torch.equal(one, two) for one, two in zip(first.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("change", [{"wrong_share": 0.5}, {"warm_up_steps": 5}, {"warm_up_learning_rate": 1e-3}])
def test_another_warm_up_has_another_place(rules, change):
    for config in (CONFIG, replace(CONFIG, **change)):
        assert not warm_up(build_language_policy(rules, config, seed=0), rules, config, seed=0).from_cache
    assert len(list(cache_directory().iterdir())) == 2


def test_tokenizers_of_one_size_have_warm_ups_of_their_own():
    encoded = []
    for codec in (hub_codec(), exchanged(hub_codec())):
        rules = make_rules("addition", tokenizer=codec, max_tokens=8)
        encoded.append(rules.tokenizer.encode("12"))
        assert not warm_up(build_language_policy(rules, CONFIG, seed=0), rules, CONFIG, seed=0).from_cache
    assert encoded[0] == encoded[1][::-1] and len(list(cache_directory().iterdir())) == 2


@pytest.mark.parametrize("steps", [0, -3, None])
def test_a_warm_up_without_steps_is_refused(rules, steps):
    config = replace(CONFIG, warm_up_steps=steps)
    with pytest.raises(ValueError, match=f"warm_up_steps={steps}: choose at least 1, or none for no warm-up"):
        warm_up(build_language_policy(rules, config, seed=0), rules, config, seed=0)
    assert not cache_directory().exists()


def test_what_does_not_belong_to_the_warm_up_does_not_repeat_it(rules):
    for config in (CONFIG, replace(CONFIG, temperature=0.5, hidden=(3,))):
        done = warm_up(build_language_policy(rules, config, seed=0), rules, config, seed=0)
    assert done.from_cache


def test_the_rate_rises_and_falls_to_a_twentieth():
    rates = [rate_at(step, 500) for step in range(500)]
    assert (
        rates[0] == pytest.approx(0.05, abs=1e-3) and max(rates) > 0.99 and rates[-1] == pytest.approx(0.05, abs=1e-3)
    )
    assert rates[:20] == sorted(rates[:20]) and rates[20:] == sorted(rates[20:], reverse=True)
