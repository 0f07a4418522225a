"""What another library's reader finds in an export is what the episodes hold."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.export.exporter import ExportError, export, labelled_ids
from fosp_agent.episodes.labels import LabelRecord
from fosp_agent.episodes.reshape import merge, split
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

Factory = Callable[..., Episode]
IDS = ["original-7-0001", "original-7-00002"]


@pytest.fixture
def filled(store: EpisodeStore, random_episode: Factory) -> EpisodeStore:
    for id_, length in zip(IDS, (21, 11), strict=True):
        store.write(random_episode(id=id_, length=length))
    return store


def write(store: EpisodeStore, name: str, out: Path) -> list[Episode]:
    ids = labelled_ids(store)
    export(store, ids, name, out, 10.0, lambda done, total: None)
    return [store.load(id_) for id_ in ids]


def test_numpy_reads_the_same_episodes(filled: EpisodeStore, tmp_path: Path) -> None:
    for episode in write(filled, "npz", tmp_path / "out"):
        with np.load(tmp_path / "out" / f"{episode.id}.npz") as found:
            for key in ("image", "pose", "action", "reward", "cost"):
                np.testing.assert_array_equal(found[key], getattr(episode, key))


def test_dsrl_transitions_carry_the_labels_of_the_next_observation(
    filled: EpisodeStore, tmp_path: Path
) -> None:
    h5py = pytest.importorskip("h5py", reason="requirements/export.txt is not installed")
    episodes = write(filled, "dsrl", tmp_path / "out")
    with h5py.File(tmp_path / "out" / "dataset.hdf5") as found:
        for name, key in (("rewards", "reward"), ("costs", "cost")):
            wanted = np.concatenate([getattr(e, key)[1:] for e in episodes])
            np.testing.assert_array_equal(found[name][:], wanted)
            first = [getattr(e, key)[0] for e in episodes]
            np.testing.assert_array_equal(found[f"episodes/first_{key}"][:], first)
        images = np.concatenate([e.image[1:] for e in episodes])
        np.testing.assert_array_equal(found["next_images"][:], images)
        actions = np.concatenate([e.action[:-1] for e in episodes])
        np.testing.assert_array_equal(found["actions"][:], actions)
        assert np.flatnonzero(found["timeouts"]).tolist() == [19, 29]


def test_minari_reads_the_same_episodes(
    filled: EpisodeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minari = pytest.importorskip("minari", reason="requirements/export.txt is not installed")
    monkeypatch.chdir(tmp_path)
    episodes = write(filled, "minari", Path("out"))  # a relative folder, as people type it
    found = list(minari.MinariDataset(tmp_path / "out" / "data"))
    assert len(found) == 2
    for read, episode in zip(found, episodes, strict=True):
        images = read.observations["image"][:, 0]
        np.testing.assert_array_equal(images, episode.image)
        np.testing.assert_array_equal(read.observations["pose"], episode.pose)
        np.testing.assert_array_equal(read.actions, episode.action[:-1])
        np.testing.assert_array_equal(read.rewards, episode.reward[1:])
        np.testing.assert_array_equal(read.infos["cost"], episode.cost)


def test_parquet_holds_every_frame_and_label_in_the_layout_of_lerobot(
    filled: EpisodeStore, tmp_path: Path
) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="requirements/export.txt is not installed")
    image_module = pytest.importorskip("PIL.Image")
    episodes, out = write(filled, "lerobot", tmp_path / "out"), tmp_path / "out"
    info = json.loads((out / "meta/info.json").read_text())
    rows = pq.read_table(out / info["data_path"].format(chunk_index=0, file_index=0))
    assert set(rows.column_names) == set(info["features"])
    assert info["total_frames"] == len(rows) == 32
    frames = rows.to_pydict()
    for key in ("reward", "cost", "action"):
        wanted = np.concatenate([getattr(e, key) for e in episodes])
        np.testing.assert_array_equal(np.asarray(frames[key], np.float32), wanted)
    image = image_module.open(io.BytesIO(frames["observation.images.camera"][25]["bytes"]))
    np.testing.assert_array_equal(np.asarray(image), episodes[1].image[4])
    table = pq.read_table(out / "meta/episodes/chunk-000/file-000.parquet").to_pydict()
    assert table["dataset_to_index"] == [21, 32]


READ_BY_LEROBOT = """
import sys
import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset

