"""Frames and poses become observations once each, in order."""

from __future__ import annotations

import numpy as np

from fosp_agent.control.observation_assembler import (
    Assembled,
    ObservationAssembler,
    PairingConfig,
    SessionView,
)

MS = 1_000_000
POSE = np.arange(6.0)


def frame(value: int = 0) -> np.ndarray:
    return np.full((64, 64, 3), value, np.uint8)


def running(max_steps: int = 3, **config: object) -> ObservationAssembler:
    assembler = ObservationAssembler(PairingConfig(**config))  # type: ignore[arg-type]
    assembler.session(SessionView(True, "e", max_steps))
    return assembler


def feed(assembler: ObservationAssembler, ms: int) -> Assembled | None:
    first = assembler.pose(ms * MS, POSE + ms)
    second = assembler.image(ms * MS, frame(ms % 256))
    return second or first


def test_steps_count_from_the_first_to_the_last_and_no_further() -> None:
    assembler = running()
    seen = [feed(assembler, 100 * (i + 1)) for i in range(6)]
    made = [one for one in seen if one is not None]
    assert [one.step for one in made] == [0, 1, 2, 3]
    assert [one.is_first for one in made] == [True, False, False, False]
    assert [one.is_last for one in made] == [False, False, False, True]


def test_either_half_may_come_first() -> None:
    assembler = running()
    assert assembler.image(100 * MS, frame()) is None
    assert assembler.pose(100 * MS, POSE) is not None


def test_the_nearest_pose_is_taken_and_none_beyond_the_tolerance() -> None:
    assembler = running(tolerance=0.02)
    for ms in (70, 95, 130):
        assembler.pose(ms * MS, POSE + ms)
    seen = assembler.image(100 * MS, frame())
    assert seen is not None
    assert seen.pose_stamp_ns == 95 * MS
    assert assembler.image(200 * MS, frame()) is None


def test_a_frame_sent_again_is_the_same_observation_again() -> None:
    assembler = running()
    first = feed(assembler, 100)
    again = assembler.image(100 * MS, frame(9))
    assert again is first
    assert assembler.steps == 1


def test_without_repeats_a_stale_frame_gives_nothing() -> None:
    assembler = running(repeat_frames=False)
    assert feed(assembler, 100) is not None
    assert feed(assembler, 100) is None


def test_a_new_episode_starts_at_zero_and_the_old_frames_are_not_in_it() -> None:
    assembler = running()
    feed(assembler, 100)
    assembler.session(SessionView(False, "e", 3))
    assembler.session(SessionView(True, "f", 3))
    assert assembler.image(100 * MS, frame()) is None
    seen = feed(assembler, 200)
    assert seen is not None
    assert (seen.episode_id, seen.step) == ("f", 0)


def test_a_first_frame_that_outran_the_news_of_its_episode_is_still_used() -> None:
    assembler = ObservationAssembler(PairingConfig())
    early = feed(assembler, 100)
    assert early is not None
    assert early.episode_id == ""
    assembler.session(SessionView(True, "e", 3))
    seen = feed(assembler, 100)
    assert seen is not None
    assert (seen.episode_id, seen.step, seen.is_first) == ("e", 0, True)


def test_while_the_scene_settles_frames_are_left_out() -> None:
    assembler = ObservationAssembler(PairingConfig(settle=0.2))
    assembler.session(SessionView(True, "e", 3, started_ns=1000 * MS))
    assert feed(assembler, 1150) is None
    assert feed(assembler, 1250) is not None


def test_frames_faster_than_the_period_are_left_out() -> None:
    assembler = running(min_period=0.1)
    steps = [feed(assembler, ms) for ms in (100, 133, 166, 200)]
    assert [one is not None for one in steps] == [True, False, False, True]


def test_a_robot_without_a_pose_needs_frames_only() -> None:
    seen = running(use_pose=False).image(100 * MS, frame())
    assert seen is not None
    assert seen.pose.shape == (0,)
