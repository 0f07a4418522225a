"""Minari: an HDF5 file and its metadata, written by Minari's own storage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from minari.data_collector import EpisodeBuffer
from minari.dataset.minari_storage import MinariStorage

from fosp_agent.types import Episode

VERSION = "0.5.3"
DATA = "data"


class MinariWriter:
    """``data`` is the dataset: ``minari.MinariDataset(out / "data")``.

    T observations of "image", (1, H, W, C) since Minari would store (H, W, C) as a lossy JPEG,
    and "pose", T - 1 actions; a reward is that of the next observation.
    ``infos`` has T rows of ``cost``, ``reward`` and ``operator``, as labelled. The metadata of an
    episode is in its attributes ``options/...``.
    """

    def __init__(self, folder: Path, rate: float, lengths: Sequence[int]) -> None:
        del rate, lengths
        self._folder = (folder / DATA).absolute()  # Minari does not find a relative one
        self._storage: MinariStorage | None = None

    def add(self, episode: Episode) -> None:
        """Append one episode."""
        storage = self._storage = self._storage or self._new(episode)
        steps = len(episode) - 1
        terminations = episode.is_terminal[1:]
        storage.update_episodes([_buffer(episode, terminations, steps)])

    def close(self) -> None:
        """Everything is written already."""

    def _new(self, episode: Episode) -> MinariStorage:
        pose, size = episode.pose.shape[1], episode.action.shape[1]
        parts: dict[str, spaces.Space[npt.NDArray[Any]]] = {
            "image": spaces.Box(0, 255, _stacked(episode.image).shape[1:], np.uint8)
        }
        if pose:
            parts["pose"] = spaces.Box(-np.inf, np.inf, (pose,), np.float32)
        storage = MinariStorage.new(
            self._folder, spaces.Dict(parts), spaces.Box(-1, 1, (size,), np.float32)
        )
        name = "".join(c for c in episode.task if c.isalnum()) or "reach"
        storage.update_metadata({"dataset_id": f"safereach/{name}-v0", "minari_version": VERSION})
        return storage


def _stacked(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Images as (T, 1, H, W, C)."""
    return images[:, None]


def _buffer(episode: Episode, terminations: npt.NDArray[Any], steps: int) -> EpisodeBuffer:
    observations = {"image": _stacked(episode.image)}
    if episode.pose.shape[1]:
        observations["pose"] = episode.pose
    seed = episode.metadata.get("seed", "")
    return EpisodeBuffer(
        seed=int(seed) if seed.isdigit() else None,
        options={
            "id": episode.id,
            "task": episode.task,
            "metadata": json.dumps(episode.metadata),
        },
        observations=observations,
        actions=episode.action[:-1],
        rewards=episode.reward[1:],
        terminations=terminations,
        truncations=(np.arange(1, steps + 1) == steps) & ~terminations,
        infos={
            "cost": episode.cost,
            "reward": episode.reward,
            "operator": episode.by_operator,
        },
    )
