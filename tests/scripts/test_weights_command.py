"""`python -m scripts.weights`: a finished run's first layer as a picture."""

from __future__ import annotations

from PIL import Image

from agents.registry import load_agent
from scripts import weights
from tests.scripts.commands import assert_one_line


def test_a_run_on_images_gives_one_tile_a_unit(run, tmp_path):
    settings = {"hidden": [5], "network": "mlp", "num_envs": 2, "num_steps": 16}
    world = {"observation": "image", "map": "S.\n.G", "step_limit": 5}
    spec = load_agent("ppo").spec("rlenvs/GridWorld-v0", 0, 64, "demo@1", settings, env_kwargs=world)
    load_agent("ppo").train(spec, tmp_path / "run")
    code, out, err = run(weights, tmp_path / "run", "--out", tmp_path / "weights.png")
    with Image.open(tmp_path / "weights.png") as picture:
        width, height = picture.size
    assert code == 0 and out == "" and f"{width}x{height} pixels" in err


def test_a_run_without_images_has_no_such_picture(run, trained, tmp_path):
    assert_one_line(*run(weights, trained, "--out", tmp_path / "weights.png"), "observations are images")
    assert not list(tmp_path.iterdir())
