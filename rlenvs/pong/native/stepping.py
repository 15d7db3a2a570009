"""Steps of many games: frame skip, sticky actions, frame limit, and which frames an observation shows.

`Games` rows take the place of screens: what is to be shown is kept as the games' numbers at those frames. The rules,
also the odd ones about the end of an episode, are those of `rlenvs.pong.game.Game`.
"""

from __future__ import annotations

from rlenvs.pong.native.automaton import advance, is_over
from rlenvs.pong.native.compilation import compiled
from rlenvs.pong.native.sticky import is_repeated


@compiled
def step_games(  # type: ignore[no-untyped-def]
    members, codes, frame_skip, pools, threshold, frame_limit,
    games, shown, num_shown, words, places, kept, frames,
    points, terminated, truncated,
):  # fmt: skip
    """Play `codes[i]` for `frame_skip` frames in game `members[i]`.

    Args:
        members: games to step `[n]`.
        codes: ALE's action for each game `[N]`.
        frame_skip: frames a step.
        pools: whether the last two frames of a step are shown.
        threshold: probability of repeating the last action, times 2**32; 0 draws nothing.
        frame_limit: frames after which an episode is truncated.
        games: `[N, F]`, changed in place, like all that follow.
        shown: the frames to show `[N, 3, F]`.
        num_shown: how many of them count `[N]`.
        words: Mersenne Twisters `[N, 624]`.
        places: their places `[N]`.
        kept: last actions `[N]`.
        frames: frames of the episodes `[N]`.
        points: points won in this step `[N]`, written.
        terminated: written.
        truncated: written.
    """
    for i in range(len(members)):
        k = members[i]
        game = games[k]
        before = shown[k, 2]
        won = 0
        ended = False
        for frame in range(1, frame_skip + 1):
            if pools and frame == frame_skip:
                before[:] = game
            if threshold == 0 or not is_repeated(words[k], places, k, threshold):
                kept[k] = codes[k]
            won += advance(game, kept[k])
            frames[k] += 1
            terminated[k] = is_over(game)
            truncated[k] = frames[k] == frame_limit
            if terminated[k] or truncated[k]:
                ended = True
                num_shown[k] += pools and frame == frame_skip
                break
        points[k] = won
        if not ended:
            shown[k, 0] = before if pools else game
            shown[k, 1] = game
            num_shown[k] = 2 if pools else 1
