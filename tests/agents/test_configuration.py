from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from agents.configuration import config_values, make_config, parse_assignments
from agents.registry import BUILT_IN, load_agent


@dataclass(frozen=True)
class Config:
    rate: float = 0.1
    steps: int = 4
    layers: tuple[int, ...] = (8, 8)
    mode: Literal["fast", "slow"] = "fast"
    limit: float | None = None
    on: bool = True
    name: str = ""


def test_assignments_are_json_or_plain_words():
    words = ["rate=1e-3", "layers=[4,2]", "mode=slow", "limit=none", "on=false", "name=a b"]
    expected = {"rate": 1e-3, "layers": [4, 2], "mode": "slow", "limit": None, "on": False, "name": "a b"}
    assert parse_assignments(words) == expected
    config = make_config(Config, expected)
    assert config == Config(1e-3, 4, (4, 2), "slow", None, False, "a b")
    assert make_config(Config, config_values(config)) == config


@pytest.mark.parametrize("word", ["rate", "=3", ""])
def test_an_assignment_without_a_name_or_a_value_is_refused(word):
    with pytest.raises(ValueError, match="KEY=VALUE"):
        parse_assignments([word])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rat": 1.0}, r"rat=1.0: unknown setting; did you mean 'rate'"),
        ({"zzz": 1.0}, r"zzz=1.0: unknown setting; choose one of rate, steps"),
        ({"rate": "high"}, r"rate='high': expected float"),
        ({"rate": True}, r"rate=True: expected float"),
        ({"steps": 2.5}, r"steps=2.5: expected int"),
        ({"steps": True}, r"steps=True: expected int"),
        ({"layers": 3}, r"layers=3: expected tuple"),
        ({"layers": [1.5]}, r"layers=1.5: expected int"),
        ({"mode": "quick"}, r"mode='quick': expected one of 'fast', 'slow'"),
        ({"limit": "x"}, r"limit='x': expected float"),
        ({"on": 1}, r"on=1: expected bool"),
    ],
)
def test_a_wrong_setting_names_itself_and_what_is_expected(values, message):
    with pytest.raises(ValueError, match=message):
        make_config(Config, values)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_agent_resolves_its_configuration_to_the_last_default(name):
    agent = load_agent(name)
    spec = agent.spec("rlenvs/GridWorld-v0", seed=1, budget=100, protocol="demo@1")
    assert make_config(agent.module.Config, spec.config) == agent.module.Config()
    again = agent.spec("rlenvs/GridWorld-v0", seed=1, budget=100, protocol="demo@1", settings={"gamma": 0.9})
    assert again.run_id != spec.run_id


@pytest.mark.parametrize("agent", ["reinforce", "ppo", "grpo"])
def test_every_preset_is_valid_and_a_variant_is_called_like_it(agent):
    for preset, settings in load_agent(agent).module.PRESETS.items():
        spec = load_agent(agent).spec("rlenvs/GridWorld-v0", 1, 100, "demo@1", preset=preset)
        assert spec.config["variant"] in ("", preset)
        assert all(spec.config[name] == value for name, value in settings.items())


def test_presets_join_and_settings_stand_above_them():
    spec = load_agent("grpo").spec(
        "rlenvs/GridWorld-v0", 1, 100, "demo@1", {"learning_rate": 0.5}, preset="tabular+clip-cov"
    )
    assert spec.config["hidden"] == [] and spec.config["selection"] == "clip_cov"
    assert spec.config["learning_rate"] == 0.5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pppo", "agent='pppo': unknown; did you mean 'ppo'"),
        ("xyz", "choose one of reinforce"),
        ("missing.py:train", "no file missing.py"),
    ],
)
def test_an_unknown_agent_is_answered_with_the_known_ones(name, message):
    with pytest.raises(ValueError, match=message):
        load_agent(name)


def test_an_unknown_preset_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="preset='clip'.*clip-cov"):
        load_agent("grpo").spec("rlenvs/GridWorld-v0", 1, 100, "demo@1", preset="clip")


@pytest.mark.parametrize(
    ("agent", "settings", "message"),
    [
        ("ppo", {"critic": "none"}, "needs a critic"),
        ("a2c", {"critic": "none"}, "needs a critic"),
        ("grpo", {"critic": "shared"}, "has no critic"),
        ("reinforce", {"baseline": "critic"}, "set both"),
        ("ppo", {"gamma": 1.5}, "gamma=1.5"),
        ("ppo", {"learning_rate": -1.0}, "learning_rate=-1.0"),
        ("grpo", {"selection": "clip_cov", "selection_ratio": 0.0}, "selection_ratio=0.0"),
        ("grpo", {"selection": "clip_cov", "selection_lower": 0.9, "selection_upper": 0.5}, "lower"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(agent, settings, message):
    with pytest.raises(ValueError, match=message):
        load_agent(agent).spec("rlenvs/GridWorld-v0", 1, 100, "demo@1", settings)


def test_a_users_file_is_an_agent_and_its_version_is_its_content(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def train(spec, run_dir):\n    return {'score': 1.0}\n")
    first = load_agent(f"{file}:train")
    assert first.train(None, None) == {"score": 1.0}
    file.write_text("def train(spec, run_dir):\n    return {'score': 2.0}\n")
    second = load_agent(str(file))
    assert second.version != first.version and second.train(None, None) == {"score": 2.0}
    with pytest.raises(ValueError, match="has no function learn"):
        load_agent(f"{file}:learn")
