"""Checks of what a caller hands to a vector environment, with one-line errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def check_autoreset_mode(mode: AutoresetMode | str | None, group_size: int | None) -> AutoresetMode:
    """The mode as an enum member; None means NEXT_STEP, or DISABLED with groups, which allow no other."""
    if mode is None:
        return AutoresetMode.NEXT_STEP if group_size is None else AutoresetMode.DISABLED
    values = [member.value for member in AutoresetMode]
    if not isinstance(mode, AutoresetMode) and mode not in values:
        raise ValueError(f"autoreset_mode must be an AutoresetMode or one of {values}, got {mode!r}")
    mode = AutoresetMode(mode)
    if group_size is not None and mode != AutoresetMode.DISABLED:
        raise ValueError(f"autoreset_mode must be 'Disabled' with a group_size, got {mode.value!r}")
    return mode


def check_group_size(group_size: int | None, num_envs: int) -> None:
    """`num_envs` must be made of whole groups."""
    if group_size is not None and num_envs % group_size:
        raise ValueError(f"num_envs must be divisible by group_size={group_size}, got {num_envs}")


def check_actions(actions: Any, num_envs: int, num_actions: int) -> IntArray:
    """Return `actions` as int64 `[num_envs]`, each in range; the common case costs one pass."""
    if type(actions) is not np.ndarray or actions.dtype != np.int64 or actions.shape != (num_envs,):
        actions = _converted_actions(actions, num_envs)
    # The bitwise or is negative if any action is, and at least as large as each: one pass accepts most input.
    if not 0 <= np.bitwise_or.reduce(actions) < num_actions and not _lies_within(actions, num_actions):
        wrong = np.flatnonzero((actions < 0) | (actions >= num_actions))[0]
        raise ValueError(f"actions must lie in 0 to {num_actions - 1}, got {actions[wrong]} at index {wrong}")
    return actions


def _lies_within(actions: IntArray, num_actions: int) -> bool:
    return bool(actions.min() >= 0 and actions.max() < num_actions)


def _converted_actions(actions: Any, num_envs: int) -> IntArray:
    try:
        array = np.asarray(actions)
    except ValueError:
        raise ValueError(f"actions must have shape ({num_envs},), got a ragged sequence") from None
    if array.ndim == 0:
        raise TypeError(f"actions must be an integer array of shape ({num_envs},), got {actions!r}")
    if array.shape != (num_envs,):
        raise ValueError(f"actions must have shape ({num_envs},), got {array.shape}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"actions must be integers, got dtype {array.dtype}")
    if array.dtype == np.uint64:  # a conversion would wrap large numbers to valid ones
        array = np.minimum(array, np.uint64(np.iinfo(np.int64).max))
    return np.ascontiguousarray(array, dtype=np.int64)


def check_reset_mask(options: dict[str, Any] | None, num_envs: int) -> BoolArray | None:
    """The reset mask, bool `[num_envs]`, or None where everything is to be reset."""
    options = options or {}
    unknown = sorted(set(options) - {"reset_mask"})
    if unknown:
        raise ValueError(f"options has unknown keys {unknown}: reset takes only 'reset_mask'")
    if "reset_mask" not in options:
        return None
    mask = options["reset_mask"]
    name = "`options['reset_mask']`"  # the messages are those of Gymnasium, whose tests look for them
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {type(mask)}")
    if mask.shape != (num_envs,):
        raise ValueError(f"{name} must have shape `({num_envs},)`, got {mask.shape}")
    if mask.dtype != np.bool_:
        raise TypeError(f"{name} must have `dtype=np.bool_`, got {mask.dtype}")
    if not mask.any():
        raise ValueError(f"{name} must contain a boolean array with at least one True value, got reset_mask={mask}")
    return mask


def check_groups_to_reset(
    options: dict[str, Any] | None, num_envs: int, group_size: int, has_begun: bool
) -> IntArray:
    """The numbers of the groups that a reset is for: those in the mask, which holds whole ones, or all.

    Args:
        options: of `reset`.
        num_envs: members in all.
        group_size: 1 where there are no groups.
        has_begun: there was a reset; the first one must be for all.
    """
    mask = check_reset_mask(options, num_envs)
    if mask is None:
        return np.arange(num_envs // group_size)
    if not has_begun and not mask.all():
        raise ResetNeeded("options['reset_mask'] was given before the first reset: reset all first")
    by_group = mask.reshape(-1, group_size)
    partial = np.flatnonzero(by_group.any(axis=1) & ~by_group.all(axis=1))
    if partial.size:
        raise ValueError(f"options['reset_mask'] holds a part of group {partial[0]}: reset whole groups")
    return np.flatnonzero(by_group[:, 0])


def check_seeds(seed: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    """One seed (or None) for each of `count` members or groups; an integer s means s, s + 1, ..."""
    if seed is None:
        return [None] * count
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return [_check_seed(int(seed)) + i for i in range(count)]
    if isinstance(seed, str) or not isinstance(seed, (Sequence, np.ndarray)):
        raise TypeError(f"seed must be an integer, a list of integers or None, got {seed!r}")
    if len(seed) != count:
        raise ValueError(f"seed must list {count} seeds, one a member (or group), got {len(seed)}")
    return [None if one is None else _check_seed(one) for one in seed]


def _check_seed(seed: Any) -> int:
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
        raise TypeError(f"seed must be an integer of at least 0, got {seed!r}")
    if seed < 0:
        raise ValueError(f"seed must be at least 0, got {seed}")
    return int(seed)


def as_object_array(values: npt.NDArray[Any], members: IntArray, num_envs: int) -> npt.NDArray[np.object_]:
    """Gymnasium's `final_obs`: an object array `[num_envs]`, `values[j]` at `members[j]`, None elsewhere."""
    array = np.empty(num_envs, dtype=object)
    if values.ndim == 1:
        array[members] = values
    else:
        for member, value in zip(members.tolist(), values, strict=True):
            array[member] = value
    return array
