"""The streams beside the steps: camera frames as JPEG for people, measured poses and forces.

Nothing is learned from them; they are there to look at an episode, and to make another
observation of it one day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from fosp_agent.episodes import schema
from fosp_agent.episodes.records import DoubleArray, cdr, header_message


@dataclass(frozen=True)
class PictureRecord:
    """A ``sensor_msgs/msg/CompressedImage``."""

    stamp_ns: int
    jpeg: bytes
    frame_id: str = "camera"


@dataclass(frozen=True)
class PoseRecord:
    """A ``geometry_msgs/msg/PoseStamped``."""

    stamp_ns: int
    pose: DoubleArray
    """(7,) x, y, z [m] and quaternion x, y, z, w."""
    frame_id: str = "base"


@dataclass(frozen=True)
class WrenchRecord:
    """A ``geometry_msgs/msg/WrenchStamped``: what presses on the end effector."""

    stamp_ns: int
    wrench: DoubleArray
    """(6,) force [N] and torque [N m]."""
    frame_id: str = "base"


StreamRecord: TypeAlias = PictureRecord | PoseRecord | WrenchRecord


@dataclass(frozen=True)
class StreamMessage:
    """A message of a stream as its file holds it."""

    topic: str
    stamp_ns: int
    data: bytes


def encode_picture(record: PictureRecord) -> bytes:
    """CDR of a picture."""
    message = schema.typestore().types[schema.PICTURE](
        header=header_message(record.stamp_ns, record.frame_id),
        format="rgb8; jpeg compressed bgr8",
        data=np.frombuffer(record.jpeg, np.uint8),
    )
    return cdr(message, schema.PICTURE)


def encode_pose(record: PoseRecord) -> bytes:
    """CDR of a measured pose."""
    types = schema.typestore().types
    values = [float(value) for value in record.pose]
    message = types[schema.POSE_STAMPED](
        header=header_message(record.stamp_ns, record.frame_id),
        pose=types[schema.POSE](
            position=types[schema.POINT](*values[:3]),
            orientation=types[schema.QUATERNION](*values[3:]),
        ),
    )
    return cdr(message, schema.POSE_STAMPED)


def encode_wrench(record: WrenchRecord) -> bytes:
    """CDR of a measured wrench."""
    types = schema.typestore().types
    values = [float(value) for value in record.wrench]
    message = types[schema.WRENCH_STAMPED](
        header=header_message(record.stamp_ns, record.frame_id),
        wrench=types[schema.WRENCH](
            force=types[schema.VECTOR](*values[:3]), torque=types[schema.VECTOR](*values[3:])
        ),
    )
    return cdr(message, schema.WRENCH_STAMPED)


ENCODERS: dict[type[Any], tuple[str, Callable[[Any], bytes]]] = {
    PictureRecord: (schema.PICTURES, encode_picture),
    PoseRecord: (schema.POSES, encode_pose),
    WrenchRecord: (schema.WRENCHES, encode_wrench),
}
"""Topic and encoder of each kind of record."""


def encode(record: StreamRecord) -> StreamMessage:
    """A record as its file will hold it."""
    topic, encoder = ENCODERS[type(record)]
    return StreamMessage(topic, record.stamp_ns, encoder(record))


def decode_picture(data: bytes) -> bytes:
    """The JPEG of a picture's CDR."""
    message: Any = schema.typestore().deserialize_cdr(data, schema.PICTURE)
    return bytes(message.data)


def decode_pose(data: bytes) -> DoubleArray:
    """The pose (7,) of a measured pose's CDR."""
    message: Any = schema.typestore().deserialize_cdr(data, schema.POSE_STAMPED)
    position, turn = message.pose.position, message.pose.orientation
    return np.array([position.x, position.y, position.z, turn.x, turn.y, turn.z, turn.w])


def decode_wrench(data: bytes) -> DoubleArray:
    """The wrench (6,) of a measured wrench's CDR."""
    message: Any = schema.typestore().deserialize_cdr(data, schema.WRENCH_STAMPED)
    force, torque = message.wrench.force, message.wrench.torque
    return np.array([force.x, force.y, force.z, torque.x, torque.y, torque.z])
