from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from fosp_sim_bridge.dataset_folder import DESCRIPTION, DatasetFolderError
from fosp_sim_bridge.demonstrator.collect import FIRST_SEED, demonstrations
from fosp_sim_bridge.demonstrator.dataset import Request, write_dataset
from fosp_sim_bridge.demonstrator.kinds import KINDS, mix

KIND = {kind.name: kind for kind in KINDS}


def ignore(*_: object) -> None:
    pass


def test_two_hundred_have_the_papers_mix_and_fewer_keep_its_ratio() -> None:
    counts = Counter(kind.name for kind in mix(200))
    assert counts == {
        "safe_success": 120,
        "safe_failure": 30,
        "unsafe_success": 40,
        "unsafe_failure": 10,
    }
    assert Counter(kind.name for kind in mix(20)) == {k: v // 10 for k, v in counts.items()}


def test_every_demonstration_is_of_its_kind_and_aligned() -> None:
    kinds = set()
    for episode in demonstrations("original", 12, seed=3):
        kind = KIND[episode.metadata["kind"]]
        kinds.add(kind.name)
        assert (episode.success, episode.violation) == (kind.reaches, kind.violates)
        assert len(episode) == 81
        assert not episode.action[-1].any()
        assert np.abs(episode.action).max() <= 1.0
        assert episode.reward[0] == episode.cost[0] == 0.0
        assert not episode.is_terminal.any()
        assert int(episode.metadata["seed"]) >= FIRST_SEED
        moved = np.diff(episode.pose[:, :3], axis=0)[:10]
        asked = 0.01 * episode.action[:10, :3]
        assert np.abs(moved - asked).max() < 1e-4, "an action moves the next pose"
    assert len(kinds) >= 3


def test_demonstrations_repeat_bit_for_bit() -> None:
    first, second = (next(iter(demonstrations("target_shape", 2, seed=4))) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.action, second.action)


def test_an_interrupted_data_set_is_continued_and_not_begun_anew(tmp_path: Path) -> None:
    folder, request = tmp_path / "set", Request("original", 3, 5)

    def interrupt(count: int, _: object) -> None:
        if count == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_dataset(folder, request, interrupt)
    kept = sorted(folder.glob("*.mcap"))
    stamps = [path.stat().st_mtime_ns for path in kept]
    (folder / "half-written.mcap.active").write_bytes(b"x")
    assert write_dataset(folder, request, ignore) == 1
    assert [path.stat().st_mtime_ns for path in kept] == stamps
    assert len(list(folder.glob("*.mcap"))) == 3
    assert not list(folder.glob("*.active"))
    with pytest.raises(DatasetFolderError, match="another data set"):
        write_dataset(folder, Request("original", 4, 5), ignore)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(DatasetFolderError, match="not empty"):
        write_dataset(tmp_path, Request("original", 2, 0), ignore)
    other = tmp_path / "set"
    other.mkdir()
    (other / DESCRIPTION).write_text(json.dumps({"maker": "x"}))
    with pytest.raises(DatasetFolderError, match="another data set"):
        write_dataset(other, Request("original", 2, 0), ignore)
