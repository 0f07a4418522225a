"""Angles survive the way through a quaternion."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fosp_agent.control.rotations import (
    matrix_from_quaternion,
    product,
    quaternion_from_rpy,
    rpy_from_quaternion,
)

turn = st.floats(-math.pi + 1e-6, math.pi - 1e-6)
tilt = st.floats(-1.5, 1.5)


@given(turn, tilt, turn)
def test_rpy_survives_the_round_trip(roll: float, pitch: float, yaw: float) -> None:
    back = rpy_from_quaternion(*quaternion_from_rpy(roll, pitch, yaw))
    assert back == pytest.approx((roll, pitch, yaw), abs=1e-9)


@given(turn, tilt, turn, st.floats(0.1, 10.0))
def test_the_length_of_the_quaternion_does_not_matter(
    roll: float, pitch: float, yaw: float, length: float
) -> None:
    stretched = (length * part for part in quaternion_from_rpy(roll, pitch, yaw))
    assert rpy_from_quaternion(*stretched) == pytest.approx((roll, pitch, yaw), abs=1e-9)


def test_axes_follow_the_convention_of_rep_103() -> None:
    half = math.sqrt(0.5)
    assert quaternion_from_rpy(math.pi / 2, 0, 0) == pytest.approx((half, 0, 0, half))
    assert quaternion_from_rpy(0, 0, math.pi / 2) == pytest.approx((0, 0, half, half))


@pytest.mark.parametrize("wrong", [(0, 0, 0, 0), (math.nan, 0, 0, 1)])
def test_what_is_no_rotation_is_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="no rotation"):
        rpy_from_quaternion(*wrong)


@given(turn, tilt, turn)
def test_a_rotations_matrix_turns_as_roll_then_pitch_then_yaw(
    roll: float, pitch: float, yaw: float
) -> None:
    def about(axis: int, angle: float) -> np.ndarray:
        one, other = [k for k in range(3) if k != axis]
        sign = -1.0 if axis == 1 else 1.0
        matrix = np.eye(3)
        matrix[one, one] = matrix[other, other] = math.cos(angle)
        matrix[other, one], matrix[one, other] = sign * math.sin(angle), -sign * math.sin(angle)
        return matrix

    matrix = matrix_from_quaternion(*quaternion_from_rpy(roll, pitch, yaw))
    expected = about(2, yaw) @ about(1, pitch) @ about(0, roll)
    np.testing.assert_allclose(matrix, expected, atol=1e-12)


def test_the_matrix_of_a_product_is_the_product_of_the_matrices() -> None:
    one, other = quaternion_from_rpy(0.3, -0.4, 2.0), quaternion_from_rpy(-1.0, 0.2, 0.7)
    both = matrix_from_quaternion(*product(one, other))
    apart = matrix_from_quaternion(*one) @ matrix_from_quaternion(*other)
    np.testing.assert_allclose(both, apart, atol=1e-12)
