"""Where ROS is installed: its own serialiser and ours understand each other."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.episodes import records
from fosp_agent.types import Candidate

messages = pytest.importorskip("fosp_msgs.msg", reason="needs the built interfaces")
serialization = pytest.importorskip("rclpy.serialization", reason="needs ROS 2")


def test_observation_passes_through_ros_unchanged() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    sent = records.ObservationRecord(5_000_000_007, "e", 3, False, True, image, np.arange(6.0))
    message = serialization.deserialize_message(
        records.encode_observation(sent), messages.Observation
    )
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (5, 7)
    got = records.decode_observation(serialization.serialize_message(message))
    np.testing.assert_array_equal(got.image, image)
    np.testing.assert_array_equal(got.pose, sent.pose)
    assert (got.step, got.is_first, got.is_last, got.pose_stamp_ns) == (
        3,
        False,
        True,
        sent.stamp_ns,
    )


def test_action_and_verdict_pass_through_ros_unchanged() -> None:
    six = np.linspace(-1.0, 1.0, 6)
    candidate = Candidate("new", six.astype(np.float32), 1.5, 2.5, 0.5)
    action = records.ActionRecord(
        5,
        "e",
        3,
        "policy",
        six,
        six,
        candidates=(candidate,),
        shield=3,
        shield_reason="why",
        dropped=1,
    )
    message = serialization.deserialize_message(records.encode_action(action), messages.Action)
    got = records.decode_action(serialization.serialize_message(message))
    assert str(got) == str(action)
    verdict = records.VerdictRecord(5, "e", 3, "policy", False, six, six, reason=3, veto_count=4)
    answer = serialization.deserialize_message(
        records.encode_verdict(verdict), messages.CommandVerdict
    )
    back = records.decode_verdict(serialization.serialize_message(answer))
    assert str(back) == str(verdict)
