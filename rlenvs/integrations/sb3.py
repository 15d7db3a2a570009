"""Stable-Baselines3 on Gymnasium vector environments: `SB3VecEnv` makes an SB3 `VecEnv` of any of them.

SB3 by itself loops over single environments in Python; a native vector environment steps them all at once.
Unlike with SB3's `DummyVecEnv` of `Monitor`-ed environments only finished members have entries in `infos`, and
the attributes and methods of a native vector environment are those of all its members together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, VectorEnv

try:
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import VecEnv
except ImportError as error:
    raise ImportError("Stable-Baselines3 is missing: pip install 'rlenvs-suite[agents]'") from error


def make_sb3_vec_env(env_id: str, num_envs: int, seed: int | None = None, **kwargs: Any) -> SB3VecEnv:
    """Makes environments for SB3 by `gymnasium.make_vec`; member i is seeded with ``seed + i``."""
    env = SB3VecEnv(gym.make_vec(env_id, num_envs=num_envs, **kwargs))
    if seed is not None:
        env.seed(seed)
    return env


class SB3VecEnv(VecEnv):
    """An SB3 `VecEnv` over a Gymnasium vector environment; finished members restart within the step.

    The info of a finished member holds what SB3 reads: ``terminal_observation``, ``TimeLimit.truncated`` and
    ``episode`` (return ``r``, length ``l``, seconds ``t``, as `Monitor`'s), beside its own keys.

    Args:
        vector_env: In any autoreset mode. Outside ``SAME_STEP`` it must honour ``reset_mask``: one that
            restarts other members too is refused at the end of the first episode.
    """

    def __init__(self, vector_env: VectorEnv) -> None:
        if not isinstance(vector_env, VectorEnv):
            raise TypeError(f"vector_env is a {type(vector_env).__name__}: make it with gymnasium.make_vec")
        self.vector_env = vector_env
        self._same_step = vector_env.metadata.get("autoreset_mode") is AutoresetMode.SAME_STEP
        self._mask_is_honoured = False
        self._returns = np.zeros(vector_env.num_envs)
        self._lengths = np.zeros(vector_env.num_envs, dtype=np.int64)
        self._started = time.time()
        spaces = vector_env.single_observation_space, vector_env.single_action_space
        super().__init__(vector_env.num_envs, *spaces)

    def reset(self) -> Any:
        """Restarts all members with the seed and the options set before; returns the observations."""
        if any(options != self._options[0] for options in self._options):
            raise ValueError("options differ between members: give one dict for all of them")
        observations, infos = self.vector_env.reset(seed=self._seeds[0], options=self._options[0] or None)
        self.reset_infos = [_member_info(infos, i) for i in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        self._returns[:] = 0.0
        self._lengths[:] = 0
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Keeps the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Steps all members; the observation of a finished one is the first of its next episode."""
        observations, rewards, terminated, truncated, infos = self.vector_env.step(self._actions)
        dones = terminated | truncated
        self._returns += rewards
        self._lengths += 1
        # Fresh dicts: SB3's wrappers write into them.
        member_infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if dones.any():
            final, final_infos = observations, infos
            if self._same_step:
                final, final_infos = infos["final_obs"], infos.get("final_info", {})
            for i in np.flatnonzero(dones).tolist():
                member_infos[i] = _member_info(final_infos, i) | self._episode_end(i, bool(terminated[i]))
                member_infos[i]["terminal_observation"] = _members(final, i)
            self._returns[dones] = 0.0
            self._lengths[dones] = 0
            if not self._same_step:
                observations = self._restart(dones, observations)
        return observations, rewards.astype(np.float32), dones, member_infos

    def _episode_end(self, i: int, terminated: bool) -> dict[str, Any]:
        seconds = round(time.time() - self._started, 6)
        episode = {"r": round(float(self._returns[i]), 6), "l": int(self._lengths[i]), "t": seconds}
        return {"TimeLimit.truncated": not terminated, "episode": episode}

    def _restart(self, dones: np.ndarray, observations: Any) -> Any:
        restarted, _ = self.vector_env.reset(options={"reset_mask": dones.copy()})
        if not self._mask_is_honoured and not dones.all():
            if not data_equivalence(_members(observations, ~dones), _members(restarted, ~dones)):
                raise RuntimeError(f"{self.vector_env} ignores reset_mask: set vectorization_mode='sync'")
            self._mask_is_honoured = True
        return restarted

    def close(self) -> None:
        """Closes the vector environment."""
        self.vector_env.close()

    def get_images(self) -> Sequence[Any]:
        """Returns the picture of each member."""
        return self.vector_env.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Returns the attribute of each member asked for; a native vector environment has one for all."""
        envs: Any = self.vector_env.unwrapped
        if hasattr(envs, "get_attr"):
            values = envs.get_attr(attr_name)
        else:
            values = [getattr(envs, attr_name)] * self.num_envs
        return [values[i] for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets an attribute of all members."""
        if indices is not None:
            raise ValueError(f"indices is {indices!r}: {attr_name} can only be set for all members, by None")
        envs: Any = self.vector_env.unwrapped
        if hasattr(envs, "set_attr"):
            envs.set_attr(attr_name, [value] * self.num_envs)
        else:
            setattr(envs, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Calls a method; that of a native vector environment (`action_masks`) has one result a member."""
        envs: Any = self.vector_env.unwrapped
        if hasattr(envs, "call"):
            results = envs.call(method_name, *args, **kwargs)
        else:
            results = getattr(envs, method_name)(*args, **kwargs)
        return [results[i] for i in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: Any = None) -> list[bool]:
        """True for SB3's `Monitor` only, because the infos hold its ``episode``."""
        return [issubclass(wrapper_class, Monitor) for _ in self._get_indices(indices)]


def _members(observations: Any, which: int | np.ndarray) -> Any:
    """Observations of one member, or of those in a mask, out of a batch: an array or a dict of arrays."""
    if isinstance(observations, dict):
        return {key: value[which] for key, value in observations.items()}
    return observations[which]


def _member_info(infos: dict[str, Any], i: int) -> dict[str, Any]:
    """Info of member i in Gymnasium's dict of arrays, where ``_key``, if there, marks the members that have ``key``."""
    return {
        key: _member_info(value, i) if isinstance(value, dict) else value[i]
        for key, value in infos.items()
        if not key.startswith("_") and (f"_{key}" not in infos or infos[f"_{key}"][i])
    }
