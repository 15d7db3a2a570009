from __future__ import annotations

import pytest

from rlenvs.gridworld.world import World
from rlenvs.gridworld.worlds import WORLDS, build_world


def grid(**arguments: object) -> World:
    return build_world("grid_world", **arguments)


@pytest.mark.parametrize("name", list(WORLDS))
def test_every_world_has_a_description_and_documents_its_arguments(name: str) -> None:
    import inspect

    builder = WORLDS[name]
    for argument in inspect.signature(builder).parameters:
        assert f"{argument}: " in (builder.__doc__ or "")


@pytest.mark.parametrize(
    ("world", "states", "actions", "starts"),
    [
        ("grid_world", 20, 4, 1),
        ("cat_house", 40, 4, 1),
        ("cliff_walk", 48, 4, 1),
        ("frozen_lake", 16, 4, 1),
        ("four_rooms", 104, 4, 103),
        ("maze", 490_000, 4, 10_000),
        ("door_key", 60, 4, 17),
        ("deep_sea", 66, 2, 1),
    ],
)
def test_sizes(world: str, states: int, actions: int, starts: int) -> None:
    built = build_world(world)
    assert built.table.next_state.shape[:2] == (states, actions)
    assert len(built.table.start_states) == starts


def test_cat_house_pays_what_it_says() -> None:
    world = build_world("cat_house")
    pay = {"M": 100.0, "B": -1.0, "T": -10.0, ".": 0.0, "S": 0.0}
    entered = world.cells.symbol[world.table.next_state]
    running = ~world.table.terminal
    for symbol, reward in pay.items():
        paid = world.table.reward[running][entered[running] == ord(symbol)]
        assert paid.size and (paid == reward).all()
    assert (world.cells.symbol[world.table.terminal] == ord("M")).all()


def test_deep_sea_needs_size_right_moves() -> None:
    size = 6
    table = build_world("deep_sea", size=size, move_cost=0.6).table
    state, total = 0, 0.0
    for _ in range(size):
        right = int(table.reward[state, :, 0].argmax() if table.reward[state].max() > 0.5 else
                    table.reward[state, :, 0].argmin())  # fmt: skip
        total += table.reward[state, right, 0]
        state = table.next_state[state, right, 0]
    assert total == pytest.approx(0.4)
    assert table.terminal[state]


def test_deep_sea_mappings_differ_by_seed_and_use_both_actions() -> None:
    rewards = [build_world("deep_sea", mapping_seed=seed).table.reward for seed in (0, 0, 1)]
    assert (rewards[0] == rewards[1]).all()
    assert (rewards[0] != rewards[2]).any()
    costs = rewards[0][:55, :, 0] != 0  # the 55 cells above the seabed
    assert (costs.sum(axis=1) == 1).all() and 0 < costs[:, 0].sum() < 55


def test_maze_indices_pin_mazes() -> None:
    whole = build_world("maze", split="test")
    for indices in (5, [5], [3, 5, 5]):
        world = build_world("maze", split="test", indices=indices)
        assert (world.cells.maps[-1] == whole.cells.maps[5]).all()
    assert build_world("maze", split="test", indices=5).table.num_states == 49


def test_a_ready_world_is_taken_as_it_is() -> None:
    world = build_world("cat_house")
    assert build_world(world) is world
    with pytest.raises(TypeError, match="takes no further arguments, got slip"):
        build_world(world, slip=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"map": ["..G"]}, "map has no start"),
        ({"map": ["S.."]}, "map has no goal"),
        ({"map": ["S#G"]}, "no way from the start at row 0, column 0"),
        ({"map": ["SDG"]}, "no way from the start"),
        ({"map": ["SDKG"]}, "no way from the start"),
        ({"map": [".#SG"], "random_start": True}, "no way from the start at row 0, column 0"),
        ({"map": ["S.C", "S.G"]}, "map has cliffs and 2 'S'"),
        ({"map": ["..C.G"], "random_start": True}, "map has cliffs and 0 'S'"),
        ({"map": ["GHG"], "random_start": True}, "no free cell to start on"),
        ({"map": ["S.", "G"]}, "map row 1"),
        ({"map": ["S?G"]}, "unknown symbol '\\?'"),
        ({"map": []}, "map is empty"),
        ({"slip": 1.1}, "slip must be 0 or lie between"),
        ({"slip": -0.1}, "slip must be 0 or lie between"),
        ({"slip": 1e-20}, "slip must be 0 or lie between"),
        ({"slip": float("nan")}, "slip must be finite"),
        ({"step_limit": 0}, "step_limit must be at least 1, got 0"),
        ({"step_limit": 2**70}, "step_limit must be at most 1000000"),
        ({"step_limit": -5}, "step_limit must be at least 1, got -5"),
        ({"step_reward": float("inf")}, "step_reward must be finite"),
        ({"rewards": {"G": float("nan")}}, r"rewards\['G'\] must be finite"),
        ({"rewards": {"#": 1}}, "rewards names '#'"),
        ({"terminals": "S"}, "terminals names 'S', whose meaning is fixed"),
        ({"terminals": ["ab"]}, "terminals names 'ab'"),
    ],
)
def test_bad_values_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        grid(**arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"map": 3}, "map must be a string or a list"),
        ({"slip": "0.1"}, "slip must be a number, got '0.1'"),
        ({"slip": True}, "slip must be a number, got True"),
        ({"step_limit": 2.5}, "step_limit must be an integer of at least 1, got 2.5"),
        ({"step_limit": None}, "step_limit must be an integer"),
        ({"rewards": [1]}, "rewards must map symbols to numbers"),
        ({"rewards": {"G": "1"}}, r"rewards\['G'\] must be a number"),
        ({"terminals": 5}, "terminals must be a string or list"),
        ({"random_start": 1}, "random_start must be True or False, got 1"),
        ({"sise": 3}, "grid_world has no argument sise: it takes map, rewards"),
    ],
)
def test_bad_types_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grid(**arguments)


@pytest.mark.parametrize(
    ("world", "arguments", "error", "message"),
    [
        ("nowhere", {}, ValueError, "world must be one of 'grid_world', .* got 'nowhere'"),
        ("frozen_lake", {"size": 5}, ValueError, "size must be 4 or 8, got 5"),
        ("frozen_lake", {"size": [4]}, ValueError, r"size must be 4 or 8, got \[4\]"),
        ("maze", {"step_limit": 0}, ValueError, "step_limit must be at least 1"),
        ("maze", {"split": "dev"}, ValueError, "split must be one of 'train', 'validation', 'test', got 'dev'"),
        ("maze", {"split": "test", "indices": 1000}, ValueError, "indices holds 1000: .* mazes 0 to 999"),
        ("maze", {"indices": -1}, ValueError, "indices holds -1"),
        ("maze", {"indices": []}, TypeError, "indices must be a maze number"),
        ("maze", {"indices": "3"}, TypeError, "indices must be a maze number"),
        ("maze", {"indices": 1.5}, TypeError, "indices must be a maze number"),
        ("deep_sea", {"size": 0}, ValueError, "size must be at least 1"),
        ("deep_sea", {"size": 5000}, ValueError, "size must be at most 1000"),
        ("deep_sea", {"mapping_seed": -1}, ValueError, "mapping_seed must be"),
    ],
)
def test_bad_arguments_of_named_worlds(world: str, arguments: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build_world(world, **arguments)
