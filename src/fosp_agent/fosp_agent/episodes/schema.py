"""Message definitions without ROS: the texts embedded in every file, and the CDR codec.

The texts under ``schemas/`` equal those of ``fosp_msgs`` and of the ROS 2 Jazzy common interfaces,
byte for byte. Serialising goes through rosbags' type store, whose generated code moves a uint8[]
image as one block of memory.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

OBSERVATION = "fosp_msgs/msg/Observation"
ACTION = "fosp_msgs/msg/Action"
CANDIDATE = "fosp_msgs/msg/Candidate"
VERDICT = "fosp_msgs/msg/CommandVerdict"

PICTURE = "sensor_msgs/msg/CompressedImage"
POSE_STAMPED = "geometry_msgs/msg/PoseStamped"
WRENCH_STAMPED = "geometry_msgs/msg/WrenchStamped"

HEADER = "std_msgs/msg/Header"
TIME = "builtin_interfaces/msg/Time"
IMAGE = "sensor_msgs/msg/Image"
POSE = "geometry_msgs/msg/Pose"
POINT = "geometry_msgs/msg/Point"
QUATERNION = "geometry_msgs/msg/Quaternion"
WRENCH = "geometry_msgs/msg/Wrench"
VECTOR = "geometry_msgs/msg/Vector3"

DEPENDENCIES: dict[str, tuple[str, ...]] = {
    OBSERVATION: (HEADER, IMAGE, TIME),
    ACTION: (CANDIDATE, HEADER, TIME),
    VERDICT: (POINT, POSE, QUATERNION, HEADER, TIME),
    PICTURE: (HEADER, TIME),
    POSE_STAMPED: (POINT, POSE, QUATERNION, HEADER, TIME),
    WRENCH_STAMPED: (VECTOR, WRENCH, HEADER, TIME),
}
"""Every definition that a channel's type needs, directly or not."""

TOPICS: dict[str, str] = {
    "/observation": OBSERVATION,
    "/action": ACTION,
    "/command_verdict": VERDICT,
}
"""The channels of every episode file and their types."""
PICTURES = "/camera/image/compressed"
POSES = "/current_pose"
WRENCHES = "/external_wrench"
STREAMS: dict[str, str] = {PICTURES: PICTURE, POSES: POSE_STAMPED, WRENCHES: WRENCH_STAMPED}
"""The channels of the streams beside the steps; in a file only where something was streamed."""

_SEPARATOR = "=" * 80


def definition(type_name: str) -> str:
    """The .msg text of one type, e.g. ``definition("fosp_msgs/msg/Action")``."""
    package, _, name = type_name.split("/")
    path = files("fosp_agent.episodes").joinpath("schemas", package, f"{name}.msg")
    return path.read_text(encoding="utf-8")


@cache
def schema_text(type_name: str) -> str:
    """The type's .msg text followed by those of its dependencies, as the ros2msg encoding wants."""
    parts = [definition(type_name)]
    for dependency in DEPENDENCIES[type_name]:
        package, _, name = dependency.split("/")
        parts.append(f"{_SEPARATOR}\nMSG: {package}/{name}\n{definition(dependency)}")
    return "\n".join(parts)


@cache
def typestore() -> Typestore:
    """The ROS 2 Jazzy types plus those of this project."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types: dict[str, Any] = {}
    for name in (OBSERVATION, ACTION, CANDIDATE, VERDICT):
        types.update(get_types_from_msg(definition(name), name))
    store.register(types)
    return store


@cache
def typestore_of(text: str) -> Typestore:
    """The types as a file of an earlier version defines them.

    Args:
        text: of an action, as `schema_text` gives it.
    """
    store = get_typestore(Stores.ROS2_JAZZY)
    found = get_types_from_msg(text, ACTION)
    store.register({name: found[name] for name in (ACTION, CANDIDATE)})
    return store
