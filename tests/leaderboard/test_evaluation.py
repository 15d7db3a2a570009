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
    assert {"pong-fast@1", "pong@1", "text@1"} <= set(budgets)
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


def test_played_returns_agree_with_the_exact_one(env):
    rng = np.random.default_rng(0)
    choose = lambda observations: rng.choice(2, p=FORWARD[observations[0]])  # noqa: E731
    episodes = evaluation.play_episodes(env, choose, range(2000))
    exact, _ = evaluation.exact_scores(env, lambda observations: FORWARD[observations])
    returns = [row["return"] for row in episodes.rows]
    assert abs(episodes.mean_return - exact["mean_return"]) < 4 * np.std(returns) / np.sqrt(2000)
    assert all(row["length"] == len(actions) for row, actions in zip(episodes.rows, episodes.actions, strict=True))


def test_replay_gives_the_same_rows(env):
    rng = np.random.default_rng(0)
    played = evaluation.play_episodes(env, lambda _: rng.integers(2), [5, 6, 7])
    again = evaluation.replay_episodes(gymnasium.make(ID), [5, 6, 7], played.actions)
    assert again == played


@pytest.mark.parametrize(("change", "message"), [(-1, "stop before"), (1, "go on after")])
def test_replay_notices_missing_and_extra_actions(env, change, message):
    (actions,) = evaluation.play_episodes(env, lambda _: 1, [5]).actions
    with pytest.raises(ValueError, match=f"recorded actions of seed 5 {message} the episode's end"):
        evaluation.replay_episodes(env, [5], [actions[:change] if change < 0 else [*actions, 1]])


def test_an_endless_episode_is_named(monkeypatch):
    monkeypatch.setattr(evaluation, "LONGEST_EPISODE", 10)
    with pytest.raises(ValueError, match="seed 3 has no end in 10 steps"):
        evaluation.play_episodes(gymnasium.make(ID), lambda _: 0, [3])


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


def test_saved_actions(env, tmp_path):
    episodes = evaluation.play_episodes(env, lambda _: 1, [5, 6])
    for name in ("a.npz", "b.npz"):
        evaluation.save_actions(tmp_path / name, episodes, FORWARD)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as saved:
        parts = [saved["actions"][i:j].tolist() for i, j in zip(saved["offsets"], saved["offsets"][1:], strict=False)]
        assert parts == episodes.actions and saved["seeds"].tolist() == [5, 6]
        np.testing.assert_array_equal(saved["policy"], FORWARD)


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
