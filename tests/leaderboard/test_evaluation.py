from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from rlenvs.leaderboard import evaluation
from rlenvs.leaderboard.evaluation import PROTOCOLS, evaluation_seeds, protocol
from rlenvs.leaderboard.run_spec import RunSpec
from tests.leaderboard.corridor import ID

FORWARD = np.tile([0.25, 0.75], (4, 1))


@pytest.fixture
def env():
    return gymnasium.make(ID)


def test_protocols_of_the_design():
    budgets = {name: (rules.max_budget, rules.seeds) for name, rules in PROTOCOLS.items()}
    assert budgets["demo@1"] == (50_000, 5) and budgets["gridworld@1"] == (200_000, 10)
    assert {"pong-fast@1", "pong@1", "text@1", "text-long@1"} <= set(budgets)
    assert protocol("gridworld@1").eval_every(200_000) == 10_000 and protocol("demo@1").eval_every(7) == 1


def test_evaluation_seeds_are_public_and_fixed():
    assert evaluation_seeds("0b620202bb4f", 3) == [882677698, 994338893, 1351661789]
    assert evaluation_seeds("0b620202bb4f", 100)[:3] == evaluation_seeds("0b620202bb4f", 3)
    assert not set(evaluation_seeds("a", 100)) & set(evaluation_seeds("b", 100))


def test_exact_scores_ask_in_chunks(env, monkeypatch):
    monkeypatch.setattr(evaluation, "CHUNK", 3)
    batches = []

    def policy(observations):
        batches.append(list(observations))
        return FORWARD[observations].astype(np.float32)

    scores, table = evaluation.exact_scores(env, policy)
    assert batches == [[0, 1, 2], [3]]
    assert table.dtype == np.float64 and table.shape == (4, 2)
    np.testing.assert_allclose(table, FORWARD, atol=1e-7)
    assert 0 < scores["score"] < 1 and scores["random_return"] < scores["mean_return"] < scores["optimal_return"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.ones(4), r"shape \(4,\)"),
        (np.full((4, 2), 0.4), "no distribution"),
        (np.tile([1.5, -0.5], (4, 1)), "no distribution"),
        (np.full((4, 2), np.nan), "no distribution"),
    ],
)
def test_bad_probabilities_give_one_line(env, table, message):
    with pytest.raises(ValueError, match=message):
        evaluation.exact_scores(env, lambda _: table)


def test_only_environments_with_exact_answers_are_scored_exactly(env):
    assert evaluation.offers_exact_scores(env)
    assert not evaluation.offers_exact_scores(gymnasium.make("CartPole-v1"))


@pytest.mark.parametrize("name", ["CliffWalk", "FrozenLake", "FourRooms"])
def test_the_uniform_policy_scores_0_in_the_suite(name):
    env = evaluation.make_evaluation_env(RunSpec(f"rlenvs/{name}-v0", "random", 0, 1000))
    actions = env.action_space.n
    scores, table = evaluation.exact_scores(env, lambda seen: np.full((len(seen), actions), 1 / actions))
    assert scores["score"] == pytest.approx(0, abs=1e-9) and scores["mean_return"] < scores["optimal_return"]
    assert table.shape == (env.unwrapped.num_states, actions)


def test_evaluation_uses_the_test_split_whatever_the_agent_trained_on():
    assert evaluation.evaluation_kwargs("rlenvs/Maze-v0") == {"split": "test"}
    env = evaluation.make_evaluation_env(RunSpec("rlenvs/Maze-v0", "ppo", 0, 1000, env_kwargs={"split": "train"}))
    assert env.spec.kwargs["split"] == "test"
    assert evaluation.evaluation_kwargs("CartPole-v1") == {}


def test_returns_are_normalised_to_random_0_and_perfect_1():
    for mean_return, score in ((-20.7, 0.0), (21.0, 1.0), (0.15, 0.5)):
        assert evaluation.scores_of("rlenvs/PongFast-v0", mean_return)["score"] == pytest.approx(score)
    assert evaluation.scores_of("rlenvs/CliffWalk-v0", -13.0) == {"mean_return": -13.0, "score": -13.0}
    assert evaluation.scores_of("CartPole-v1", 100.0)["score"] == 100.0


def test_every_environment_has_its_protocol():
    for env_id, name in (("PongFast", "pong-fast@1"), ("Pong", "pong@1"), ("Maze", "gridworld@1"), ("Math", "text@1")):
        assert evaluation.default_protocol(f"rlenvs/{env_id}-v0") == name and name in evaluation.PROTOCOLS
    assert evaluation.default_protocol("CartPole-v1") == "gridworld@1"
