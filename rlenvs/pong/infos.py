"""Infos of many members, as Gymnasium's vector environments put single ones together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.vector_checks import as_object_array
from rlenvs.pong.crew import BoolArray, Results


def infos(points: npt.NDArray[np.int64], members: BoolArray) -> dict[str, Any]:
    """What some members are told.

    Args:
        points: int `[N]`, won (1) or lost (-1) since the last step.
        members: bool `[N]`, who is told.
    """
    lives = np.zeros(len(members), np.int64)
    return {"lives": lives, "_lives": members.copy(), "point": points, "_point": members.copy()}


def step_infos(results: Results) -> dict[str, Any]:
    """What all members are told after a step.

    In SAME_STEP the last observation and point of episodes that ended stand in `final_obs` and `final_info`.
    """
    num_envs = len(results.points)
    everyone = np.ones(num_envs, np.bool_)
    if results.final_observations is None:
        return infos(results.points, everyone)
    ended = results.terminated | results.truncated
    told = infos(np.where(ended, 0, results.points), everyone)
    if ended.any():
        members = np.flatnonzero(ended)
        told["final_obs"] = as_object_array(results.final_observations[members], members, num_envs)
        told["_final_obs"] = ended
        told["final_info"] = infos(np.where(ended, results.points, 0), ended)
        told["_final_info"] = ended.copy()
    return told
