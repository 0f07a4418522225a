"""Messages to core data and back. The pixels are moved as blocks of memory, never one by one."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from builtin_interfaces.msg import Time
from fosp_msgs.msg import Action, CommandVerdict, Observation
from geometry_msgs.msg import Pose, PoseStamped
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from fosp_agent.control.gate_verdict import Request, Verdict
from fosp_agent.control.observation_assembler import Assembled
from fosp_agent.control.rotations import (
    conjugate,
    product,
    quaternion_from_rpy,
    rpy_from_quaternion,
)
from fosp_agent.episodes.records import ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.errors import UserError
from fosp_agent.types import ByteArray, Candidate

Vector = npt.NDArray[np.float64]

CHANNELS = {"rgb8": 3, "8UC6": 6}
"""Channels of each encoding that is accepted."""
ENCODINGS = {channels: encoding for encoding, channels in CHANNELS.items()}
SECOND = 1_000_000_000


class MessageError(UserError):
    """A message cannot be used; the text names the topic, what came and what is expected."""


def nanoseconds(stamp: Time) -> int:
    """A stamp as one number [ns]."""
    return int(stamp.sec) * SECOND + int(stamp.nanosec)


def time_message(stamp_ns: int) -> Time:
    """Inverse of `nanoseconds`."""
    seconds, rest = divmod(stamp_ns, SECOND)
    return Time(sec=seconds, nanosec=rest)


def header(stamp_ns: int, frame_id: str = "") -> Header:
    """A header [ns]."""
    return Header(stamp=time_message(stamp_ns), frame_id=frame_id)


# -- images and poses -----------------------------------------------------------------------


def image_from_message(message: Image, topic: str = "observation") -> ByteArray:
    """Pixels (H, W, C) uint8, C = 3 (rgb8) or 6 (8UC6), read-only.

    Raises:
        MessageError: another encoding, or data of another size.
    """
    channels = CHANNELS.get(message.encoding)
    if channels is None:
        expected = " or ".join(CHANNELS)
        raise MessageError(
            f"{topic}: image encoding {message.encoding!r}, expected {expected}; "
            "set the camera driver's format"
        )
    height, width, row = message.height, message.width, message.step or message.width * channels
    size = len(message.data)
    if size != height * row or row < width * channels or not height * width:
        raise MessageError(
            f"{topic}: image {width}x{height} {message.encoding} with row step {row} needs "
            f"{height * row} bytes, got {size}; is the publisher's message complete?"
        )
    pixels = np.frombuffer(message.data, np.uint8).reshape(height, row)
    image: ByteArray = pixels[:, : width * channels].reshape(height, width, channels)
    return image


def image_message(image: ByteArray, stamp_ns: int, frame_id: str = "camera") -> Image:
    """Inverse of `image_from_message`."""
    height, width, channels = image.shape
    return Image(
        header=header(stamp_ns, frame_id),
        height=height,
        width=width,
        encoding=ENCODINGS[channels],
        is_bigendian=0,
        step=width * channels,
        data=array("B", image.tobytes()),
    )


Angles = tuple[float, ...]
UPRIGHT: Angles = (0.0, 0.0, 0.0)
"""The tool's orientation at rest, where messages already count from there."""


def pose_message(pose: Sequence[float] | Vector, rest: Angles = UPRIGHT) -> Pose:
    """Message of a pose (6,) x, y, z [m], roll, pitch, yaw [rad].

    ``rest``: the tool's orientation (roll, pitch, yaw) in the base frame that counts as none, such
    as (pi, 0, 0) for a gripper that points down; angles about it stay far from their wrap-around.
    """
    x, y, z, roll, pitch, yaw = (float(value) for value in pose)
    message = Pose()
    position, turn = message.position, message.orientation
    position.x, position.y, position.z = x, y, z
    rotation = quaternion_from_rpy(roll, pitch, yaw)
    if any(rest):
        rotation = product(rotation, quaternion_from_rpy(*rest))
    turn.x, turn.y, turn.z, turn.w = rotation
    return message


def pose_from_message(message: Pose, topic: str, rest: Angles = UPRIGHT) -> Vector:
    """Inverse of `pose_message`.

    Raises:
        MessageError: a number is not finite, or the quaternion is zero.
    """
    position, turn = message.position, message.orientation
    rotation = (turn.x, turn.y, turn.z, turn.w)
    if any(rest):
        rotation = product(rotation, conjugate(quaternion_from_rpy(*rest)))
    try:
        angles = rpy_from_quaternion(*rotation)
    except ValueError as problem:
        raise MessageError(f"{topic}: {problem}") from problem
    pose = np.array([position.x, position.y, position.z, *angles])
    if not np.isfinite(pose).all():
        raise MessageError(f"{topic}: the position is not finite; check the robot's driver")
    return pose