found = LeRobotDataset("local/episodes", root=sys.argv[1])
rows = [found[index] for index in range(len(found))]
np.savez(sys.argv[2], **{key: np.stack([np.asarray(row[key]) for row in rows]) for key in rows[0]})
"""
"""LeRobot needs another numpy: an interpreter of its own runs this, named by LEROBOT_PYTHON."""


@pytest.mark.skipif(
    "LEROBOT_PYTHON" not in os.environ,
    reason="set LEROBOT_PYTHON to an interpreter that has lerobot 0.4",
)
def test_lerobots_own_dataset_reads_the_same_episodes(filled: EpisodeStore, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="requirements/export.txt is not installed")
    episodes, out = write(filled, "lerobot", tmp_path / "out"), tmp_path / "read.npz"
    command = [os.environ["LEROBOT_PYTHON"], "-c", READ_BY_LEROBOT, tmp_path / "out", out]
    alone = {"HF_HUB_OFFLINE": "1", "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=alone)
    assert done.returncode == 0, done.stderr
    with np.load(out) as found:
        for name, key in (
            ("action", "action"), ("reward", "reward"), ("cost", "cost"),
            ("observation.state", "pose"), ("operator", "by_operator"),
        ):  # fmt: skip
            wanted = np.concatenate([getattr(episode, key) for episode in episodes])
            np.testing.assert_array_equal(found[name], wanted)
        pixels = np.round(found["observation.images.camera"] * 255).astype(np.uint8)
        images = np.concatenate([episode.image for episode in episodes])
        np.testing.assert_array_equal(pixels.transpose(0, 2, 3, 1), images)
        assert found["episode_index"].tolist() == [0] * 21 + [1] * 11


def test_a_failed_export_leaves_nothing_behind(filled: EpisodeStore, tmp_path: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(filled, IDS, "npz", tmp_path / "to" / "out", 10.0, stop)
    assert list((tmp_path / "to").iterdir()) == []
    with pytest.raises(ExportError, match="choose one of"):
        export(filled, IDS, "zarr", tmp_path / "out", 10.0, stop)
    assert not (tmp_path / "out").exists()


def test_merged_folders_keep_every_revision_of_every_label(
    filled: EpisodeStore, random_episode: Factory, tmp_path: Path
) -> None:
    zeros = np.zeros(21, np.float32)
    filled.labels.add(LabelRecord(IDS[0], zeros, zeros, "eve", "again", stamp_ns=5), relabel=True)
    other = EpisodeStore(tmp_path / "other")
    other.write(random_episode(id="other-1"))
    assert merge([filled, other], tmp_path / "all", lambda done, total: None) == 3
    merged = EpisodeStore(tmp_path / "all")
    latest = merged.labels.latest(IDS[0])
    assert latest is not None
    assert (latest.revision, latest.labeller, latest.stamp_ns) == (2, "eve", 5)
    with pytest.raises(ExportError, match="is in"):
        merge([filled, merged], tmp_path / "twice", lambda done, total: None)


def test_a_damaged_episode_is_named_where_it_lies_and_nothing_is_merged(
    filled: EpisodeStore, tmp_path: Path
) -> None:
    path = filled.file(IDS[0])
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(EpisodeError, match=f"^{path} is damaged.*move it away or delete it"):
        merge([EpisodeStore(filled.path)], tmp_path / "all", lambda done, total: None)
    assert not (tmp_path / "all").exists()


def test_a_split_loses_no_episode_and_shares_none(
    store: EpisodeStore, random_episode: Factory, tmp_path: Path
) -> None:
    for number in range(6):
        store.write(random_episode(id=f"episode-{number}", length=11))
    a, b = tmp_path / "a", tmp_path / "b"
    split(store, 0.33, a, b, lambda done, total: None)
    halves = EpisodeStore(a).ids(), EpisodeStore(b).ids()
    assert sorted(halves[0] + halves[1]) == sorted(store.ids())
    assert not set(halves[0]) & set(halves[1])
