"""Contacts as the record tells them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fosp_agent.console.contact import contact_of
from fosp_agent.episodes.reader import Recording, read_recording
from fosp_agent.episodes.records import ObservationRecord
from fosp_agent.episodes.streams import WrenchRecord
from fosp_agent.episodes.writer import EpisodeWriter

PERIOD = 100
OFFSET = np.array([1.5, -4.0, 9.0])
"""What the sensor says when nothing touches the arm [N]."""


def recorded(path: Path, pushes: dict[int, float], rate: int = 4, steps: int = 12) -> Recording:
    """An episode with forces [N] at times; ``rate`` wrenches an observation."""
    writer = EpisodeWriter(path, {}, [0.01] * 6)
    image = np.zeros((64, 64, 3), np.uint8)
    for step in range(steps):
        stamp = step * PERIOD
        writer.observation(
            stamp, ObservationRecord(stamp, "one", step, step == 0, False, image, np.zeros(6))
        )
    for time in range(0, (steps + 3) * PERIOD, PERIOD // rate):
        push = np.array([0.0, pushes.get(time, 0.0), 0.0])
        writer.stream(WrenchRecord(time, np.concatenate([OFFSET + push, np.zeros(3)])))
    return read_recording(writer.close(), streams=True)


def test_a_push_between_two_observations_belongs_to_the_later_one(tmp_path: Path):
    recording = recorded(tmp_path / "one.mcap", {625: 8.0, 700: -20.0, 725: 5.0})
    contact = contact_of(recording)
    assert contact is not None
    np.testing.assert_allclose(contact.force[[7, 8]], [20.0, 5.0], atol=0.01)
    assert np.flatnonzero(contact.force > contact.threshold).tolist() == [7, 8]
    assert len(contact.force) == 12


def test_the_sensors_offset_is_no_contact_and_a_long_one_does_not_hide_itself(tmp_path: Path):
    held = dict.fromkeys(range(600, 1200, 25), 30.0)
    contact = contact_of(recorded(tmp_path / "one.mcap", held))
    assert contact is not None
    assert np.flatnonzero(contact.force > contact.threshold).tolist() == list(range(6, 12))


def test_a_noisy_sensor_raises_the_threshold(tmp_path: Path):
    noise = dict.fromkeys(range(0, 1200, 75), 2.0)
    contact = contact_of(recorded(tmp_path / "one.mcap", {**noise, 950: 9.0}))
    assert contact is not None
    assert np.flatnonzero(contact.force > contact.threshold).tolist() == [10]


def test_without_a_recorded_force_there_is_nothing_to_tell(tmp_path: Path, make_episode):
    from fosp_agent.episodes.store import EpisodeStore

    store = EpisodeStore(tmp_path)
    path = store.write(make_episode("original-1-a"))
    assert contact_of(read_recording(path, streams=True)) is None
