"""Pictures and poses beside the steps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fosp_agent.control.picture import to_jpeg
from fosp_agent.control.stream_recording import Frame, PictureConfig, StreamRecording
from fosp_agent.episodes import schema
from fosp_agent.episodes.reader import read_recording
from fosp_agent.episodes.records import ObservationRecord
from fosp_agent.episodes.repair import repair
from fosp_agent.episodes.streams import (
    PoseRecord,
    WrenchRecord,
    decode_picture,
    decode_pose,
    decode_wrench,
)
from fosp_agent.episodes.writer import EpisodeWriter

SCALE = [0.01] * 6


def frame(stamp_ns: int, shape: tuple[int, int, int] = (480, 640, 3)) -> Frame:
    image = np.full(shape, 0, np.uint8)
    image[..., 0] = 200
    return Frame(stamp_ns, lambda: image, "camera")


def pose(stamp_ns: int) -> PoseRecord:
    return PoseRecord(stamp_ns, np.array([stamp_ns, 0.1, 0.2, 0, 0, 0, 1.0]))


def wrench(stamp_ns: int) -> WrenchRecord:
    return WrenchRecord(stamp_ns, np.array([stamp_ns, -1.0, 2.0, 0.1, 0.2, 0.3]))


def observation(step: int, stamp_ns: int) -> ObservationRecord:
    image = np.zeros((64, 64, 3), np.uint8)
    return ObservationRecord(stamp_ns, "one", step, step == 0, False, image, np.zeros(6))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((480, 640, 3), (240, 320)),
        ((480, 480, 3), (240, 240)),
        ((64, 64, 3), (64, 64)),
        ((720, 1280, 3), (180, 320)),
        ((64, 64, 6), (64, 128)),
    ],
)
def test_a_picture_fits_keeps_its_ratio_and_is_never_enlarged(shape, expected):
    picture = cv2.imdecode(np.frombuffer(to_jpeg(frame(0, shape).pixels()), np.uint8), 1)
    assert picture.shape[:2] == expected
    assert abs(int(picture[0, 0, 2]) - 200) < 5  # red stays red


def test_every_frame_pose_and_wrench_from_the_first_observation_on_is_kept_once(tmp_path: Path):
    streams = StreamRecording(PictureConfig())
    writer = EpisodeWriter(tmp_path / "one.mcap", {}, SCALE)
    for stamp in (1, 2, 3):
        streams.hear(frame(stamp))
        streams.hear(pose(stamp))
        streams.hear(wrench(stamp))
    writer.observation(2, observation(0, 2))
    streams.observed(writer, 2)
    for stamp in (3, 4, 4, 5):
        streams.hear(frame(stamp))
        streams.hear(pose(stamp))
        streams.hear(wrench(stamp))
    streams.end()
    streams.hear(frame(6))
    recording = read_recording(writer.close(), streams=True)
    kept = {
        topic: [m.stamp_ns for m in recording.streams if m.topic == topic]
        for topic in schema.STREAMS
    }
    assert kept == {topic: [2, 3, 4, 5] for topic in schema.STREAMS}
    assert streams.written == {"pictures": 4, "poses": 4, "wrenches": 4}
    first = {m.topic: m.data for m in reversed(recording.streams)}
    assert cv2.imdecode(np.frombuffer(decode_picture(first[schema.PICTURES]), np.uint8), 1).any()
    np.testing.assert_allclose(decode_pose(first[schema.POSES]), [2, 0.1, 0.2, 0, 0, 0, 1.0])
    np.testing.assert_allclose(decode_wrench(first[schema.WRENCHES]), [2, -1, 2, 0.1, 0.2, 0.3])


def test_a_repair_keeps_the_streams(tmp_path: Path):
    writer = EpisodeWriter(tmp_path / "one.mcap", {"task": "original"}, SCALE)
    streams = StreamRecording(PictureConfig())
    writer.observation(1, observation(0, 1))
    streams.observed(writer, 1)
    streams.hear(frame(1))
    streams.hear(pose(1))
    left = writer.abort()
    assert left is not None
    repaired = repair(left)
    assert len(read_recording(repaired.path, streams=True).streams) == 2


def test_without_streams_a_file_has_no_channel_of_them(tmp_path: Path):
    writer = EpisodeWriter(tmp_path / "one.mcap", {}, SCALE)
    writer.observation(1, observation(0, 1))
    assert schema.PICTURES.encode() not in writer.close().read_bytes()
