"""The floors of the house: imports point down only, never in a circle, and importing the suite stays cheap."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATHS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for top in ("rlenvs", "agents", "scripts")
    for path in sorted((ROOT / top).rglob("*.py"))
}
HEAVY = (
    "torch",
    "transformers",
    "stable_baselines3",
    "numba",
    "pandas",
    "matplotlib",
    "pygame",
    "ale_py",
    "rich",
)


ABOVE = ("rlenvs.leaderboard", "rlenvs.integrations", "rlenvs.registration", "rlenvs.catalog", "rlenvs.cli")


def imported_names(nodes: Iterator[ast.AST] | list[ast.stmt]) -> Iterator[str]:
    """Absolute names: modules where they are of the project, else what the statement says."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import of {node.module}"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in PATHS else str(node.module)


def imports(module: str) -> set[str]:
    """Everything a module imports anywhere, inside functions too."""
    return set(imported_names(ast.walk(ast.parse(PATHS[module].read_text()))))


def imports_at_import(module: str) -> set[str]:
    """What it imports while it is being imported: its top level, and `try` blocks there."""
    statements = list(ast.parse(PATHS[module].read_text()).body)
    for statement in [statement for statement in statements if isinstance(statement, ast.Try)]:
        statements += statement.body
    return set(imported_names(statements))


def offences(below: str, forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{module} imports {name}"
        for module in PATHS
        if module == below or module.startswith(f"{below}.")
        for name in sorted(imports(module))
        if any(name == other or name.startswith(f"{other}.") for other in forbidden)
    ]


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("rlenvs", ("torch", "trl", "agents", "scripts", "tests")),
        ("rlenvs.gridworld", (*ABOVE, "rlenvs.pong")),
        ("rlenvs.pong", (*ABOVE, "rlenvs.gridworld")),
        ("rlenvs.text", (*ABOVE, "rlenvs.gridworld", "rlenvs.pong")),
        (
            "rlenvs.foundation",
            (*ABOVE, "rlenvs.gridworld", "rlenvs.pong", "rlenvs.text", "rlenvs.tasks", "rlenvs.verifiers"),
        ),
        ("rlenvs.verifiers", (*ABOVE, "rlenvs.gridworld", "rlenvs.pong", "rlenvs.tasks", "rlenvs.text")),
        ("rlenvs.tasks", (*ABOVE, "rlenvs.gridworld.env", "rlenvs.gridworld.vector", "rlenvs.pong", "rlenvs.text")),
        (
            "rlenvs.leaderboard",
            ("rlenvs.gridworld", "rlenvs.pong", "rlenvs.text", "rlenvs.integrations", "rlenvs.cli", "rlenvs.commands"),
        ),
        ("rlenvs.registration", ("rlenvs",)),
        ("agents", ("scripts", "tests", "rlenvs.gridworld", "rlenvs.pong", "rlenvs.cli", "rlenvs.commands")),
        ("scripts", ("tests",)),
    ],
)
def test_rooms_do_not_import_what_stands_above_or_beside_them(room: str, forbidden: tuple[str, ...]) -> None:
    assert offences(room, forbidden) == []


@pytest.mark.parametrize(
    ("room", "frameworks"),
    [("rlenvs", ("stable_baselines3", "sb3_contrib", "trl", "ray")), ("agents", ("rlenvs.integrations",))],
)
def test_only_integrations_know_other_frameworks(room: str, frameworks: tuple[str, ...]) -> None:
    found = offences(room, frameworks)
    assert all(offence.startswith(f"{room}.integrations.") for offence in found), found


def test_one_module_wraps_the_tokenizers_of_transformers() -> None:
    assert offences("rlenvs", ("transformers",)) == ["rlenvs.text.hub_tokenizers imports transformers"]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: imports_at_import(module) & PATHS.keys() - {module} for module in PATHS}
    graphlib.TopologicalSorter(graph).prepare()


def test_importing_the_suite_loads_nothing_heavy() -> None:
    assert loaded("import rlenvs", (*HEAVY, "agents", "rlenvs.gridworld", "rlenvs.leaderboard")) == "[]"


def test_making_a_gridworld_loads_no_framework() -> None:
    make = "import gymnasium as gym, rlenvs; gym.make('rlenvs/CatHouse-v0'); gym.make_vec('rlenvs/CatHouse-v0', 2)"
    assert loaded(make, HEAVY) == "[]"


def test_making_pong_loads_the_emulator_alone() -> None:
    make = "import gymnasium as gym, rlenvs; gym.make('rlenvs/Pong-v0'); gym.make_vec('rlenvs/Pong-v0', 2)"
    assert loaded(make, HEAVY) == "['ale_py']"


def test_making_a_text_environment_loads_no_framework() -> None:
    make = "import gymnasium as gym, rlenvs; gym.make('rlenvs/MathToken-v0'); gym.make_vec('rlenvs/Math-v0', 2)"
    assert loaded(make, (*HEAVY, "sympy")) == "[]"


def loaded(code: str, modules: tuple[str, ...]) -> str:
    """Which of `modules` a fresh interpreter has loaded after running `code`."""
    code += f"; import sys; print([name for name in {modules} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return run.stdout.strip()
