"""The paper's format: one compressed ``.npz`` an episode, with the keys of Dreamer's replay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fosp_agent.types import Episode


class NpzWriter:
    """``<id>.npz`` with T rows a key.

    The keys: image, pose, action, reward, cost, is_first, is_last,
    is_terminal, operator; ``metadata`` is a JSON text. The alignment is that of `types`.
    """

    def __init__(self, folder: Path, rate: float, lengths: Sequence[int]) -> None:
        del rate, lengths
        self._folder = folder

    def add(self, episode: Episode) -> None:
        """Write one file."""
        step = np.arange(len(episode))
        np.savez_compressed(
            self._folder / f"{episode.id}.npz",
            image=episode.image,
            pose=episode.pose,
            action=episode.action,
            reward=episode.reward,
            cost=episode.cost,
            is_first=step == 0,
            is_last=step == len(episode) - 1,
            is_terminal=episode.is_terminal,
            operator=episode.by_operator,
            metadata=np.asarray(json.dumps({**episode.metadata, "task": episode.task})),
        )

    def close(self) -> None:
        """Nothing is left to write."""
