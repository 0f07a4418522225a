"""Where a Franka's tool is at given joint angles: the published Denavit-Hartenberg parameters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

LINKS = (
    (0.0, 0.333, 0.0),
    (0.0, 0.0, -np.pi / 2),
    (0.0, 0.316, np.pi / 2),
    (0.0825, 0.0, np.pi / 2),
    (-0.0825, 0.384, -np.pi / 2),
    (0.0, 0.0, np.pi / 2),
    (0.088, 0.0, np.pi / 2),
)
"""a [m], d [m], alpha [rad] of each joint (Craig's convention), of Panda and Research 3 alike."""
FLANGE = 0.107
"""From the last joint to the flange [m]."""
HAND = (0.1034, -np.pi / 4)
"""The Franka Hand's tool point: along the flange's z [m], and turned about it [rad]."""


def tool_transform(joints: Vector | tuple[float, ...], tool: tuple[float, float] = HAND) -> Vector:
    """Pose (4, 4) of the tool in the base frame at joint angles (7,) [rad].

    Raises:
        ValueError: not seven finite angles.
    """
    angles = np.asarray(joints, np.float64)
    if angles.shape != (7,) or not np.isfinite(angles).all():
        raise ValueError(f"7 finite joint angles are needed, not {angles}")
    transform = np.eye(4)
    for (a, d, alpha), theta in zip(LINKS, angles, strict=True):
        transform = transform @ _link(a, d, alpha, theta)
    reach, turn = tool
    return np.asarray(transform @ _link(0.0, FLANGE + reach, 0.0, turn))


def _link(a: float, d: float, alpha: float, theta: float) -> Vector:
    """Transform (4, 4) of one joint."""
    ct, st, ca, sa = np.cos(theta), np.sin(theta), np.cos(alpha), np.sin(alpha)
    return np.array(
        [
            [ct, -st, 0.0, a],
            [st * ca, ct * ca, -sa, -sa * d],
            [st * sa, ct * sa, ca, ca * d],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def rpy(rotation: Vector) -> tuple[float, float, float]:
    """Roll, pitch, yaw [rad] of a rotation matrix (3, 3)."""
    pitch = float(np.arctan2(-rotation[2, 0], np.hypot(rotation[0, 0], rotation[1, 0])))
    roll = float(np.arctan2(rotation[2, 1], rotation[2, 2]))
    yaw = float(np.arctan2(rotation[1, 0], rotation[0, 0]))
    return roll, pitch, yaw
