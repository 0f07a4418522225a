"""Core data survive the way through messages."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import Action, Candidate, CommandVerdict, LabelSpan, Observation, SessionState
from geometry_msgs.msg import Pose
from rclpy.serialization import deserialize_message, serialize_message

from fosp_agent.control.gate_verdict import Reason, Verdict
from fosp_agent.control.observation_assembler import Assembled
from fosp_agent.control.session_state import Phase, Snapshot
from fosp_agent.episodes.labels import Span
from fosp_agent.ros import conversions as convert
from fosp_agent.ros.session_messages import (
    session_message,
    snapshot_of,
    span_from_message,
    span_message,
)

POSE = np.array([0.5, -0.1, 0.05, 0.1, -0.2, 0.3])


def over_the_wire(message: object) -> object:
    return deserialize_message(serialize_message(message), type(message))


@pytest.mark.parametrize("channels", [3, 6])
def test_an_image_survives_bit_for_bit(channels: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (48, 64, channels), np.uint8)
    back = convert.image_from_message(over_the_wire(convert.image_message(image, 7)))
    np.testing.assert_array_equal(back, image)


def test_rows_with_padding_are_read_without_it() -> None:
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    message = convert.image_message(image, 0)
    padded = np.pad(image.reshape(2, 9), ((0, 0), (0, 5)))
    message.step, message.data = 14, padded.tobytes()
    np.testing.assert_array_equal(convert.image_from_message(message), image)


def test_a_wrong_encoding_or_size_names_the_topic_and_what_is_expected() -> None:
    message = convert.image_message(np.zeros((4, 4, 3), np.uint8), 0)
    message.encoding = "bgr8"
    with pytest.raises(convert.MessageError, match=r"camera/x.*'bgr8'.*rgb8 or 8UC6"):
        convert.image_from_message(message, "camera/x")
    message.encoding, message.height = "rgb8", 5
    with pytest.raises(convert.MessageError, match=r"camera/x.*60 bytes, got 48"):
        convert.image_from_message(message, "camera/x")


def test_a_pose_survives_to_the_last_digits() -> None:
    back = convert.pose_from_message(over_the_wire(convert.pose_message(POSE)), "pose")
    np.testing.assert_allclose(back, POSE, atol=1e-15)


def test_an_unset_orientation_is_refused_by_topic() -> None:
    message = Pose()
    message.orientation.w = 0.0
    with pytest.raises(convert.MessageError, match="pose_topic"):
        convert.pose_from_message(message, "pose_topic")


def test_an_observation_survives() -> None:
    image = np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)
    seen = Assembled("e", 4, False, True, image, 1_500_000_007, POSE, 1_400_000_000)
    message = over_the_wire(convert.observation_message(seen, "base"))
    assert isinstance(message, Observation)
    record = convert.observation_record(message)
    np.testing.assert_array_equal(record.image, image)
    np.testing.assert_array_equal(record.pose, POSE)
    assert (record.episode_id, record.step, record.is_first, record.is_last) == (
        "e",
        4,
        False,
        True,
    )
    assert (record.image_stamp_ns, record.pose_stamp_ns) == (1_500_000_007, 1_400_000_000)


def test_an_action_survives_into_the_gate_and_into_the_file() -> None:
    delta = np.linspace(-0.01, 0.01, 6)
    candidate = Candidate(policy="new", normalized=[0.5] * 6, q_r=1.0, q_c=2.0, probability=0.75)
    message = over_the_wire(
        Action(
            header=convert.header(42, "base"),
            episode_id="e",
            step=3,
            source=Action.POLICY,
            delta=delta.tolist(),
            normalized=(delta / 0.01).tolist(),
            candidates=[candidate],
            weights_version=2,
            shield=Action.SHIELD_HELD,
            shield_reason="infeasible",
            dropped=1,
        )
    )
    asked, stored = convert.request_from_action(message), convert.action_record(message)
    np.testing.assert_array_equal(asked.delta, delta)
    np.testing.assert_array_equal(stored.delta, delta)
    assert (asked.step, asked.stamp_ns, asked.source) == (3, 42, "policy")
    assert (stored.shield, stored.shield_reason, stored.dropped) == (3, "infeasible", 1)
    assert asked.note == "shield: infeasible"
    assert (stored.candidates[0].policy, stored.candidates[0].probability) == ("new", 0.75)


def test_a_verdict_survives_with_its_reason_and_target() -> None:
    zeros = np.zeros(6)
    verdict = Verdict("e", 1, "policy", Reason.TOO_FAST, "why", zeros, zeros, POSE)
    message = over_the_wire(convert.verdict_message(verdict, 9, "base", 5))
    assert isinstance(message, CommandVerdict)
    assert (message.reason, message.detail, message.veto_count) == (5, "why", 5)
    np.testing.assert_allclose(convert.pose_from_message(message.target, "t"), POSE, atol=1e-15)
    record = convert.verdict_record(message)
    assert (record.accepted, record.step, record.stamp_ns) == (False, 1, 9)


def test_the_reasons_are_those_of_the_message() -> None:
    assert {reason.name: reason.value for reason in Reason} == {
        reason.name: getattr(CommandVerdict, reason.name) for reason in Reason
    }


@pytest.mark.parametrize(
    ("kind", "number"), [("reward", LabelSpan.REWARD), ("cost", LabelSpan.COST)]
)
def test_spans_keep_kind_and_ends(kind: str, number: int) -> None:
    span = Span(kind, 3, 9, 1.0)
    message = span_message(span)
    assert (message.kind, message.first, message.last, message.value) == (number, 3, 9, 1.0)
    assert span_from_message(message) == span


def test_the_sessions_state_is_the_same_on_the_other_side() -> None:
    for phase in Phase:
        assert phase == getattr(SessionState, phase.name)
        sent = Snapshot(phase, "one", 3, 4, "original", 80, False, "/start_episode", 1.5, 9.0)
        assert snapshot_of(over_the_wire(session_message(sent, 7))) == sent
