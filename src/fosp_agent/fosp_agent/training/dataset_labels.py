"""Whether a dataset's labels can teach what they are to teach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

MISSING = {
    "cost": (
        "the cost head, the cost critics and reachability will learn that nothing is ever "
        "dangerous, and the policy will not avoid anything"
    ),
    "reward": (
        "the reward critics will learn that nothing is worth anything, and the policy will only "
        "imitate"
    ),
}
"""What follows where no label of a kind is above 0."""


def label_shares(episodes: Sequence[Episode]) -> dict[str, float]:
    """Share of all observations with a label above 0, in [0, 1], by kind of label."""
    total = max(1, sum(len(e) for e in episodes))
    return {
        name: sum(int(np.count_nonzero(getattr(e, name) > 0)) for e in episodes) / total
        for name in MISSING
    }


def journal_warnings(folder: Path) -> list[str]:
    """One sentence for each line of a dataset's journal that is no label; its episode has none."""
    return list(EpisodeStore.of(folder).labels.problems())


def label_warnings(shares: dict[str, float], where: object) -> list[str]:
    """One sentence for each kind of label that is missing altogether."""
    return [
        f"no observation in {where} has a {name} label above 0: {MISSING[name]}. Label some "
        "episodes again, or add ones in which it happens, unless you mean it"
        for name, share in shares.items()
        if share == 0
    ]
