"""Evaluation episodes: what they come to, that they are independent, and that they can be played again."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from rlenvs.leaderboard import episodes as module
from rlenvs.leaderboard import evaluation
from rlenvs.leaderboard.episodes import play_episodes, replay_episodes, sampled_choices, save_actions
from rlenvs.leaderboard.records import RunSpec
from tests.leaderboard.corridor import ID

FORWARD = np.tile([0.3, 0.7], (4, 1))
RUN_ID = "0123456789ab"


def corridors(count: int) -> gymnasium.vector.VectorEnv:
    return gymnasium.make_vec(ID, count, vectorization_mode="sync")


def forward(observations, numbers):
    return np.ones(len(observations), dtype=np.int64)


def sampled(env, seeds):
    return play_episodes(env, sampled_choices(lambda seen: FORWARD[seen], RUN_ID, 7), seeds)


def test_played_returns_agree_with_the_exact_one():
    episodes = sampled(corridors(100), range(2000))
    exact, _ = evaluation.exact_scores(gymnasium.make(ID), lambda observations: FORWARD[observations])
    returns = [row["return"] for row in episodes.rows]
    assert abs(episodes.mean_return - exact["mean_return"]) < 4 * np.std(returns) / np.sqrt(2000)
    assert all(row["length"] == len(actions) for row, actions in zip(episodes.rows, episodes.actions, strict=True))


@pytest.mark.parametrize("count", [1, 4, 9])
def test_episodes_do_not_depend_on_how_many_are_played_at_once(count):
    assert sampled(corridors(count), range(20, 29)) == sampled(corridors(5), range(20, 29))


@pytest.mark.parametrize("env_id", ["rlenvs/FrozenLake-v0", "rlenvs/Maze-v0"])
def test_native_members_play_what_single_environments_play(env_id):
    spec = RunSpec(env_id, "ppo", 0, 1000)
    envs, single = evaluation.make_evaluation_envs(spec, 6), evaluation.make_evaluation_env(spec)
    uniform = lambda seen: np.full((len(seen), single.action_space.n), 1 / single.action_space.n)  # noqa: E731
    played = play_episodes(envs, sampled_choices(uniform, RUN_ID, 0), range(40, 50))
    for row, actions in zip(played.rows, played.actions, strict=True):
        single.reset(seed=row["seed"])
        steps = [single.step(action) for action in actions]
        assert [step[2] or step[3] for step in steps] == [False] * (len(steps) - 1) + [True]
        assert sum(step[1] for step in steps) == row["return"] and steps[-1][2] == row["terminated"]


def test_replay_gives_the_same_rows():
    played = sampled(corridors(2), [5, 6, 7])
    assert replay_episodes(corridors(3), [5, 6, 7], played.actions) == played


@pytest.mark.parametrize(("change", "message"), [(-1, "stop before"), (1, "go on after")])
def test_replay_notices_missing_and_extra_actions(change, message):
    (actions,) = play_episodes(corridors(1), forward, [5]).actions
    with pytest.raises(ValueError, match=f"recorded actions of seed 5 {message} the episode's end"):
        replay_episodes(corridors(1), [5], [actions[:change] if change < 0 else [*actions, 1]])


def test_an_endless_episode_is_named(monkeypatch):
    monkeypatch.setattr(module, "LONGEST_EPISODE", 10)
    with pytest.raises(ValueError, match="seed 3 has no end in 10 steps"):
        play_episodes(corridors(1), lambda seen, _: np.zeros(len(seen), dtype=np.int64), [3])


def test_sampled_actions_follow_the_policy():
    chances = np.array([0.2, 0.0, 0.5, 0.3])
    choose = sampled_choices(lambda seen: np.tile(chances, (len(seen), 1)), RUN_ID, 0)
    drawn = np.concatenate([choose(np.zeros(100), np.arange(100)) for _ in range(400)])
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / len(drawn), chances, atol=0.01)


def test_saved_actions(tmp_path):
    episodes = play_episodes(corridors(2), forward, [5, 6])
    for name in ("a.npz", "b.npz"):
        save_actions(tmp_path / name, episodes, FORWARD)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as saved:
        parts = [saved["actions"][i:j].tolist() for i, j in zip(saved["offsets"], saved["offsets"][1:], strict=False)]
        assert parts == episodes.actions and saved["seeds"].tolist() == [5, 6]
        np.testing.assert_array_equal(saved["policy"], FORWARD)
