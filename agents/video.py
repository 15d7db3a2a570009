"""Episodes of a policy as an animated GIF (needs Pillow, the extra `video`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from agents.loading import Probabilities

HELD = 4  # more frames of an episode's end


def record_gif(
    env: gym.Env, probabilities: Probabilities, seeds: Sequence[int], path: Path, most_frames: int = 1_500
) -> int:
    """Plays one episode a seed in an `rgb_array` environment and writes the frames at the environment's own pace.

    Args:
        env: says by `metadata["render_fps"]` how fast it is to be seen.
        probabilities: the policy.
        seeds: of the episodes.
        path: of the file.
        most_frames: the film ends there, be it in the middle of an episode.

    Returns:
        The number of frames.

    Raises:
        ImportError: Pillow is missing.
        ValueError: no seeds.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("Pillow is missing: pip install 'rlenvs-suite[video]'") from error
    if not seeds:
        raise ValueError("seeds is empty: a video needs at least one episode")
    shown = (Image.fromarray(frame) for seed in seeds for frame in _frames(env, probabilities, seed))
    frames = list(islice(shown, most_frames))
    frame_ms = round(1000 / env.metadata.get("render_fps", 10))
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=frame_ms, loop=0)
    return len(frames)


def _frames(env: gym.Env, probabilities: Probabilities, seed: int) -> Iterator[NDArray]:
    """The pictures of one episode, its last one held for a moment."""
    generator = np.random.default_rng(seed)
    observation, _ = env.reset(seed=seed)
    picture, over = _picture(env), False
    yield picture
    while not over:
        chances = probabilities(np.asarray(observation)[np.newaxis])[0]
        observation, _, terminated, truncated, _ = env.step(int(generator.choice(len(chances), p=chances)))
        over = terminated or truncated
        picture = _picture(env)
        yield picture
    yield from [picture] * HELD


def _picture(env: gym.Env) -> NDArray:
    frame = env.render()
    assert isinstance(frame, np.ndarray)
    return frame
