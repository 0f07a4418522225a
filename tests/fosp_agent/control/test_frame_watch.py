"""Cameras that lie are named."""

from __future__ import annotations

import numpy as np

from fosp_agent.control.frame_rate import FrameRate
from fosp_agent.control.frame_watch import FrameWatch, FrameWatchConfig

SECOND = 1_000_000_000
STRICT = FrameWatchConfig(frozen_after=1.0, max_offset=0.5)


def picture(value: int) -> np.ndarray:
    return np.full((4, 4, 3), value % 256, np.uint8)


def watched(frames: list[tuple[float, int]], config: FrameWatchConfig = STRICT) -> list[str]:
    """Problems of frames (stamp [s], value) that arrive 30 ms after their time of 1/30 s each."""
    watch = FrameWatch(config)
    return [
        watch.problem(int(stamp * SECOND), picture(value), int((index / 30 + 0.03) * SECOND))
        for index, (stamp, value) in enumerate(frames)
    ]


def test_a_good_camera_is_never_suspected():
    assert not any(watched([(n / 30, n) for n in range(300)]))


def test_a_picture_that_never_changes_is_frozen_even_when_its_stamps_run_on():
    problems = watched([(n / 30, min(n, 60)) for n in range(120)])
    first = next(index for index, problem in enumerate(problems) if problem)
    assert 60 + 30 <= first <= 60 + 32
    assert "has not changed by a single value" in problems[first]
    assert all(problems[first:])


def test_a_frozen_camera_that_wakes_is_trusted_again():
    problems = watched([(n / 30, 0 if n < 60 else n) for n in range(70)])
    assert problems[59]
    assert not any(problems[60:])


def test_frames_with_the_same_stamp_are_frozen():
    problems = watched([(min(n, 5) / 30, n) for n in range(10)])
    assert not any(problems[:7])
    assert "carry the same stamp" in problems[7]


def test_stamps_that_run_back_or_away_name_the_clock():
    back = watched([(n / 30 if n < 10 else n / 30 - 0.2, n) for n in range(12)])
    assert "ran back" in back[10]
    away = watched([(n / 30 + (0 if n < 10 else 3600), n) for n in range(12)])
    assert "3599.9" in away[10] or "ahead of" in away[10]
    behind = watched([(n / 30 - (0 if n < 10 else 0.6), n) for n in range(12)])
    assert "behind" in behind[10]


def test_in_simulation_nothing_is_looked_for():
    assert not any(watched([(0.0, 7)] * 300, FrameWatchConfig()))


def test_rate_age_and_lost_frames_are_counted():
    rate = FrameRate()
    for number in (0, 1, 2, 5, 6):
        rate.frame(number, number * SECOND // 30, number * SECOND // 30 + SECOND // 100)
    assert rate.lost == 2
    assert abs(rate.rate - 20.0) < 0.01
    assert rate.report()["oldest on arrival"] == "10.0 ms"
