"""LeRobotDataset v3: parquet files of frames, PNG images within them, and files about them.

Written with pyarrow alone, so that LeRobot and its pins need not be installed here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from fosp_agent.episodes.export.moments import Moments
from fosp_agent.types import Episode

VERSION = "v3.0"
ROWS_A_FILE = 20_000
"""Frames after which a new data file begins; about 100 MB of 64x64 PNG."""
FILES_A_CHUNK = 1000
DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"

Table = dict[str, pa.Array]


class LeRobotWriter:
    """A frame is an observation, the action taken after it, and the labels that came with it.

    ``observation.images.camera`` (``.camera_1`` too with six channels), ``observation.state``,
    ``action``, ``next.done``, ``reward``, ``cost``, ``operator``. Metadata of an episode is in
    ``safereach/metadata`` of its row.
    """

    def __init__(self, folder: Path, rate: float, lengths: Sequence[int]) -> None:
        self._folder, self._rate, self._total = folder, rate, sum(lengths)
        self._frames = self._file_rows = self._file = 0
        self._writer: pq.ParquetWriter | None = None
        self._episodes: list[dict[str, Any]] = []
        self._tasks: dict[str, int] = {}
        self._moments: dict[str, Moments] = {}
        self._features: dict[str, Any] = {}

    def add(self, episode: Episode) -> None:
        """Append one episode's frames."""
        task = self._tasks.setdefault(episode.task or "reach", len(self._tasks))
        number, length = len(self._episodes), len(episode)
        columns = _columns(episode, self._rate) | {
            "index": np.arange(self._frames, self._frames + length),
            "episode_index": np.full(length, number),
            "task_index": np.full(length, task),
        }
        cameras = _cameras(episode)
        self._features = self._features or _features(columns, cameras, self._rate)
        for name, values in columns.items():
            self._moments.setdefault(name, Moments()).add(values.reshape(length, -1))
        for name, images in cameras.items():
            pixels = images.reshape(-1, 3)[::16].astype(np.float64) / 255.0
            self._moments.setdefault(name, Moments()).add(pixels)
        table = {name: _packed(values) for name, values in columns.items()}
        table |= {name: _png(images) for name, images in cameras.items()}
        self._write(pa.table(table))
        self._episodes.append(self._row(episode, number))
        self._frames += length
        self._file_rows += length

    def close(self) -> None:
        """Write ``meta``."""
        if self._writer is not None:
            self._writer.close()
        meta = self._folder / "meta"
        (meta / "episodes" / "chunk-000").mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(self._episodes), self._folder / EPISODES)
        _write_tasks(meta / "tasks.parquet", self._tasks)
        stats = {
            name: moments.summary(self._image(name)) for name, moments in self._moments.items()
        }
        (meta / "stats.json").write_text(json.dumps(stats, indent=4))
        (meta / "info.json").write_text(json.dumps(self._info(), indent=4))

    def _write(self, table: pa.Table) -> None:
        if self._writer is None or self._file_rows >= ROWS_A_FILE:
            if self._writer is not None:
                self._writer.close()
                self._file, self._file_rows = self._file + 1, 0
            path = self._folder / DATA.format(**self._place())
            path.parent.mkdir(parents=True, exist_ok=True)
            described = {"info": {"features": _described(self._features)}}
            schema = table.schema.with_metadata({"huggingface": json.dumps(described)})
            self._writer = pq.ParquetWriter(path, schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def _place(self) -> dict[str, int]:
        return {
            "chunk_index": self._file // FILES_A_CHUNK,
            "file_index": self._file % FILES_A_CHUNK,
        }

    def _row(self, episode: Episode, number: int) -> dict[str, Any]:
        place = self._place()
        return {
            "episode_index": number,
            "tasks": [episode.task or "reach"],
            "length": len(episode),
            "data/chunk_index": place["chunk_index"],
            "data/file_index": place["file_index"],
            "dataset_from_index": self._frames,
            "dataset_to_index": self._frames + len(episode),
            "meta/episodes/chunk_index": 0,
            "meta/episodes/file_index": 0,
            "safereach/id": episode.id,
            "safereach/terminal": bool(episode.is_terminal[-1]),
            "safereach/metadata": json.dumps(episode.metadata),
        }

    def _image(self, name: str) -> bool:
        return bool(self._features[name]["dtype"] == "image")

    def _info(self) -> dict[str, Any]:
        return {
            "codebase_version": VERSION,
            "robot_type": "franka",
            "total_episodes": len(self._episodes),
            "total_frames": self._frames,
            "total_tasks": len(self._tasks),
            "chunks_size": FILES_A_CHUNK,
            "data_files_size_in_mb": 100,
            "video_files_size_in_mb": 200,
            "fps": round(self._rate),
            "splits": {"train": f"0:{len(self._episodes)}"},
            "data_path": DATA,
            "video_path": None,
            "features": self._features,
        }


def _columns(episode: Episode, rate: float) -> dict[str, npt.NDArray[Any]]:
    """Everything of T rows but images and running numbers."""
    length = len(episode)
    columns: dict[str, npt.NDArray[Any]] = {"action": episode.action}
    if episode.pose.shape[1]:
        columns["observation.state"] = episode.pose
    return columns | {
        "reward": episode.reward,
        "cost": episode.cost,
        "operator": episode.by_operator,
        "next.done": np.arange(length) == length - 1,
        "timestamp": (np.arange(length) / round(rate)).astype(np.float32),
        "frame_index": np.arange(length),
    }


def _cameras(episode: Episode) -> dict[str, npt.NDArray[Any]]:
    """(T, H, W, 3) of each camera."""
    count = episode.image.shape[-1] // 3
    names = ["observation.images.camera", *(f"observation.images.camera_{i}" for i in range(1, 9))]
    return {names[i]: episode.image[..., 3 * i : 3 * i + 3] for i in range(count)}


def _packed(values: npt.NDArray[Any]) -> pa.Array:
    if values.ndim == 1:
        return pa.array(values)
    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])


