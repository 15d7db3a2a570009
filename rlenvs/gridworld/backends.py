"""Which engine steps a vector environment: NumPy's, or the compiled one with the same bits."""

from __future__ import annotations

from gymnasium.error import DependencyNotInstalled

from rlenvs.foundation.checks import one_of
from rlenvs.gridworld.stepping import Stepper, compile_tables
from rlenvs.gridworld.world import World


def make_stepper(world: World, count: int, restarts_at_once: bool, backend: str) -> Stepper:
    """The engine for `count` members of a world, by backend: "numpy", or "numba" (same bits, compiled).

    Raises:
        DependencyNotInstalled: numba is asked for and missing.
        ValueError: another backend.
    """
    one_of(backend, ("numpy", "numba"), "backend")
    tables = compile_tables(world.table)
    if backend == "numpy":
        return Stepper(tables, world.step_limit, count, restarts_at_once)
    try:
        from rlenvs.gridworld.kernels import NumbaStepper
    except ImportError as error:
        raise DependencyNotInstalled("backend='numba' needs numba: pip install 'rlenvs-suite[fast]'") from error
    return NumbaStepper(tables, world.step_limit, count, restarts_at_once)
