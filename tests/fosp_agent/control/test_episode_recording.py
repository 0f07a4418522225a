"""Every step goes into the file once, and the file knows when it is complete."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fosp_agent.control.episode_recording import EpisodeRecording
from fosp_agent.episodes.records import ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.episodes.store import EpisodeStore

ONE = np.ones(6)


def observation(step: int, last: bool = False) -> ObservationRecord:
    image = np.full((64, 64, 3), step, np.uint8)
    return ObservationRecord(step, "e", step, step == 0, last, image, np.zeros(6))


def verdict(step: int, value: float, reason: int = 0) -> VerdictRecord:
    executed = value * ONE
    return VerdictRecord(step, "e", step, "policy", reason == 0, executed, executed, reason=reason)


def begin(folder: Path) -> tuple[EpisodeStore, EpisodeRecording]:
    store = EpisodeStore(folder)
    return store, EpisodeRecording(store.writer("e", {"task": "original"}, [1.0] * 6))


def test_repeated_messages_are_written_once_and_the_first_one_counts(tmp_path: Path) -> None:
    store, recording = begin(tmp_path)
    for _ in range(2):
        recording.add(observation(0))
        recording.add(ActionRecord(0, "e", 0, "policy", ONE, ONE))
    recording.add(verdict(0, 0.0, reason=10))
    recording.add(verdict(0, 0.5))
    recording.add(verdict(0, -0.5))
    assert not recording.complete
    recording.add(observation(1, last=True))
    assert recording.complete
    recording.writer.close()
    episode = store.load("e")
    assert len(episode) == 2
    np.testing.assert_array_equal(episode.action, [0.5 * ONE, 0 * ONE])


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    _, recording = begin(tmp_path)
    recording.add(observation(0))
    recording.add(observation(2, last=True))
    recording.add(verdict(0, 1.0))
    assert not recording.complete
    assert recording.missing == "observations [1], verdicts [1]"
    recording.writer.abort()