def stamped_pose(pose: Vector, stamp_ns: int, frame_id: str, rest: Angles = UPRIGHT) -> PoseStamped:
    """A stamped pose message."""
    return PoseStamped(header=header(stamp_ns, frame_id), pose=pose_message(pose, rest))


# -- observation, action, verdict -----------------------------------------------------------


def observation_message(seen: Assembled, frame_id: str) -> Observation:
    """Message of an assembled observation."""
    return Observation(
        header=header(seen.image_stamp_ns, frame_id),
        episode_id=seen.episode_id,
        step=seen.step,
        is_first=seen.is_first,
        is_last=seen.is_last,
        image_stamp=time_message(seen.image_stamp_ns),
        pose_stamp=time_message(seen.pose_stamp_ns),
        image=image_message(seen.image, seen.image_stamp_ns),
        pose=seen.pose.tolist(),
    )


def observation_record(message: Observation) -> ObservationRecord:
    """What is stored of an observation."""
    return ObservationRecord(
        stamp_ns=nanoseconds(message.header.stamp),
        episode_id=message.episode_id,
        step=message.step,
        is_first=message.is_first,
        is_last=message.is_last,
        image=image_from_message(message.image),
        pose=np.asarray(message.pose, np.float64),
        frame_id=message.header.frame_id,
        image_stamp_ns=nanoseconds(message.image_stamp),
        pose_stamp_ns=nanoseconds(message.pose_stamp),
    )


def action_record(message: Action) -> ActionRecord:
    """What is stored of an action."""
    return ActionRecord(
        stamp_ns=nanoseconds(message.header.stamp),
        episode_id=message.episode_id,
        step=message.step,
        source=message.source,
        delta=np.asarray(message.delta, np.float64),
        normalized=np.asarray(message.normalized, np.float64),
        frame_id=message.header.frame_id,
        chosen=message.chosen,
        candidates=tuple(
            Candidate(
                one.policy,
                np.asarray(one.normalized, np.float32),
                one.q_r,
                one.q_c,
                one.probability,
                one.violation,
                one.feasibility,
            )
            for one in message.candidates
        ),
        feasibility=message.feasibility,
        weights_version=message.weights_version,
        weights_sha256=message.weights_sha256,
        shield=message.shield,
        shield_reason=message.shield_reason,
        dropped=message.dropped,
    )


def verdict_record(message: CommandVerdict) -> VerdictRecord:
    """What is stored of a verdict."""
    position, turn = message.target.position, message.target.orientation
    return VerdictRecord(
        stamp_ns=nanoseconds(message.header.stamp),
        episode_id=message.episode_id,
        step=message.step,
        source=message.source,
        accepted=message.accepted,
        delta=np.asarray(message.delta, np.float64),
        normalized=np.asarray(message.normalized, np.float64),
        frame_id=message.header.frame_id,
        reason=message.reason,
        detail=message.detail,
        target=np.array([position.x, position.y, position.z, turn.x, turn.y, turn.z, turn.w]),
        veto_count=message.veto_count,
    )


def request_from_action(message: Action) -> Request:
    """What the gate judges."""
    return Request(
        episode_id=message.episode_id,
        step=message.step,
        stamp_ns=nanoseconds(message.header.stamp),
        source=message.source,
        delta=np.asarray(message.delta, np.float64),
        normalized=np.asarray(message.normalized, np.float64),
        frame_id=message.header.frame_id,
        note=f"shield: {message.shield_reason}" if message.shield_reason else "",
    )


def verdict_message(
    verdict: Verdict, stamp_ns: int, frame_id: str, veto_count: int, rest: Angles = UPRIGHT
) -> CommandVerdict:
    """Message of a verdict."""
    message = CommandVerdict(
        header=header(stamp_ns, frame_id),
        episode_id=verdict.episode_id,
        step=verdict.step,
        source=verdict.source,
        accepted=verdict.accepted,
        reason=int(verdict.reason),
        detail=verdict.detail,
        delta=verdict.delta.tolist(),
        normalized=verdict.normalized.tolist(),
        veto_count=veto_count,
    )
    if verdict.target is not None:
        message.target = pose_message(verdict.target, rest)
    return message
