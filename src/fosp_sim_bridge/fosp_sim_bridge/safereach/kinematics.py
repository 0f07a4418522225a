"""The arm's kinematics: pose of the tool from joint angles, and back."""

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt

from fosp_sim_bridge.safereach.arm import HOME, JOINTS
from fosp_sim_bridge.safereach.scene import arm_only_xml

Vector = npt.NDArray[np.float64]


def matrix_from_rpy(rpy: Vector) -> Vector:
    """Rotation matrix (3, 3) from roll, pitch, yaw [rad] about the fixed axes x, y, z."""
    (sr, sp, sy), (cr, cp, cy) = np.sin(rpy), np.cos(rpy)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def rpy_from_matrix(matrix: Vector) -> Vector:
    """Roll, pitch, yaw [rad] about the fixed axes of a rotation matrix (3, 3)."""
    pitch = np.arcsin(np.clip(-matrix[2, 0], -1.0, 1.0))
    roll = np.arctan2(matrix[2, 1], matrix[2, 2])
    yaw = np.arctan2(matrix[1, 0], matrix[0, 0])
    return np.array([roll, pitch, yaw])


class ArmKinematics:
    """Forward and inverse kinematics of the seven joints, on a model of the arm alone.

    A pose is x, y, z [m] of the point between the finger tips and roll, pitch, yaw [rad] about
    the fixed axes of the base; it is zero in rotation when the hand points straight down.
    """

    DAMPING = 1e-5
    """Squared damping of the least squares [m^2, rad^2]."""
    TOLERANCE = 1e-6
    """Residual at which the iteration ends [m, rad]."""
    POSTURE_GAIN = 0.02
    """Share of the way to the home posture that a null-space step goes."""

    def __init__(self) -> None:
        self._model = mujoco.MjModel.from_xml_string(arm_only_xml())
        self._data = mujoco.MjData(self._model)
        self._site = self._model.site("tool").id
        self._jacobian = np.zeros((6, self._model.nv))
        self._low, self._high = self._model.jnt_range.T.copy()
        self._home = np.array(HOME)
        self._identity = np.eye(6)

    def _place(self, joints: Vector) -> tuple[Vector, Vector]:
        """Position (3,) and rotation matrix (3, 3) of the tool at joint angles (7,)."""
        self._data.qpos[:] = joints
        mujoco.mj_kinematics(self._model, self._data)
        return self._data.site_xpos[self._site], self._data.site_xmat[self._site].reshape(3, 3)

    def pose(self, joints: Vector) -> Vector:
        """Pose (6,) [m, rad] of the tool at joint angles (7,) [rad]."""
        position, matrix = self._place(joints)
        return np.concatenate([position, rpy_from_matrix(matrix)])

    def _residual(self, joints: Vector, pose: Vector, matrix: Vector) -> Vector:
        """Twist (6,) that leads from where the tool is to where it should be."""
        position, current = self._place(joints)
        turn = matrix @ current.T
        rotation = 0.5 * np.array(
            [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
        )
        return np.concatenate([pose[:3] - position, rotation])

    def solve(self, joints: Vector, pose: Vector, iterations: int = 4) -> Vector:
        """Joint angles (7,) that bring the tool to a pose (6,), by damped least squares.

        Args:
            joints: where to start from (7,) [rad]; the nearer, the fewer iterations it takes.
            pose: x, y, z [m], roll, pitch, yaw [rad].
            iterations: at most so many.
        """
        joints = joints.copy()
        matrix = matrix_from_rpy(pose[3:])
        for _ in range(iterations):
            residual = self._residual(joints, pose, matrix)
            if np.abs(residual).max() < self.TOLERANCE:
                break
            joints += self._joint_step(joints, residual)
            np.clip(joints, self._low, self._high, out=joints)
        return joints

    def _joint_step(self, joints: Vector, residual: Vector) -> Vector:
        """One damped least squares step, leaning to the home posture in the null space."""
        mujoco.mj_comPos(self._model, self._data)
        jacobian = self._jacobian
        mujoco.mj_jacSite(self._model, self._data, jacobian[:3], jacobian[3:], self._site)
        lean = self.POSTURE_GAIN * (self._home - joints)
        inverse = np.linalg.inv(jacobian @ jacobian.T + self.DAMPING * self._identity)
        step: Vector = lean + jacobian.T @ (inverse @ (residual - jacobian @ lean))
        return step


assert len(HOME) == JOINTS
