"""What one update of each algorithm does to a policy, against pencil and paper and against exact answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents import a2c, checkpoints, grpo, ppo, reinforce
from agents.diagnostics import diagnosis
from agents.optimisation import OptimiserConfig, apply_schedules, make_optimiser
from agents.policies import ActorCritic, PolicyConfig, build_policy
from agents.registry import load_agent
from agents.rollouts.batch import Batch
from rlenvs.gridworld.planning import discounted_values
from rlenvs.leaderboard.evaluation import make_evaluation_env
from rlenvs.leaderboard.records import RunSpec, read_run
from tests.agents import hand_made

PLAIN: dict[str, Any] = {"gamma": hand_made.GAMMA, "gae_lambda": 1.0, "normalize_advantages": False, "max_grad_norm": 0}
ONE_STEP: dict[str, Any] = {"epochs": 1, "minibatches": 1}
CRITICS = ("separate", "shared", "detached")


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    torch.set_num_threads(1)


def update_a2c(policy: ActorCritic, batch: Batch, entropy_coef: float = 0.0, **settings: Any) -> dict[str, Any]:
    config = a2c.Config(**{**PLAIN, **settings})
    return a2c.update(policy, make_optimiser(policy, config), batch, config, entropy_coef)[0]


def update_ppo(policy: ActorCritic, batch: Batch, entropy_coef: float = 0.0, **settings: Any) -> dict[str, Any]:
    config = ppo.Config(**{**PLAIN, **ONE_STEP, **settings})
    generator = torch.Generator().manual_seed(0)
    metrics, part = ppo.update(policy, make_optimiser(policy, config), batch, config, generator, entropy_coef)
    return metrics | diagnosis(policy, part, config.clip())()


def assert_table_gradient(policy: ActorCritic, expected: np.ndarray) -> None:
    """The table's gradient is the one expected a state, the bias's their sum."""
    np.testing.assert_allclose(policy.policy_head.table.weight.grad.numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(policy.policy_head.bias.grad.numpy(), expected.sum(axis=0), atol=1e-6)


def test_truncation_bootstraps_and_termination_does_not():
    batch = hand_made.on_policy(hand_made.table()).with_gae(hand_made.GAMMA, 1.0)
    np.testing.assert_allclose(batch.advantages, hand_made.ADVANTAGES, atol=1e-6)
    expected = (np.array(hand_made.ADVANTAGES) + hand_made.VALUES) * np.array(hand_made.MASK)
    np.testing.assert_allclose(batch.returns, expected, atol=1e-6)


@pytest.mark.parametrize("update", [update_a2c, update_ppo])
@pytest.mark.parametrize("entropy_coef", [0.0, 0.3])
def test_the_actors_gradient_is_the_policy_gradient(update, entropy_coef):
    policy = hand_made.table()
    batch = hand_made.on_policy(policy)
    expected = hand_made.policy_gradient(policy, batch, torch.tensor(hand_made.ADVANTAGES), entropy_coef)
    update(policy, batch, entropy_coef)
    assert_table_gradient(policy, expected)


@pytest.mark.parametrize("update", [update_a2c, update_ppo])
def test_the_critics_gradient_is_that_of_half_the_squared_error(update):
    policy = hand_made.table()
    batch = hand_made.on_policy(policy)
    values = policy.values(batch.observations).detach().numpy()
    returns = (np.array(hand_made.ADVANTAGES) + hand_made.VALUES) * np.array(hand_made.MASK)
    expected = np.zeros(hand_made.STATES)
    for row, slot in zip(*np.nonzero(hand_made.MASK), strict=True):
        expected[hand_made.OBSERVATIONS[row][slot]] += 0.7 * (values[row, slot] - returns[row, slot]) / 6
    update(policy, batch, value_coef=0.7)
    np.testing.assert_allclose(policy.value_head.table.weight.grad.squeeze(1), expected, rtol=1e-4)


@pytest.mark.parametrize("critic", CRITICS)
@pytest.mark.parametrize("normalize", [False, True])
def test_ppo_with_one_step_is_a2c(critic, normalize):
    gradients = []
    for update in (update_a2c, update_ppo):
        policy = hand_made.table(critic, hidden=(8,))
        update(policy, hand_made.on_policy(policy), 0.01, critic=critic, normalize_advantages=normalize)
        gradients.append(hand_made.gradient_of(policy))
    assert gradients[0].abs().sum() > 0
    assert torch.allclose(gradients[0], gradients[1], atol=1e-6)


@pytest.mark.parametrize("update", [update_a2c, update_ppo])
@pytest.mark.parametrize(("critic", "disturbs"), [("separate", False), ("detached", False), ("shared", True)])
def test_only_a_shared_critic_disturbs_the_policy(update, critic, disturbs):
    gradients = []
    for value_coef in (0.0, 5.0):
        policy = hand_made.table(critic, hidden=(8,))
        update(policy, hand_made.on_policy(policy), critic=critic, value_coef=value_coef)
        gradients.append(hand_made.gradient_of(policy.body))
    assert torch.equal(*gradients) != disturbs


def test_ppo_stops_its_epochs_at_target_kl():
    moved = {"epochs": 10, "learning_rate": 0.3}
    epochs = {}
    for target_kl in (None, 1e6, 1e-4):
        policy = hand_made.table()
        metrics = update_ppo(policy, hand_made.on_policy(policy), target_kl=target_kl, **moved)
        epochs[target_kl] = metrics["epochs"]
    assert epochs == {None: 10.0, 1e6: 10.0, 1e-4: 1.0}  # measured after the epoch, when the policy has moved


def test_ppo_holds_back_what_has_moved_far_enough():
    """With the ratio at 2 everywhere, only transitions with a negative advantage keep a gradient (times the ratio)."""
    policy = hand_made.table()
    batch = hand_made.on_policy(policy)
    batch = batch.with_(old_log_prob=batch.old_log_prob - np.log(2.0), rewards=batch.rewards - 2.0)
    advantages = batch.with_gae(hand_made.GAMMA, 1.0).advantages
    assert (advantages > 0).any() and (advantages < 0).any()
    expected = hand_made.policy_gradient(policy, batch, 2 * advantages.clamp(max=0))
    metrics = update_ppo(policy, batch)
    assert_table_gradient(policy, expected)
    assert metrics["clip_fraction_high"] == pytest.approx(float((advantages > 0).sum() / batch.mask.sum()))
    assert metrics["clip_fraction_low"] == 0


def test_every_minibatch_of_every_epoch_takes_one_step(monkeypatch):
    steps = []
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self: steps.append(1))
    policy = hand_made.table()
    update_ppo(policy, hand_made.on_policy(policy), epochs=3, minibatches=2)
    assert len(steps) == 6


# Two states, two actions: from state 0, action 0 ends with 1 and action 1 leads to state 1; there action 0 ends with 3,
# action 1 with -1; pi(0|0) = 1/4 and pi(0|1) = 2/3 make the episodes' probabilities 1/4, 1/2 and 1/4.
LOGITS = torch.tensor([[1 / 4, 3 / 4], [2 / 3, 1 / 3], [1 / 2, 1 / 2]]).log()
EPISODES = [([0], [0], [1.0])] + 2 * [([0, 1], [1, 0], [0.0, 3.0])] + [([0, 1], [1, 1], [0.0, -1.0])]


def all_episodes(policy: ActorCritic) -> Batch:
    """Every episode as often as its probability says: a batch that is its own expectation."""
    shape = (len(EPISODES), 2)
    observations, actions = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.int64)
    rewards, mask = torch.full(shape, hand_made.UNUSED), torch.zeros(shape, dtype=torch.bool)
    for row, (seen, acted, paid) in enumerate(EPISODES):
        length = len(seen)
        observations[row, :length], actions[row, :length] = torch.tensor(seen), torch.tensor(acted)
        rewards[row, :length], mask[row, :length] = torch.tensor(paid), True
    ended = torch.zeros_like(mask)
    values = torch.tensor([0.3, -0.8, 0.0])[observations]
    group = torch.arange(len(EPISODES))
    batch = Batch(observations, actions, torch.zeros(shape), rewards, ended, ended, mask, group, values, values)
    with torch.no_grad():
        return batch.with_(old_log_prob=policy.evaluate(batch).log_prob)


def two_state_policy(critic: str = "none") -> ActorCritic:
    policy = hand_made.table(critic)
    with torch.no_grad():
        policy.policy_head.table.weight.copy_(LOGITS)
        policy.policy_head.bias.zero_()
    return policy


def exact_gradient() -> np.ndarray:
    """d/dlogits of J = pi(0|0) + pi(1|0) (3 pi(0|1) - pi(1|1)), by autograd on the formula."""
    logits = LOGITS.clone().requires_grad_()
    first, second = logits[0].softmax(-1), logits[1].softmax(-1)
    (first[0] + first[1] * (3 * second[0] - second[1])).backward()
    return logits.grad.numpy()


@pytest.mark.parametrize("signal", ["reward_to_go", "outcome"])
def test_reinforce_expects_the_exact_gradient(signal):
    policy = two_state_policy()
    config = reinforce.Config(gamma=1.0, signal=signal, baseline="none", max_grad_norm=0)
    reinforce.update(policy, make_optimiser(policy, config), all_episodes(policy), config, 0.0)
    mean_length = 7 / 4  # the loss is a mean over steps, the objective one over episodes
    assert_table_gradient(policy, -exact_gradient() / mean_length)


@pytest.mark.parametrize("baseline", ["batch", "critic"])
def test_a_baseline_changes_the_gradients_size_only(baseline):
    critic = "separate" if baseline == "critic" else "none"
    policy = two_state_policy(critic)
    config = reinforce.Config(gamma=1.0, baseline=baseline, critic=critic, max_grad_norm=0)
    reinforce.update(policy, make_optimiser(policy, config), all_episodes(policy), config, 0.0)
    gradient, exact = policy.policy_head.table.weight.grad.flatten().numpy(), -exact_gradient().flatten()
    cosine = gradient @ exact / np.linalg.norm(gradient) / np.linalg.norm(exact)
    assert cosine == pytest.approx(1.0, abs=1e-5) and np.linalg.norm(gradient) > 0


def test_grpo_at_ratio_one_sets_each_return_against_its_groups_mean():
    policy = two_state_policy()
    batch = all_episodes(policy).with_(group=torch.tensor([0, 0, 1, 1]))
    advantages = torch.tensor([[-1.0], [1.0], [2.0], [-2.0]]).expand(4, 2)  # returns 1, 3 | 3, -1
    expected = hand_made.policy_gradient(policy, batch, advantages)
    settings = {"gamma": 1.0, "signal": "outcome", "normalize_by_std": False, "max_grad_norm": 0}
    config = grpo.Config(**settings, **ONE_STEP)
    generators = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    grpo.update(policy, make_optimiser(policy, config), batch, config, *generators, 0.0)
    assert_table_gradient(policy, expected)


@pytest.mark.parametrize(
    ("algorithm", "critic"), [("a2c", "none"), ("ppo", "none"), ("grpo", "separate"), ("reinforce", "shared")]
)
def test_a_critic_that_the_algorithm_cannot_use_is_refused(algorithm, critic):
    with pytest.raises(ValueError, match=f"critic='{critic}'"):
        load_agent(algorithm).spec("rlenvs/GridWorld-v0", 0, 1000, "demo@1", {"critic": critic})


def test_schedules_are_linear_in_the_share_of_the_budget():
    config = OptimiserConfig(learning_rate=0.1, learning_rate_end=0.0, entropy_coef=0.2, entropy_coef_end=0.5)
    optimiser = make_optimiser(hand_made.table(), config)
    for progress, rate, coef in [(0.0, 0.1, 0.2), (0.5, 0.05, 0.15), (1.0, 0.0, 0.1), (1.2, 0.0, 0.1)]:
        assert apply_schedules(optimiser, config, progress) == pytest.approx(coef)
        assert optimiser.param_groups[0]["lr"] == pytest.approx(rate)


SCHEDULED = {"learning_rate": 0.1, "learning_rate_end": 0.0, "entropy_coef": 0.2, "entropy_coef_end": 0.0}
SMALL = {
    "reinforce": {"episodes": 2},
    "a2c": {"num_envs": 2, "num_steps": 8},
    "ppo": {"num_envs": 2, "num_steps": 8},
    "grpo": {"groups": 1, "group_size": 2},
}


@pytest.mark.parametrize("name", SMALL)
def test_training_follows_the_schedules(name, tmp_path, monkeypatch):
    agent, seen = load_agent(name), []
    update = agent.module.update

    def watched(policy, optimiser, *arguments):
        seen.append((optimiser.param_groups[0]["lr"], arguments[-1]))
        return update(policy, optimiser, *arguments)

    monkeypatch.setattr(agent.module, "update", watched)
    settings = {"hidden": [], **SCHEDULED, **SMALL[name]}
    agent.train(agent.spec("rlenvs/GridWorld-v0", 0, 1000, "demo@1", settings, env_kwargs={"step_limit": 20}), tmp_path)
    rates, coefs = np.array(seen).T
    assert rates[0] == 0.1 and coefs[0] == 0.2 and (np.diff(rates) < 0).all() and 0 < rates[-1] < 0.01
    np.testing.assert_allclose(coefs / 0.2, rates / 0.1)


TERMINATES = {"map": "S..\n..G", "random_start": True, "step_limit": 50}
TRUNCATES = {"map": "S..G", "rewards": {"G": 0.0}, "step_reward": 1.0, "random_start": True, "step_limit": 4}
CRITIC_SETTINGS: dict[str, Any] = {
    "hidden": [],
    "scale_rewards": False,
    "gamma": 0.8,
    "gae_lambda": 0.5,
    "num_envs": 4,
    "num_steps": 6,
    "learning_rate": 0.1,
    "learning_rate_end": 0.0,
    "entropy_coef": 0.5,
    "value_coef": 1.0,
    "max_grad_norm": 0.0,
}


def trained_policy(spec: RunSpec, run_dir: Path) -> ActorCritic:
    load_agent(spec.agent).train(spec, run_dir)
    env = make_evaluation_env(spec)
    policy = build_policy(env.observation_space, env.action_space, PolicyConfig((), "separate"), seed=0)
    policy.load_state_dict(checkpoints.load(run_dir / "policy.pt")["state_dict"])
    return policy


@pytest.mark.parametrize(("name", "more"), [("a2c", {}), ("ppo", {"epochs": 2, "minibatches": 1})])
@pytest.mark.parametrize(("world", "tolerance"), [(TERMINATES, 0.06), (TRUNCATES, 0.25)])
def test_the_critic_learns_the_exact_discounted_value(name, more, world, tolerance, tmp_path):
    """The second world is cut off every four steps of endless play: without the bootstrap V stays below 3."""
    spec = load_agent(name).spec("rlenvs/GridWorld-v0", 0, 4000, "demo@1", CRITIC_SETTINGS | more, env_kwargs=world)
    policy = trained_policy(spec, tmp_path)
    env = make_evaluation_env(spec).unwrapped
    states = policy.observe(env.all_observations(0, env.num_states))
    with torch.no_grad():
        learned, probabilities = policy.values(states).numpy(), policy.logits(states).softmax(-1).numpy()
    exact = discounted_values(env.world, CRITIC_SETTINGS["gamma"], probabilities)
    assert exact[:-1].max() > (4 if world is TRUNCATES else 0.9)
    np.testing.assert_allclose(learned[:-1], exact[:-1], atol=tolerance)  # the goal, the last state, has no value


def test_a_budget_below_one_batch_is_refused(tmp_path):
    """Before anything is written where the size of a batch is known, and where it is not after the budget is used."""
    for name, settings in SMALL.items():
        spec = load_agent(name).spec("rlenvs/GridWorld-v0", 0, 10, "demo@1", settings)
        with pytest.raises(ValueError, match=f"budget=10: one batch of {name} may take .* raise the budget"):
            load_agent(name).train(spec, tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} <= {"reinforce", "grpo"}


def test_episodes_longer_than_any_before_do_not_break_the_budget(tmp_path):
    """A policy that learns to dally: the batch that would pass the budget is cut off and not learned from."""
    settings = {"episodes": 4, "hidden": [], "learning_rate": 0.3}
    world = {**TRUNCATES, "step_limit": 100}
    spec = load_agent("reinforce").spec("rlenvs/GridWorld-v0", 0, 450, "demo@1", settings, env_kwargs=world)
    load_agent("reinforce").train(spec, tmp_path / "run")
    assert 350 < read_run(tmp_path / "run").result["env_steps"] <= 450
