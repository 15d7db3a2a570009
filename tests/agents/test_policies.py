from __future__ import annotations

import numpy as np
import pytest
import torch
from gymnasium import spaces

from agents.policies import ActorCritic, PolicyConfig, build_policy
from agents.rollouts.batch import Batch

SPACES = {
    "index": spaces.Discrete(7),
    "tokens": spaces.MultiDiscrete([3, 4, 2]),
    "vector": spaces.Box(-1.0, 1.0, (5,), np.float32),
}
ACTIONS = spaces.Discrete(4)


def observations(space: spaces.Space, count: int) -> np.ndarray:
    space.seed(0)
    return np.stack([np.asarray(space.sample()) for _ in range(count)])


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("critic", ["none", "separate", "shared", "detached"])
@pytest.mark.parametrize("hidden", [(), (8,), (8, 6)])
def test_logits_and_values_of_every_space(name, critic, hidden):
    policy = build_policy(SPACES[name], ACTIONS, PolicyConfig(hidden, critic), seed=1)
    seen = policy.observe(observations(SPACES[name], 6))
    logits, values = policy(seen)
    assert logits.shape == (6, 4) and torch.allclose(logits, policy.logits(seen))
    if critic == "none":
        assert values is None
    else:
        assert values.shape == (6,) and torch.allclose(values, policy.values(seen))


def gradients(policy: ActorCritic, seen: torch.Tensor) -> dict[str, float]:
    """Size of the value's gradient in each part of the policy."""
    policy.zero_grad()
    policy.values(seen).square().sum().backward()
    parts = {"body": policy.body, "policy_head": policy.policy_head, "value_head": policy.value_head}
    return {
        name: sum(float(p.grad.abs().sum()) for p in part.parameters() if p.grad is not None)
        for name, part in parts.items()
    }


@pytest.mark.parametrize(("critic", "reaches_body"), [("separate", False), ("detached", False), ("shared", True)])
def test_only_a_shared_critic_moves_the_policys_layers(critic, reaches_body):
    policy = build_policy(SPACES["vector"], ACTIONS, PolicyConfig((8,), critic), seed=1)
    sizes = gradients(policy, policy.observe(observations(SPACES["vector"], 6)))
    assert (sizes["body"] > 0) == reaches_body
    assert sizes["policy_head"] == 0 and sizes["value_head"] > 0


def test_an_index_enters_as_its_one_hot_vector_would():
    policy = build_policy(SPACES["tokens"], ACTIONS, PolicyConfig((8,)), seed=1)
    layer = policy.body[0]
    tokens = policy.observe(observations(SPACES["tokens"], 5))
    one_hot = torch.cat([torch.nn.functional.one_hot(tokens[:, i], n) for i, n in enumerate((3, 4, 2))], dim=1)
    assert torch.allclose(layer(tokens), one_hot.float() @ layer.table.weight + layer.bias, atol=1e-6)


def test_the_seed_decides_the_parameters_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    policies = [build_policy(SPACES["vector"], ACTIONS, PolicyConfig((8,)), seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.rand(1), expected)
    weights = [policy.policy_head.weight for policy in policies]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_a_table_starts_as_the_uniform_policy():
    policy = build_policy(SPACES["index"], ACTIONS, PolicyConfig(()), seed=1)
    assert torch.equal(policy.logits(torch.arange(7)), torch.zeros(7, 4))


@pytest.mark.parametrize(
    ("observation", "action", "message"),
    [
        (spaces.Text(5), ACTIONS, "observation_space="),
        (spaces.Discrete(4, start=1), ACTIONS, "observation_space="),
        (spaces.Box(0, 1, (36, 36, 3), np.float32), ACTIONS, "observation_space="),
        (SPACES["index"], SPACES["vector"], "action_space="),
    ],
)
def test_spaces_that_no_network_here_can_read_are_named(observation, action, message):
    with pytest.raises(ValueError, match=message):
        build_policy(observation, action, PolicyConfig((8,)), seed=0)


@pytest.mark.parametrize("critic", ["none", "separate", "shared", "detached"])
def test_looking_observations_up_gives_the_same_numbers_and_gradients(critic):
    policy = build_policy(SPACES["index"], ACTIONS, PolicyConfig((8,), critic), seed=1)
    seen = torch.randint(7, (5, 8), generator=torch.Generator().manual_seed(0))
    rows = torch.ones(5, 8, dtype=torch.bool)
    rows[1, 4:] = False
    zeros = torch.zeros(5, 8)
    batch = Batch(seen, seen % 4, zeros, zeros, ~rows, ~rows, rows, torch.arange(5))
    gradients = []
    for every in (policy.every_observation, None):
        policy.zero_grad()
        policy.every_observation = every
        now = policy.evaluate(batch)
        total = (now.log_prob * seen).sum() + now.entropy.sum()
        (total if now.values is None else total + now.values.square().sum()).backward()
        gradients.append([now.log_prob.detach(), *(p.grad.clone() for p in policy.parameters())])
        log_policy, values = policy.behaviour(40)(seen)
        assert torch.allclose(log_policy, policy.logits(seen).log_softmax(-1), atol=1e-6)
        assert (values is None) == (critic == "none")
        assert values is None or torch.allclose(values, policy.values(seen), atol=1e-6)
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
