from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode

import rlenvs  # noqa: F401
from agents.policies import PolicyConfig, build_policy
from agents.rollouts.batch import Batch
from agents.rollouts.clock import Clock
from agents.rollouts.episodes import EpisodeCollector
from agents.rollouts.keys import observation_keys
from agents.rollouts.sampling import log_prob_of, sample_actions
from agents.rollouts.segments import SegmentCollector

NATIVE = "rlenvs/FrozenLake-v0"
FOREIGN = "CartPole-v1"


def policy_for(env, critic="separate", seed=0):
    config = PolicyConfig(hidden=(16,), critic=critic)
    return build_policy(env.single_observation_space, env.single_action_space, config, seed)


def kind(env_id, **native):
    return native if env_id == NATIVE else {"vectorization_mode": "sync"}


def segments(env_id=NATIVE, num_envs=6, num_steps=40, seed=3):
    env = gym.make_vec(env_id, num_envs=num_envs, **kind(env_id))
    collector = SegmentCollector(env, num_steps, torch.Generator().manual_seed(seed), seed, Clock())
    return collector, policy_for(env)


def episodes(env_id=NATIVE, groups=4, group_size=3, seed=3, **kwargs):
    env = gym.make_vec(env_id, num_envs=groups * group_size, **kind(env_id, group_size=group_size), **kwargs)
    collector = EpisodeCollector(env, group_size, torch.Generator().manual_seed(seed), seed, Clock())
    return collector, policy_for(env)


def equal(one: Batch, other: Batch) -> bool:
    names = ("observations", "actions", "old_log_prob", "rewards", "terminated", "truncated", "mask", "group")
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in names)


def test_the_mask_of_a_segment_leaves_out_exactly_the_steps_that_reset():
    collector, policy = segments()
    batch = collector.collect(policy)
    assert batch.done.any()
    assert torch.equal(~batch.mask[:, 1:], batch.done[:, :-1])
    assert not batch.rewards[~batch.mask].any()


@pytest.mark.parametrize("env_id", [NATIVE, FOREIGN])
def test_next_values_are_those_of_the_observation_that_followed(env_id):
    collector, policy = segments(env_id)
    batch = collector.collect(policy)
    following = torch.cat([batch.observations[:, 1:], batch.final_observations.unsqueeze(1)], dim=1)
    with torch.no_grad():
        assert torch.allclose(batch.next_values, policy.values(following), atol=1e-6)
    ends = batch.done[:, :-1]  # the observation after an end is the final one, not that of the next episode
    assert ends.any()
    if env_id == NATIVE:
        assert set(following[:, :-1][batch.terminated[:, :-1]].tolist()) <= {5, 7, 11, 12, 15}  # holes and the goal


def test_old_log_prob_is_what_evaluate_computes():
    collector, policy = segments()
    batch = collector.collect(policy)
    now = policy.evaluate(batch)
    assert torch.allclose(now.log_prob[batch.mask], batch.old_log_prob[batch.mask], atol=1e-6)
    assert torch.allclose(now.values[batch.mask], batch.values[batch.mask], atol=1e-6)
    assert not now.log_prob[~batch.mask].any() and not now.entropy[~batch.mask].any()


@pytest.mark.parametrize("make", [segments, episodes])
@pytest.mark.parametrize("env_id", [NATIVE, FOREIGN])
def test_a_collector_goes_on_from_its_checkpoint(make, env_id):
    collector, policy = make(env_id)
    collector.collect(policy)
    saved, randomness = collector.checkpoint(), collector.generator.get_state()
    expected = collector.collect(policy)
    other, _ = make(env_id, seed=77)
    other.collect(policy)
    other.seed = collector.seed if hasattr(collector, "seed") else None
    other.resume(saved)
    other.generator.set_state(randomness)
    assert equal(other.collect(policy), expected)


def test_equal_seeds_equal_batches_and_other_seeds_other_batches():
    first, again, other = (segments(seed=seed) for seed in (1, 1, 2))
    batch = first[0].collect(first[1])
    assert equal(batch, again[0].collect(again[1]))
    assert not equal(batch, other[0].collect(other[1]))


def test_segments_refuse_another_autoreset_mode():
    env = gym.make_vec(NATIVE, num_envs=2, autoreset_mode=AutoresetMode.SAME_STEP)
    with pytest.raises(ValueError, match="autoreset_mode.*NEXT_STEP"):
        SegmentCollector(env, 4, torch.Generator(), 0, Clock())


