"""DSRL's HDF5: flat transitions of every episode, one after the other, in ``dataset.hdf5``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from fosp_agent.types import Episode

FILE = "dataset.hdf5"


class DsrlWriter:
    """Flat arrays of N rows, a transition each; an episode of T observations has T - 1.

    observations, next_observations, actions, rewards, costs, terminals, timeouts.

    A transition's reward and cost are those that arrive with its next observation. Observations are
    poses, with ``images`` and ``next_images`` beside them; without a pose they are the images. The
    group ``episodes`` has a row an episode: id, start, length, metadata, and the ``first_reward``
    and ``first_cost`` of the observation that no transition leads to.
    """

    def __init__(self, folder: Path, rate: float, lengths: Sequence[int]) -> None:
        del rate
        self._file = h5py.File(folder / FILE, "w")
        self._total = sum(length - 1 for length in lengths)
        self._count = len(lengths)
        self._row = self._episode = 0

    def add(self, episode: Episode) -> None:
        """Append one episode's transitions."""
        steps = len(episode) - 1
        for name, values in _transitions(episode).items():
            self._dataset(name, values)[self._row : self._row + steps] = values
        texts = {
            "id": episode.id,
            "metadata": json.dumps({**episode.metadata, "task": episode.task}),
        }
        numbers = {
            "start": self._row,
            "length": steps,
            "first_reward": float(episode.reward[0]),
            "first_cost": float(episode.cost[0]),
        }
        for name, value in (*texts.items(), *numbers.items()):
            kind = h5py.string_dtype() if isinstance(value, str) else type(value)
            self._file.require_dataset(f"episodes/{name}", (self._count,), kind)[self._episode] = (
                value
            )
        self._row += steps
        self._episode += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _dataset(self, name: str, values: npt.NDArray[Any]) -> h5py.Dataset:
        if name in self._file:
            return self._file[name]
        rest = values.shape[1:]
        packed = {"chunks": (1, *rest), "compression": "lzf"} if values.ndim > 2 else {}
        return self._file.create_dataset(name, (self._total, *rest), values.dtype, **packed)


def _transitions(episode: Episode) -> dict[str, npt.NDArray[Any]]:
    """Arrays with T - 1 rows."""
    steps = len(episode) - 1
    terminals = episode.is_terminal[1:]
    timeouts = np.arange(1, steps + 1) == steps
    seen = episode.pose if episode.pose.shape[1] else episode.image
    arrays = {
        "observations": seen[:-1],
        "next_observations": seen[1:],
        "actions": episode.action[:-1],
        "rewards": episode.reward[1:],
        "costs": episode.cost[1:],
        "terminals": terminals,
        "timeouts": timeouts & ~terminals,
        "operator": episode.by_operator[:-1],
    }
    if episode.pose.shape[1]:
        arrays |= {"images": episode.image[:-1], "next_images": episode.image[1:]}
    return arrays
