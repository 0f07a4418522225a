"""Roll, pitch, yaw about the fixed axes x, y, z (REP-103) and unit quaternions."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def quaternion_from_rpy(roll: float, pitch: float, yaw: float) -> tuple[float, float, float, float]:
    """Unit quaternion (x, y, z, w) of the rotation Rz(yaw) Ry(pitch) Rx(roll); angles [rad]."""
    cr, sr = math.cos(roll / 2), math.sin(roll / 2)
    cp, sp = math.cos(pitch / 2), math.sin(pitch / 2)
    cy, sy = math.cos(yaw / 2), math.sin(yaw / 2)
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def product(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Quaternion (x, y, z, w) of the rotation ``one * other``: first ``other``, then ``one``."""
    ax, ay, az, aw = one
    bx, by, bz, bw = other
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def conjugate(one: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Quaternion (x, y, z, w) of the inverse rotation."""
    return -one[0], -one[1], -one[2], one[3]


def matrix_from_quaternion(x: float, y: float, z: float, w: float) -> npt.NDArray[np.float64]:
    """Rotation (3, 3) of a unit quaternion: column k is where axis k points."""
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def rpy_from_quaternion(x: float, y: float, z: float, w: float) -> tuple[float, float, float]:
    """Inverse of `quaternion_from_rpy` for pitch in (-pi/2, pi/2); need not be normalised.

    Raises:
        ValueError: the quaternion is zero or not finite.
    """
    square = x * x + y * y + z * z + w * w
    if not math.isfinite(square) or square < 1e-12:
        raise ValueError(f"({x}, {y}, {z}, {w}) is no rotation: give a unit quaternion")
    roll = math.atan2(2 * (w * x + y * z), square - 2 * (x * x + y * y))
    # atan2 instead of asin: asin loses half of the digits near its ends.
    sine = 2 * (w * y - z * x)
    cosine = math.hypot(2 * (w * x + y * z), square - 2 * (x * x + y * y))
    pitch = math.atan2(sine, cosine)
    yaw = math.atan2(2 * (w * z + x * y), square - 2 * (y * y + z * z))
    return roll, pitch, yaw
