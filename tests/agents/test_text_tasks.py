from __future__ import annotations

import pytest

from agents.language_presets import LANGUAGE
from agents.policies.language_config import LanguageConfig
from agents.registry import load_agent
from agents.text_tasks import WARM_UPS, environment_of
from rlenvs.tasks.catalog import TASKS

MATH, CODE = "rlenvs/MathToken-v0", "rlenvs/CodeToken-v0"


def config_of(env_id: str, task: dict, preset: str | None = "text", **settings) -> dict:
    return dict(load_agent("grpo").spec(env_id, 0, 20_480, "text@1", settings, preset, task).config)


def test_warm_ups_are_of_families_and_set_nothing_else():
    assert set(WARM_UPS) <= set(TASKS)
    for settings in WARM_UPS.values():
        assert all(name.startswith(("warm_up", "wrong")) and hasattr(LanguageConfig, name) for name in settings)


@pytest.mark.parametrize("agent", ["reinforce", "a2c", "ppo", "grpo", "rlhf"])
def test_every_agent_warms_up_as_the_task_needs_it(agent):
    spec = load_agent(agent).spec(MATH, 0, 20_480, "text@1", {}, "text", {"task": "string_operation"})
    assert WARM_UPS["string_operation"].items() <= spec.config.items()


def test_other_tasks_warm_up_as_the_preset_says_and_settings_stand_above_both():
    for task in ("sort", "file:problems.jsonl"):
        config = config_of(MATH, {"task": task})
        assert config["warm_up_steps"] == LANGUAGE["warm_up_steps"] and config["wrong_share"] == LANGUAGE["wrong_share"]
    assert config_of(CODE, {})["warm_up_steps"] == WARM_UPS["steps"]["warm_up_steps"]  # the environment's own task
    assert config_of(MATH, {"task": "brackets"}, warm_up_steps=60)["warm_up_steps"] == 60


def test_without_a_preset_of_language_models_nothing_warms_up():
    assert config_of(MATH, {"task": "brackets"}, None)["warm_up_steps"] is None


def test_a_task_is_named_with_its_level_and_played_where_it_belongs():
    assert environment_of("sort:3") == (MATH, {"task": "sort", "level": 3})
    assert environment_of("steps") == (CODE, {"task": "steps", "level": 1})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("sorting", "task 'sorting': no such family"),
        ("sort:9", "level of sort must be one of 1, 2, 3, 4, got 9"),
        ("sort:x", "the level is no number"),
        ("sort:-1", "the level is no number"),
        ("", "no such family"),
    ],
)
def test_a_task_that_does_not_exist_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        environment_of(words)