@pytest.mark.parametrize("env_id", [NATIVE, FOREIGN])
def test_a_row_is_one_episode_from_its_start_to_its_end(env_id):
    collector, policy = episodes(env_id)
    batch = collector.collect(policy)
    lengths = batch.mask.sum(dim=1)
    assert torch.equal(batch.mask, torch.arange(batch.mask.shape[1]) < lengths.unsqueeze(1))
    assert batch.done.sum(dim=1).tolist() == [1] * len(batch)
    assert batch.done[torch.arange(len(batch)), lengths - 1].all()
    assert not batch.rewards[~batch.mask].any()


@pytest.mark.parametrize("env_id", [NATIVE, FOREIGN])
def test_members_of_a_group_begin_in_the_same_state_and_groups_differ(env_id):
    collector, policy = episodes(env_id) if env_id == FOREIGN else episodes(env_id, map="....\n.SS.\n.SSG")
    batch = collector.collect(policy)
    starts = batch.observations[:, 0].float().reshape(len(batch), -1)
    assert batch.group.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    for group in range(4):
        members = starts[batch.group == group]
        assert torch.equal(members, members[:1].expand_as(members))
    assert len(torch.unique(starts, dim=0)) > 1


def test_statistics_are_the_returns_of_the_finished_episodes():
    collector, policy = episodes(FOREIGN)
    batch = collector.collect(policy)
    means = collector.statistics.pop()
    assert means["rollout/episodes"] == len(batch)
    assert means["rollout/ep_rew_mean"] == pytest.approx(batch.rewards.sum(dim=1).mean().item())
    assert means["rollout/ep_len_mean"] == pytest.approx(batch.mask.sum(dim=1).float().mean().item())
    assert collector.statistics.pop() == {}


def test_episode_collector_refuses_groups_that_do_not_fit():
    env = gym.make_vec(NATIVE, num_envs=6, group_size=3)
    for size, message in ((4, "does not divide"), (2, "group_size=3")):
        with pytest.raises(ValueError, match=message):
            EpisodeCollector(env, size, torch.Generator(), 0, Clock())


def test_transitions_keep_every_real_slot_once_and_its_group():
    collector, policy = episodes()
    batch = collector.collect(policy).with_gae(0.9, 0.8)
    flat = batch.transitions()
    assert len(flat) == int(batch.mask.sum()) and flat.mask.all()
    assert torch.equal(flat.advantages.squeeze(1), batch.advantages[batch.mask])
    rows = batch.group.unsqueeze(1).expand_as(batch.mask)[batch.mask]
    assert torch.equal(flat.group, rows)


def test_minibatches_hold_every_row_once_in_a_seeded_order():
    collector, policy = episodes()
    batch = collector.collect(policy)
    parts = [list(batch.minibatches(5, torch.Generator().manual_seed(4))) for _ in range(2)]
    assert [len(part) for part in parts[0]] == [3, 3, 2, 2, 2]
    assert all(equal(one, other) for one, other in zip(*parts, strict=True))
    joined = torch.cat([part.old_log_prob.sum(dim=1) for part in parts[0]])
    assert torch.allclose(joined.sort().values, batch.old_log_prob.sum(dim=1).sort().values)


def test_sampled_actions_follow_the_softmax():
    logits = torch.tensor([0.3, -1.0, 2.0, 0.0])
    uniforms = torch.rand(200_000, generator=torch.Generator().manual_seed(0))
    drawn = sample_actions(logits.log_softmax(0).expand(200_000, 4), uniforms)
    shares = torch.bincount(drawn, minlength=4) / len(drawn)
    assert torch.allclose(shares, logits.softmax(0), atol=0.005)
    assert log_prob_of(logits.expand(3, 4), torch.tensor([0, 2, 3])).exp().sum().item() == pytest.approx(
        float(logits.softmax(0)[[0, 2, 3]].sum())
    )


def test_observation_keys_are_equal_exactly_where_observations_are():
    vectors = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [2.0, 1.0]]])
    keys = observation_keys(vectors)
    assert keys[0, 0] == keys[1, 0] and len({int(key) for key in keys.flatten()}) == 3
    indices = torch.tensor([[4, 5], [5, 4]])
    assert torch.equal(observation_keys(indices), indices)


def test_a_clock_adds_up_by_name():
    clock = Clock()
    for _ in range(2):
        with clock("env"):
            pass
    with clock("update"):
        np.zeros(1)
    assert set(clock.shares()) == {"time/env_s", "time/update_s"} and clock.seconds["env"] > 0
