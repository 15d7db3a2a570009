"""Policies that see images: networks by name, gradients, memory order, records."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gymnasium import spaces

from agents import checkpoints
from agents.loading import load_policy, load_probabilities
from agents.policies import ActorCritic, PolicyConfig, build_policy
from agents.policies.build import network_for
from agents.policies.cnn import CNN
from agents.reevaluation import reevaluate
from agents.registry import load_agent
from agents.rollouts.batch import Batch
from rlenvs.leaderboard.records import read_run

ACTIONS = spaces.Discrete(3)
FAST, STANDARD = (spaces.Box(0, 255, (4, side, side), np.uint8) for side in (42, 84))
CLOSE = {"float32": 1e-4, "bfloat16": 3e-2}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def policy_for(space: spaces.Box = FAST, precision: str = "float32", **settings) -> ActorCritic:
    return build_policy(space, ACTIONS, PolicyConfig(precision=precision, **settings), seed=0)  # type: ignore[arg-type]


def frames(*leading: int, space: spaces.Box = FAST) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (*leading, *space.shape), dtype=np.uint8)


def batch_of(policy: ActorCritic, rows: int = 3, slots: int = 4) -> Batch:
    mask = torch.ones(rows, slots, dtype=torch.bool)
    mask[1, 2:] = False
    numbers, actions = torch.zeros(rows, slots), torch.arange(rows * slots).view(rows, slots) % 3
    return Batch(policy.observe(frames(rows, slots)), actions, numbers, numbers, ~mask, ~mask, mask, torch.arange(rows))


@pytest.mark.parametrize(
    ("space", "network", "parameters"),
    [
        # Weights and biases of each layer, worked out by hand; three logits and a value.
        (STANDARD, "nature", 4 * 64 * 32 + 32 + 32 * 16 * 64 + 64 + 64 * 9 * 64 + 64 + 3136 * 512 + 512 + 4 * 513),
        (FAST, "small", 4 * 16 * 16 + 16 + 16 * 16 * 32 + 32 + 32 * 81 * 128 + 128 + 4 * 129),
        (FAST, "tiny", 4 * 36 * 16 + 16 + 16 * 9 * 32 + 32 + 32 * 36 * 128 + 128 + 4 * 129),
        (FAST, "mlp", 42 * 42 * 4 * 200 + 200 + 4 * 201),
    ],
)
def test_networks_have_the_layers_that_their_names_stand_for(space, network, parameters):
    policy = policy_for(space, network=network, critic="shared", hidden=(200,))
    assert policy.description == {"parameters": parameters, "precision": "float32"}
    logits, values = policy(policy.observe(frames(2, 5, space=space)))
    assert logits.shape == (2, 5, 3) and values.shape == (2, 5)


@pytest.mark.parametrize(
    ("shape", "network"),
    [((4, 84, 84), "nature"), ((64, 64, 3), "nature"), ((4, 42, 42), "tiny"), ((36, 100, 3), "tiny")],
)
def test_the_size_of_the_image_chooses_the_network(shape, network):
    assert network_for(spaces.Box(0, 255, shape, np.uint8)) == network
    assert network_for(spaces.Box(0, 255, (128,), np.uint8)) == network_for(spaces.Discrete(5)) == "mlp"


def test_a_convolution_sees_the_image_as_pytorchs_own_order_would():
    policy = policy_for(network="small")
    body = policy.body
    assert isinstance(body, CNN)
    seen = frames(5)
    maps = body.convolutions(torch.from_numpy(seen).float() / 255)
    expected = body.dense(maps.permute(0, 2, 3, 1).flatten(1))
    torch.testing.assert_close(body(policy.prepare(policy.observe(seen))), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("critic", ["none", "separate", "shared", "detached"])
def test_preparing_a_batch_once_changes_neither_numbers_nor_gradients(critic, precision):
    policy = policy_for(precision=precision, critic=critic, hidden=())
    batch = batch_of(policy)
    results = []
    for data in (batch, policy.prepared(batch), policy.prepared(policy.prepared(batch))):
        policy.zero_grad()
        now = policy.evaluate(data)
        total = now.log_prob.sum() + now.entropy.sum()
        (total if now.values is None else total + now.values.square().sum()).backward()
        results.append([now.log_prob.detach(), *(parameter.grad.clone() for parameter in policy.parameters())])
        assert not now.log_prob[~data.mask].any() and now.log_prob.dtype is torch.float32
    assert all(torch.equal(*pair) for other in results[1:] for pair in zip(results[0], other, strict=True))
    with torch.no_grad():
        log_policy = policy.behaviour(12)(batch.observations)[0]
    chosen = log_policy.gather(-1, batch.actions.unsqueeze(-1)).squeeze(-1)
    tolerance = CLOSE[precision]
    torch.testing.assert_close(chosen * batch.mask, results[0][0], atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("network", ["tiny", "mlp"])
def test_bfloat16_is_near_float32(network):
    exact, rounded = (policy_for(precision=precision, network=network, critic="shared") for precision in CLOSE)
    seen = exact.observe(frames(64))
    for one, other in zip(exact(seen), rounded(seen), strict=True):
        assert one.dtype is other.dtype is torch.float32 and not torch.equal(one, other)
        torch.testing.assert_close(one, other, atol=0.02, rtol=0.02)


@pytest.mark.parametrize(("critic", "reaches_body"), [("separate", False), ("detached", False), ("shared", True)])
def test_only_a_shared_critic_moves_the_convolutions(critic, reaches_body):
    policy = policy_for(critic=critic)
    policy.values(policy.observe(frames(3))).square().sum().backward()
    assert any(parameter.grad is not None for parameter in policy.body.parameters()) == reaches_body


def test_karpathys_network_is_a_configuration():
    space = spaces.Box(0, 255, (1, 80, 80), np.uint8)
    settings = {"hidden": (200,), "network": "mlp", "activation": "relu", "init": "xavier", "bias": False}
    policy = policy_for(space, signed_pixels=True, **settings)
    assert policy.description["parameters"] == 6400 * 200 + 200 * 3
    assert policy.body[0].weight.std().item() == pytest.approx(1 / 80, rel=0.01)
    assert policy.policy_head.weight.std().item() == pytest.approx(1 / np.sqrt(200), rel=0.1)
    seen = frames(4, space=space)
    pixels = np.maximum((seen.reshape(4, -1) - 128.0) / 127, -1.0)
    first, second = (layer.weight.detach().numpy() for layer in (policy.body[0], policy.policy_head))
    expected = np.maximum(pixels @ first.T, 0) @ second.T
    np.testing.assert_allclose(policy.logits(policy.observe(seen)).detach(), expected, atol=1e-3)
    nothing = policy.observe(np.full_like(seen, 128))
    assert not policy.logits(nothing).any()


@pytest.mark.parametrize(
    ("space", "network", "message"),
    [
        (spaces.Discrete(5), "tiny", "it reads uint8 images"),
        (spaces.Box(0, 1, (4, 42, 42), np.float32), "nature", "it reads uint8 images"),
        (spaces.Box(0, 255, (3, 20, 20), np.uint8), "nature", "images of 20x20 are too small"),
    ],
)
def test_networks_that_cannot_read_the_space_say_so(space, network, message):
    with pytest.raises(ValueError, match=f"config network='{network}': {message}"):
        policy_for(space, network=network)


def test_a_run_on_images_is_recorded_rebuilt_and_reevaluated(tmp_path, monkeypatch):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    settings = {
        "critic": "shared",
        "normalize_observations": True,
        "precision": "bfloat16",
        "num_envs": 8,
        "num_steps": 16,
        "epochs": 1,
    }
    world = {"observation": "image", "map": "S.\n.G", "step_limit": 8}
    spec = load_agent("ppo").spec("rlenvs/GridWorld-v0", 1, 8192 + 1024, "demo@1", settings, env_kwargs=world)
    results = [load_agent("ppo").train(spec, tmp_path / name) for name in ("one", "other")]
    states = [checkpoints.load(tmp_path / name / "policy.pt") for name in ("one", "other")]
    for name, tensor in states[0]["state_dict"].items():
        assert torch.equal(tensor, states[1]["state_dict"][name]), name
    assert states[0]["state_dict"]["pixels.centre"].std() > 0
    assert 8192 + 900 < results[0]["env_steps"] <= spec.budget and results[0]["precision"] == "bfloat16"
    record = read_run(tmp_path / "one")
    assert record.metrics[0]["step"] == 8192
    assert load_policy(record).config == PolicyConfig(**states[0]["config"])
    assert reevaluate(record, load_probabilities(record))["identical"]


def test_statistics_leave_room_for_a_batch_or_nothing_is_written(tmp_path):
    settings = {"critic": "shared", "normalize_observations": True, "num_envs": 8, "num_steps": 16}
    world = {"observation": "image", "map": "S.\n.G"}
    spec = load_agent("ppo").spec("rlenvs/GridWorld-v0", 1, 8200, "demo@1", settings, env_kwargs=world)
    with pytest.raises(ValueError, match="budget=8200"):
        load_agent("ppo").train(spec, tmp_path / "run")
    assert not list(tmp_path.iterdir())