def _png(images: npt.NDArray[Any]) -> pa.Array:
    encoded = [cv2.imencode(".png", image[..., ::-1])[1].tobytes() for image in images]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return pa.array([{"bytes": data, "path": None} for data in encoded], kind)


def _features(
    columns: dict[str, npt.NDArray[Any]], cameras: dict[str, npt.NDArray[Any]], rate: float
) -> dict[str, Any]:
    """``features`` of info.json."""
    found: dict[str, Any] = {}
    for name, values in columns.items():
        shape = list(values.shape[1:]) or [1]
        names = [f"{name}_{i}" for i in range(shape[0])] if values.ndim > 1 else None
        found[name] = {"dtype": str(values.dtype), "shape": shape, "names": names}
    for name, images in cameras.items():
        names = ["height", "width", "channels"]
        found[name] = {"dtype": "image", "shape": list(images.shape[1:]), "names": names}
    return {name: {**entry, "fps": round(rate)} for name, entry in found.items()}


def _described(features: dict[str, Any]) -> dict[str, Any]:
    """The same for the reader of parquet, the library ``datasets``."""

    def one(entry: dict[str, Any]) -> dict[str, Any]:
        if entry["dtype"] == "image":
            return {"_type": "Image"}
        value = {"dtype": entry["dtype"], "_type": "Value"}
        if entry["names"] is None:
            return value
        return {"feature": value, "length": entry["shape"][0], "_type": "Sequence"}

    return {name: one(entry) for name, entry in features.items()}


def _write_tasks(path: Path, tasks: dict[str, int]) -> None:
    """A pandas table of task_index, whose index is the task's name."""
    index: dict[str, Any] = {
        "name": None,
        "field_name": "__index_level_0__",
        "pandas_type": "unicode",
    }
    index |= {"numpy_type": "object", "metadata": None}
    value: dict[str, Any] = {
        "name": "task_index",
        "field_name": "task_index",
        "pandas_type": "int64",
    }
    value |= {"numpy_type": "int64", "metadata": None}
    pandas = {
        "index_columns": ["__index_level_0__"],
        "column_indexes": [],
        "columns": [value, index],
    }
    table = pa.table({"task_index": list(tasks.values()), "__index_level_0__": list(tasks)})
    pq.write_table(table.replace_schema_metadata({"pandas": json.dumps(pandas)}), path)
