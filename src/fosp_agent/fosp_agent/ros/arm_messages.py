"""Messages of an arm's state and status."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from fosp_msgs.msg import ArmStatus
from geometry_msgs.msg import Pose, PoseStamped, Wrench, WrenchStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from fosp_agent.drivers.arm import JOINTS, ArmMode, ArmState, Vector
from fosp_agent.drivers.target_follower import Report


def pose7(message: Pose) -> Vector:
    """(7,) x, y, z [m] and quaternion x, y, z, w."""
    at, turn = message.position, message.orientation
    return np.array([at.x, at.y, at.z, turn.x, turn.y, turn.z, turn.w])


def pose_message(state: ArmState, stamp: Time, frame_id: str) -> PoseStamped:
    """The measured pose of the end effector."""
    message = PoseStamped(header=Header(stamp=stamp, frame_id=frame_id))
    at, turn = message.pose.position, message.pose.orientation
    at.x, at.y, at.z, turn.x, turn.y, turn.z, turn.w = state.pose.tolist()
    return message


def joint_message(state: ArmState, stamp: Time) -> JointState:
    """The joints' angles, velocities and torques."""
    return JointState(
        header=Header(stamp=stamp),
        name=list(JOINTS),
        position=state.position.tolist(),
        velocity=state.velocity.tolist(),
        effort=state.effort.tolist(),
    )


def status_message(report: Report, stamp: Time, frame_id: str) -> ArmStatus:
    """How the arm is, and whether it follows targets."""
    message = ArmStatus(header=Header(stamp=stamp, frame_id=frame_id))
    message.ready, message.detail = report.ready, report.detail
    state = report.state
    if state is None:
        message.mode = int(ArmMode.DISCONNECTED)
        return message
    message.mode, message.errors = int(state.mode), list(state.errors)
    message.success_rate = state.success_rate
    fill_wrench(message.external_wrench, state.wrench)
    return message


def wrench_message(wrench: Vector, stamp: Time, frame_id: str) -> WrenchStamped:
    """What presses on the end effector: (6,) force [N] and torque [N m]."""
    message = WrenchStamped(header=Header(stamp=stamp, frame_id=frame_id))
    fill_wrench(message.wrench, wrench)
    return message


def fill_wrench(message: Wrench, wrench: Vector) -> None:
    """Write (6,) force [N] and torque [N m] into a message."""
    force, torque = message.force, message.torque
    force.x, force.y, force.z, torque.x, torque.y, torque.z = wrench.tolist()
