"""Getting weights: from disk or in chunks, verified, and swapped between episodes only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from fosp_agent.control.weights_follower import (
    Announcement,
    Chunk,
    WeightsFollower,
    WeightsUnreachable,
    fetch_file,
)

PAYLOAD = bytes(range(256)) * 10_000  # 2.56 MB: three chunks


@dataclass(frozen=True)
class FakePolicy:
    version: int
    sha256: str


@dataclass
class Trainer:
    """Serves one payload; the line breaks when told to."""

    payload: bytes = PAYLOAD
    broken_after: int | None = None
    asked: int = 0

    def __call__(self, _version: int, offset: int, max_bytes: int) -> Chunk:
        if self.broken_after is not None and offset >= self.broken_after:
            raise WeightsUnreachable("the line is down")
        self.asked += 1
        data = self.payload[offset : offset + max_bytes]
        return Chunk(data, len(self.payload), digest(PAYLOAD))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def load(path: Path) -> FakePolicy:
    return FakePolicy(version=3, sha256=digest(path.read_bytes()))


def announcement(path: Path, payload: bytes = PAYLOAD, version: int = 3) -> Announcement:
    return Announcement(version, digest(payload), len(payload), path)


@pytest.fixture
def announced(tmp_path: Path) -> Announcement:
    path = tmp_path / "trainer" / "weights-000003.safetensors"
    path.parent.mkdir()
    path.write_bytes(PAYLOAD)
    return announcement(path)


def follower(tmp_path: Path, trainer: Trainer | None = None) -> WeightsFollower[FakePolicy]:
    return WeightsFollower(load, tmp_path / "cache", trainer)


def test_prepared_weights_do_not_act_before_the_swap(
    tmp_path: Path, announced: Announcement
) -> None:
    follow = follower(tmp_path)
    assert follow.announce(announced) is None
    assert follow.prepare() is None
    assert follow.acting is None
    status = follow.swap()
    assert status is not None
    assert status.loaded
    assert follow.acting is not None
    assert follow.acting.sha256 == announced.sha256


def test_a_readable_path_is_not_fetched(tmp_path: Path, announced: Announcement) -> None:
    trainer = Trainer()
    follow = follower(tmp_path, trainer)
    follow.announce(announced)
    follow.prepare()
    assert trainer.asked == 0


def test_an_unreadable_path_is_fetched_in_chunks(tmp_path: Path) -> None:
    trainer = Trainer()
    follow = follower(tmp_path, trainer)
    follow.announce(announcement(tmp_path / "elsewhere.safetensors"))
    assert follow.prepare() is None
    assert trainer.asked == 3
    assert follow.swap() is not None


def test_an_interrupted_fetch_goes_on_where_it_stopped(tmp_path: Path) -> None:
    trainer = Trainer(broken_after=1)
    wanted = announcement(tmp_path / "elsewhere")
    with pytest.raises(WeightsUnreachable):
        fetch_file(wanted, trainer, tmp_path / "got.safetensors")
    assert not (tmp_path / "got.safetensors").exists()
    trainer.broken_after = None
    fetch_file(wanted, trainer, tmp_path / "got.safetensors")
    assert (tmp_path / "got.safetensors").read_bytes() == PAYLOAD
    assert trainer.asked == 3


def test_wrong_bytes_are_refused_and_the_older_weights_act_on(
    tmp_path: Path, announced: Announcement
) -> None:
    follow = follower(tmp_path)
    follow.announce(announced)
    follow.prepare()
    follow.swap()
    acting = follow.acting
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(PAYLOAD[:-1] + b"x")
    follow.announce(announcement(damaged, PAYLOAD + b"new", version=4))
    status = follow.prepare()
    assert status is not None
    assert not status.loaded
    assert "version 4 refused" in status.message
    assert "version 3 still acts" in status.message
    assert follow.swap() is None
    assert follow.acting is acting


def test_fetched_bytes_with_a_wrong_hash_are_refused_and_not_kept(tmp_path: Path) -> None:
    follow = follower(tmp_path, Trainer(payload=PAYLOAD[:-1] + b"x"))
    follow.announce(announcement(tmp_path / "elsewhere"))
    status = follow.prepare()
    assert status is not None
    assert "sha256" in status.message
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_of_another_version_is_refused(tmp_path: Path, announced: Announcement) -> None:
    follow = follower(tmp_path)
    follow.announce(Announcement(9, announced.sha256, announced.size, announced.path))
    status = follow.prepare()
    assert status is not None
    assert "announced was version 9" in status.message


def test_weights_that_act_already_are_acknowledged_at_once(
    tmp_path: Path, announced: Announcement
) -> None:
    follow = follower(tmp_path)
    follow.start_with(announced.path)
    status = follow.announce(announced)
    assert status is not None
    assert status.loaded
    assert follow.wanted is None
