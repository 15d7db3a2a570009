"""First-layer weights as a picture."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces
from PIL import Image

from agents.pictures import FRAME, GAP, first_layer, save_weights, weight_grid
from agents.policies import PolicyConfig, build_policy

ACTIONS = spaces.Discrete(2)


def policy_for(space: spaces.Space, **settings):
    return build_policy(space, ACTIONS, PolicyConfig(**settings), seed=0)


def test_weights_keep_the_place_of_their_pixel():
    policy = policy_for(spaces.Box(0, 255, (2, 9, 8), np.uint8), hidden=(3,), network="mlp")
    weights = first_layer(policy)
    assert weights.shape == (3, 2, 9, 8)
    image = np.zeros((2, 9, 8), np.uint8)
    image[1, 4, 6] = 255
    response = policy.body[0](policy.prepare(policy.observe(image)))
    np.testing.assert_allclose(response.detach(), weights[:, 1, 4, 6], rtol=1e-6)


def test_filters_of_a_convolution_and_of_a_linear_policy_are_found():
    space = spaces.Box(0, 255, (4, 42, 42), np.uint8)
    assert first_layer(policy_for(space, network="tiny")).shape == (16, 4, 6, 6)
    assert first_layer(policy_for(space, network="mlp", hidden=())).shape == (2, 4, 42, 42)
    with pytest.raises(ValueError, match="observations are images"):
        first_layer(policy_for(spaces.Discrete(4)))


def test_every_unit_has_a_tile_scaled_to_its_largest_weight():
    weights = np.zeros((3, 1, 50, 50))
    weights[0, 0, 0, 0], weights[1, 0, 0, 1], weights[1, 0, 0, 2] = 0.1, -4.0, 2.0
    grid = weight_grid(weights)
    assert grid.shape == (2 * (50 + GAP) + GAP, 2 * (50 + GAP) + GAP, 3) and grid.dtype == np.uint8
    first, second, third = grid[GAP:, GAP:], grid[GAP:, 2 * GAP + 50 :], grid[2 * GAP + 50 :, GAP:]
    assert first[0, 0].tolist() == [255, 0, 0] and first[0, 1].tolist() == [255, 255, 255]
    assert second[0, :3].tolist() == [[255, 255, 255], [0, 0, 255], [255, 128, 128]]
    assert (third[:50, :50] == 255).all() and (grid[: 50 + GAP, 50 + GAP] == FRAME).all()


def test_small_filters_are_enlarged_and_the_file_is_a_picture(tmp_path):
    policy = policy_for(spaces.Box(0, 255, (4, 42, 42), np.uint8), network="tiny")
    size = save_weights(policy, tmp_path / "weights.png")
    with Image.open(tmp_path / "weights.png") as picture:
        assert picture.size == size and size[1] > 3 * 40
    with pytest.raises(ValueError, match="name a file.png"):
        save_weights(policy, tmp_path / "weights.unknown")
