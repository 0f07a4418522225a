"""Labels: spans become arrays, and the journal loses nothing."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fosp_agent.episodes.errors import (
    AlreadyLabelled,
    EpisodeError,
    InvalidLabel,
    LabelError,
    SpanPastEnd,
    UnknownEpisode,
)
from fosp_agent.episodes.labels import LabelRecord, Span, expand
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

EpisodeFactory = Callable[..., Episode]
ID = "original-7-0001"


@pytest.fixture
def unlabelled(store: EpisodeStore, random_episode: EpisodeFactory) -> EpisodeStore:
    """A store with one unlabelled episode of 21 observations."""
    store.write(replace(random_episode(), labelled=False))
    return store


def label(value: float = 1.0, id_: str = ID, length: int = 21) -> LabelRecord:
    return LabelRecord(id_, np.full(length, value), np.zeros(length), labeller="test")


def test_span_ends_are_inclusive_and_the_rest_is_zero() -> None:
    reward, cost = expand([Span("reward", 3, 5), Span("cost", 0, 0, 2.0)], 7)
    assert reward.tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert cost.tolist() == [2, 0, 0, 0, 0, 0, 0]


def test_no_span_means_zeros() -> None:
    reward, cost = expand([], 4)
    assert not reward.any()
    assert not cost.any()


@pytest.mark.parametrize(
    ("span", "error", "message"),
    [
        (Span("cost", 5, 21), SpanPastEnd, "past the end; the last of 21 observations is 20"),
        (Span("cost", 9, 8), InvalidLabel, "inverted"),
        (Span("cost", -1, 8), InvalidLabel, "negative"),
        (Span("cost", 1, 2, float("nan")), InvalidLabel, "finite"),
        (Span("joy", 1, 2), InvalidLabel, "valid: reward, cost"),
    ],
)
def test_bad_span_is_refused_with_the_reason(
    span: Span, error: type[LabelError], message: str
) -> None:
    with pytest.raises(error, match=message):
        expand([span], 21, ID)


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (label(id_="unknown"), UnknownEpisode),
        (label(length=22), SpanPastEnd),
        (label(length=20), InvalidLabel),
        (label(float("inf")), InvalidLabel),
        (LabelRecord(ID, np.zeros(21), np.full(21, -1.0)), InvalidLabel),
        (LabelRecord(ID, np.zeros((3, 7)), np.zeros(21)), InvalidLabel),
    ],
)
def test_refused_label_writes_nothing(
    unlabelled: EpisodeStore, record: LabelRecord, error: type[LabelError]
) -> None:
    with pytest.raises(error, match=record.episode_id):
        unlabelled.labels.add(record)
    assert not unlabelled.labels.path.exists()


def test_unlabelled_episode_has_no_rewards_and_says_so(unlabelled: EpisodeStore) -> None:
    episode = unlabelled.load(ID)
    assert not episode.labelled
    assert not episode.reward.any()
    assert episode.metadata["label_revision"] == "0"


def test_relabel_is_refused_without_the_flag(unlabelled: EpisodeStore) -> None:
    assert unlabelled.labels.add(label(1.0)) == 1
    with pytest.raises(AlreadyLabelled, match=r"revision 1.*relabel"):
        unlabelled.labels.add(label(2.0))
    assert unlabelled.load(ID).reward.max() == 1.0


def test_every_revision_stays_and_the_last_one_holds(unlabelled: EpisodeStore) -> None:
    unlabelled.labels.add(label(1.0))
    assert unlabelled.labels.add(label(2.0), relabel=True) == 2
    fresh = EpisodeStore(unlabelled.path)
    assert [revision.reward[0] for revision in fresh.labels.revisions(ID)] == [1.0, 2.0]
    assert fresh.load(ID).reward[0] == 2.0
    assert fresh.info(ID).label_revision == 2


def test_discarded_episode_is_not_labelled(unlabelled: EpisodeStore) -> None:
    unlabelled.labels.add(replace(label(), discard=True))
    assert unlabelled.info(ID).discarded
    assert not unlabelled.load(ID).labelled


def test_label_of_another_process_is_seen(unlabelled: EpisodeStore) -> None:
    other = EpisodeStore(unlabelled.path)
    assert other.info(ID).label_revision == 0
    unlabelled.labels.add(label())
    assert other.info(ID).label_revision == 1
    with pytest.raises(AlreadyLabelled):
        other.labels.add(label())


@pytest.mark.parametrize("cut", [1, 40])
def test_torn_last_line_is_reported_and_the_next_label_is_whole(
    unlabelled: EpisodeStore, cut: int
) -> None:
    unlabelled.labels.add(label(1.0))
    journal = unlabelled.labels.path
    torn = journal.read_bytes()
    journal.write_bytes(torn + torn[:-cut])
    fresh = EpisodeStore(unlabelled.path)
    assert fresh.info(ID).label_revision == 1
    (problem,) = fresh.labels.problems()
    assert "line 2 is torn" in problem
    fresh.labels.add(label(3.0), relabel=True)
    assert EpisodeStore(unlabelled.path).load(ID).reward[0] == 3.0
    assert json.loads(journal.read_bytes().splitlines()[-1])["reward"][0] == 3.0


def test_line_being_written_by_another_process_is_taken_in_once_complete(
    unlabelled: EpisodeStore,
) -> None:
    unlabelled.labels.add(label(1.0))
    journal = unlabelled.labels.path
    line = journal.read_bytes()
    journal.write_bytes(line[:60])
    other = EpisodeStore(unlabelled.path)
    assert other.info(ID).label_revision == 0
    journal.write_bytes(line)
    assert other.info(ID).label_revision == 1
    assert other.labels.problems() == ()


def test_label_of_another_length_than_the_file_is_refused_on_loading(
    unlabelled: EpisodeStore,
) -> None:
    unlabelled.labels.add(label())
    entry = json.loads(unlabelled.labels.path.read_text())
    entry["reward"] = entry["reward"][:-1]
    unlabelled.labels.path.write_text(json.dumps(entry) + "\n")
    with pytest.raises(EpisodeError, match="label the episode again"):
        EpisodeStore(unlabelled.path).load(ID)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(EpisodeError, match="no such folder"):
        EpisodeStore(tmp_path / "nowhere", create=False)


def test_a_label_is_written_alone_and_is_on_the_disk_before_it_is_acknowledged(
    unlabelled: EpisodeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = unlabelled.labels.path
    done: list[str] = []
    write, sync = os.write, os.fsync

    def alone(descriptor: int, line: bytes) -> int:
        with journal.open("rb") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        done.append("written")
        return write(descriptor, line)

    def synced(descriptor: int) -> None:
        sync(descriptor)
        done.append("synced")

    monkeypatch.setattr(os, "write", alone)
    monkeypatch.setattr(os, "fsync", synced)
    assert unlabelled.labels.add(label()) == 1
    assert done == ["written", "synced"]
