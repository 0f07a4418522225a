"""A recording in place of a camera."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from fakes.patience import wait_for
from fosp_agent.control.picture import to_jpeg
from fosp_agent.drivers.camera import CameraError, CameraFrame
from fosp_agent.drivers.replay import ReplayCamera
from fosp_agent.episodes.streams import PictureRecord
from fosp_agent.episodes.writer import EpisodeWriter

LEVELS = [0, 50, 100, 150, 200, 250]


def picture(level: int) -> np.ndarray:
    image = np.zeros((48, 64, 3), np.uint8)
    image[..., 0] = level
    return image


def video(folder: Path) -> Path:
    path = folder / "demo.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (64, 48))
    for level in LEVELS:
        writer.write(cv2.cvtColor(picture(level), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def mcap(folder: Path) -> Path:
    writer = EpisodeWriter(folder / "demo.mcap", {}, [0.01])
    for number, level in enumerate(LEVELS):
        writer.stream(PictureRecord(number * 33_000_000, to_jpeg(picture(level))))
    return writer.close()


def play(camera: ReplayCamera, count: int) -> list[CameraFrame]:
    got: list[CameraFrame] = []
    done = threading.Event()

    def take(frame: CameraFrame) -> None:
        got.append(frame)
        if len(got) >= count:
            done.set()

    camera.start(take)
    assert done.wait(5.0)
    return got


@pytest.mark.parametrize("make", [video, mcap], ids=["video", "mcap"])
def test_a_recording_is_played_in_order_in_colour_and_at_its_pace(tmp_path: Path, make):
    camera = ReplayCamera(make(tmp_path), loop=False)
    begun = time.monotonic()
    frames = play(camera, len(LEVELS))
    assert 0.13 < time.monotonic() - begun < 3.0
    reds = [int(frame.pixels[..., 0].mean()) for frame in frames]
    np.testing.assert_allclose(reds, LEVELS, atol=8)
    assert max(int(frame.pixels[..., 2].mean()) for frame in frames) < 12
    assert all(b.stamp_ns > a.stamp_ns for a, b in itertools.pairwise(frames))
    wait_for(camera.ended, 5, "the recording ends")


def test_a_loop_begins_again_with_new_stamps_and_numbers(tmp_path: Path):
    camera = ReplayCamera(video(tmp_path), loop=True, speed=4.0)
    frames = play(camera, 15)
    camera.close()
    assert [frame.number for frame in frames[:15]] == list(range(15))
    assert not camera.ended()


def test_a_file_without_pictures_is_refused_by_name(tmp_path: Path):
    empty = EpisodeWriter(tmp_path / "empty.mcap", {}, [0.01]).close()
    with pytest.raises(CameraError, match="holds no picture"):
        ReplayCamera(empty)
    with pytest.raises(CameraError, match="no such recording"):
        ReplayCamera(tmp_path / "nowhere.mp4")
