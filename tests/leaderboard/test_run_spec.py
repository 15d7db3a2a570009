from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.leaderboard.records import RunSpec

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def spec(**changes) -> RunSpec:
    return RunSpec(**{"env_id": "rlenvs/CliffWalk-v0", "agent": "ppo", "seed": 0, "budget": 1000, **changes})


def test_run_id_is_fixed_for_ever():
    assert spec(config={"gamma": 0.99}).run_id == "355c0d356a81"


@given(st.dictionaries(st.text(), JSON, max_size=4), st.integers(0, 2**32 - 1))
def test_json_round_trip(config, seed):
    one = spec(config=config, seed=seed)
    two = RunSpec.from_json(json.loads(json.dumps(one.to_json())))
    assert two == one and two.run_id == one.run_id


@pytest.mark.parametrize(
    "change",
    [
        {"env_id": "rlenvs/CliffWalk-v1"}, {"agent": "a2c"}, {"seed": 1}, {"budget": 1001},
        {"protocol": "demo@1"},
        {"env_kwargs": {"slip": 0.1}}, {"config": {"gamma": 0.9}}, {"agent_version": "2"},
    ],
)  # fmt: skip
def test_every_field_decides_the_run_id(change):
    assert spec(**change).run_id != spec().run_id


def test_spelling_does_not_decide_the_run_id():
    assert spec(config={"a": 1, "b": (1, 2)}) == spec(config={"b": [1, np.int64(2)], "a": 1})
    assert spec(env_id="rlenvs:rlenvs/CliffWalk-v0").run_id == spec().run_id


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"seed": -1}, ValueError, "seed is -1: it must lie between 0"),
        ({"seed": 2**32}, ValueError, "seed is 4294967296"),
        ({"seed": True}, TypeError, "seed is True: it must be a whole number"),
        ({"seed": 1.0}, TypeError, "seed is 1.0"),
        ({"budget": 0}, ValueError, "budget is 0"),
        ({"budget": "1000"}, TypeError, "budget is '1000'"),
        ({"env_id": "rlenvs/CliffWalk"}, ValueError, "name the environment's version"),
        ({"env_id": 3}, TypeError, "env_id is 3: it must be a string"),
        ({"agent": " "}, ValueError, "agent is empty"),
        ({"protocol": "gridworld"}, ValueError, "protocol is 'gridworld': name its version"),
        ({"config": [1]}, TypeError, "config is .*mapping"),
        ({"config": {"gamma": float("nan")}}, ValueError, r"config\['gamma'\] is nan"),
        ({"config": {"net": object()}}, TypeError, r"config\['net'\] is a object"),
        ({"config": {"net": {1: 2}}}, TypeError, r"config\['net'\] has the key 1"),
    ],
)
def test_bad_fields_give_one_line(change, error, message):
    with pytest.raises(error, match=message) as caught:
        spec(**change)
    assert "\n" not in str(caught.value)


def test_from_json_names_unknown_and_missing_fields():
    with pytest.raises(ValueError, match="unknown field 'lr'"):
        RunSpec.from_json({**spec().to_json(), "lr": 1})
    with pytest.raises(ValueError, match="lacks the field 'budget'"):
        RunSpec.from_json({"env_id": "rlenvs/CliffWalk-v0", "agent": "ppo", "seed": 0})
    with pytest.raises(TypeError, match="must be a mapping"):
        RunSpec.from_json([])


def test_differences_names_fields():
    assert spec().differences(spec(seed=2, config={"a": 1})) == ["seed", "config"]


def test_an_environment_is_named_with_its_arguments():
    assert spec().environment() == "CliffWalk-v0"
    assert spec(env_kwargs={"task": "sort", "level": 3}).environment() == "CliffWalk-v0(level=3, task=sort)"
    assert spec(env_id="CartPole-v1").environment(data="3f81c2") == "CartPole-v1(data=3f81c2)"
    assert spec(env_kwargs={"task": "file:/gsm8k/test.jsonl"}).environment() == "CliffWalk-v0(task=file:test.jsonl)"
