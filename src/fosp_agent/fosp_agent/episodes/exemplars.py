"""Which trajectories are worth imitating, by what they came to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fosp_agent.types import BoolArray, Episode


def exemplary(
    episodes: Sequence[Episode], cost_limit: float, dropped_share: float = 0.0
) -> BoolArray:
    """Episodes that cost little, and of those the ones that returned more.

    Where no episode keeps the limit, those that cost least are taken: nothing to imitate would be
    worse.

    Args:
        episodes: E of them, labelled.
        cost_limit: largest summed cost.
        dropped_share: of those within the limit, the share with the lowest return that is left
            out; in [0, 1).

    Returns:
        (E,) at least one of them true.
    """
    cost = np.array([episode.cost.sum() for episode in episodes])
    gain = np.array([episode.reward.sum() for episode in episodes])
    cheap = cost <= max(cost_limit, float(cost.min()))
    found: BoolArray = cheap & (gain >= np.quantile(gain[cheap], dropped_share))
    return found
