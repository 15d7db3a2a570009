"""Infos of many members, as Gymnasium's vector environments put single ones together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.text.problems import ProblemBook
from rlenvs.verifiers.verdict import Verdict

IntArray = npt.NDArray[np.int64]


def problem_ids(book: ProblemBook, problems: IntArray, members: IntArray) -> dict[str, Any]:
    """What members are told at the start.

    Args:
        book: Where the problems stand.
        problems: Numbers of the problems of all members.
        members: Who is told.
    """
    ids = np.full(len(problems), None, object)
    ids[members] = book.ids[problems[members]]
    return {"problem_id": ids, "_problem_id": _mask(members, len(problems))}


def outcomes(members: IntArray, verdicts: Sequence[Verdict], num_envs: int) -> dict[str, Any]:
    """What members are told at the end; empty without any."""
    if not members.size:
        return {}
    rewards = np.zeros(num_envs)
    rewards[members] = [verdict.reward for verdict in verdicts]
    values: dict[str, npt.NDArray[Any]] = {
        "status": _objects([verdict.status for verdict in verdicts], members, num_envs),
        "extracted": _objects([verdict.extracted for verdict in verdicts], members, num_envs),
        "reward/correct": rewards,
    }
    return values | {f"_{name}": _mask(members, num_envs) for name in values}


def final_infos(observations: npt.NDArray[np.object_], infos: dict[str, Any], members: IntArray) -> dict[str, Any]:
    """SAME_STEP: observations and infos of episodes that ended, beside which new ones have begun."""
    num_envs = len(observations)
    return {
        "final_obs": observations,
        "_final_obs": _mask(members, num_envs),
        "final_info": infos,
        "_final_info": _mask(members, num_envs),
    }


def _mask(members: IntArray, num_envs: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros(num_envs, np.bool_)
    mask[members] = True
    return mask


def _objects(values: Sequence[Any], members: IntArray, num_envs: int) -> npt.NDArray[np.object_]:
    array = np.full(num_envs, None, object)
    array[members] = values
    return array
