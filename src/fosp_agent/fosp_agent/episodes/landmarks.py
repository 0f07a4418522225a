"""Where in an episode something begins or is reached."""

from __future__ import annotations

import numpy as np

from fosp_agent.types import Episode, FloatArray, IntArray


def contact_onsets(episode: Episode) -> IntArray:
    """(K,) steps at which a contact begins."""
    touching = episode.cost > 0
    return np.flatnonzero(touching & ~np.concatenate([[False], touching[:-1]]))


def goal_pose(episode: Episode) -> FloatArray:
    """(P,) the pose in the middle of the rewarded steps; NaN without one."""
    rewarded = np.flatnonzero(episode.reward > 0)
    if not len(rewarded):
        return np.full(episode.pose.shape[1], np.nan, np.float32)
    return np.asarray(episode.pose[rewarded[len(rewarded) // 2]], np.float32)
