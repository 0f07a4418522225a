"""Messages of cameras, arms and operators to core data and back."""

from __future__ import annotations

import numpy as np
from fosp_msgs.msg import Action
from geometry_msgs.msg import PoseStamped, WrenchStamped
from sensor_msgs.msg import Image

from fosp_agent.control.gate_verdict import Request
from fosp_agent.control.stream_recording import Frame
from fosp_agent.episodes.streams import PoseRecord, WrenchRecord
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import header, image_from_message, nanoseconds


def frame_of(message: Image) -> Frame:
    """A camera frame whose pixels are decoded when they are wanted."""
    stamp_ns = nanoseconds(message.header.stamp)
    return Frame(
        stamp_ns, lambda: image_from_message(message, topics.IMAGE), message.header.frame_id
    )


def pose_record(message: PoseStamped) -> PoseRecord:
    """What is stored of a measured pose."""
    at, turn = message.pose.position, message.pose.orientation
    pose = np.array([at.x, at.y, at.z, turn.x, turn.y, turn.z, turn.w])
    return PoseRecord(nanoseconds(message.header.stamp), pose, message.header.frame_id)


def wrench_record(message: WrenchStamped) -> WrenchRecord:
    """What is stored of a measured wrench."""
    force, torque = message.wrench.force, message.wrench.torque
    wrench = np.array([force.x, force.y, force.z, torque.x, torque.y, torque.z])
    return WrenchRecord(nanoseconds(message.header.stamp), wrench, message.header.frame_id)


def teleop_action(request: Request, frame_id: str) -> Action:
    """Message of an operator's request; feasibility is not estimated."""
    return Action(
        header=header(request.stamp_ns, frame_id),
        episode_id=request.episode_id,
        step=request.step,
        source=request.source,
        delta=request.delta.tolist(),
        normalized=request.normalized.tolist(),
        feasibility=float("nan"),
    )
