"""The choice of a number type, and networks passed through the compiler."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest
import torch
from gymnasium import spaces

from agents import precision
from agents.policies import PolicyConfig, build_policy, compilation
from agents.rollouts.batch import Batch

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script_method.*:DeprecationWarning")

CPU, OTHER = torch.device("cpu"), torch.device("meta")
IMAGES, ACTIONS = spaces.Box(0, 255, (4, 16, 16), np.uint8), spaces.Discrete(3)


@pytest.mark.parametrize("fast", [True, False])
def test_auto_takes_what_was_measured_for_networks_that_are_large_enough(monkeypatch, fast):
    monkeypatch.setattr(precision, "bfloat16_is_fast", lambda device_type: fast)
    assert precision.choose_precision("auto", precision.LEAST_WORK, CPU) == ("bfloat16" if fast else "float32")
    assert precision.choose_precision("auto", precision.LEAST_WORK - 1, CPU) == "float32"
    for wish in ("float32", "bfloat16"):
        assert precision.choose_precision(wish, 10, CPU) == precision.choose_precision(wish, 10**9, CPU) == wish


def test_the_measurement_is_made_once_and_for_known_devices_only():
    precision.bfloat16_is_fast.cache_clear()
    answer = precision.bfloat16_is_fast("cpu")
    assert all(precision.bfloat16_is_fast("cpu") is answer for _ in range(3))
    assert precision.bfloat16_is_fast.cache_info().misses == 1
    assert precision.bfloat16_is_fast(OTHER.type) is False


def test_the_least_of_several_timings_counts():
    clock = iter([0.0, 5.0, 10.0, 11.0, *(float(t) for s in range(20, 70, 10) for t in (s, s + 9))])
    pair = torch.zeros(1, 1), torch.zeros(1, 1)
    assert precision._least_seconds(pair, lambda: next(clock)) == 1.0


@pytest.mark.parametrize(
    ("space", "config", "large"),
    [
        (spaces.Discrete(10**5), PolicyConfig((64, 64)), False),  # looking up is no multiplication
        (spaces.Box(-1, 1, (8,), np.float32), PolicyConfig((64, 64)), False),
        (spaces.Box(0, 255, (1, 80, 80), np.uint8), PolicyConfig((200,), network="mlp"), True),
        (spaces.Box(0, 255, (4, 42, 42), np.uint8), PolicyConfig(), True),
    ],
)
def test_only_networks_with_work_to_do_leave_float32(monkeypatch, space, config, large):
    monkeypatch.setattr(precision, "bfloat16_is_fast", lambda device_type: True)
    policy = build_policy(space, ACTIONS, config, seed=0)
    assert policy.description["precision"] == ("bfloat16" if large else "float32")


def test_a_resumed_policy_keeps_the_precision_that_was_chosen():
    one, other = (build_policy(IMAGES, ACTIONS, PolicyConfig(precision=name), 0) for name in ("bfloat16", "float32"))
    other.resume(one.checkpoint())
    seen = one.observe(IMAGES.sample()[np.newaxis])
    assert other.description["precision"] == "bfloat16" and torch.equal(one.logits(seen), other.logits(seen))


def test_compiled_functions_meet_few_shapes_and_their_outputs_may_be_kept(monkeypatch):
    shapes, buffer = set(), torch.zeros(192, 2)

    def recorded(function, **settings):
        def graph(rows):
            shapes.add(rows.shape)
            buffer[: len(rows)] = function(rows)  # as a CUDA graph does: every call writes where the last one wrote
            return buffer[: len(rows)], None

        return graph

    monkeypatch.setattr(torch, "compile", recorded)
    twice = compilation.compiled(lambda rows: 2 * rows, event_dims=1, device=CPU)
    inputs = [torch.full((rows, 3, 2), float(rows)) for rows in (1, 21, 22, 40, 0)]
    outputs = [twice(one) for one in inputs]
    assert all(torch.equal(output, 2 * one) for (output, _), one in zip(outputs, inputs, strict=True))
    assert all(nothing is None for _, nothing in outputs) and len(shapes) <= 4
    single, _ = twice(torch.ones(2))
    assert single.tolist() == [2.0, 2.0]


def test_without_a_compiler_networks_are_used_as_they_are(monkeypatch):
    monkeypatch.setattr(compilation.shutil, "which", lambda name: None)
    monkeypatch.delenv("CXX", raising=False)
    with pytest.warns(UserWarning, match="is missing; install it, or go on uncompiled"):
        policy = build_policy(IMAGES, ACTIONS, PolicyConfig(hidden=(5,), network="mlp", compile=True), seed=0)
    plain = build_policy(IMAGES, ACTIONS, PolicyConfig(hidden=(5,), network="mlp"), seed=0)
    seen = policy.observe(IMAGES.sample()[np.newaxis])
    assert torch.equal(policy.logits(seen), plain.logits(seen))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None or sys.platform != "linux", reason="needs a C++ compiler")
def test_compiled_networks_give_the_same_numbers_and_gradients():
    settings = {"hidden": (5,), "network": "mlp", "critic": "shared", "precision": "float32"}
    seen = np.random.default_rng(0).integers(0, 256, (2, 3, *IMAGES.shape), dtype=np.uint8)
    mask = torch.tensor([[True, True, False], [True, True, True]])
    results = []
    for compiles in (False, True):
        policy = build_policy(IMAGES, ACTIONS, PolicyConfig(**settings, compile=compiles), seed=0)
        zeros = torch.zeros(2, 3)
        batch = Batch(policy.observe(seen), mask.long(), zeros, zeros, ~mask, ~mask, mask, torch.arange(2))
        now = policy.evaluate(batch)
        (now.log_prob.sum() + now.values.square().sum()).backward()
        results.append([now.log_prob, now.values, *(parameter.grad for parameter in policy.parameters())])
    for plain, compiled in zip(*results, strict=True):
        torch.testing.assert_close(plain, compiled, atol=1e-5, rtol=1e-4)
