"""Gymnasium environments with exact scores; importing this package registers every `rlenvs/...` id."""

from rlenvs.registration import register_envs

__all__ = ["register_envs"]
__version__ = "0.1.0"

register_envs()
