"""Joint angles to the tool's pose."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.drivers.franka_kinematics import LINKS, rpy, tool_transform


def test_the_known_pose_of_the_ready_posture() -> None:
    """What a Franka Research 3 with its hand reports at these angles."""
    tool = tool_transform((0.0, 0.0, 0.0, -1.57, 0.0, 1.57, 0.785))
    np.testing.assert_allclose(tool[:3, 3], [0.5544, 0.0, 0.5214], atol=2e-4)
    assert abs(rpy(tool[:3, :3])[0]) == pytest.approx(np.pi, abs=1e-3)


def test_turning_the_base_turns_the_tool_about_the_vertical() -> None:
    angles = np.array([0.0, 0.2, 0.1, -1.8, 0.3, 1.7, 0.5])
    before, after = tool_transform(angles), tool_transform(angles + np.eye(len(LINKS))[0] * 0.4)
    turned = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]]) @ before[:2, 3]
    np.testing.assert_allclose(after[:2, 3], turned, atol=1e-12)
    assert after[2, 3] == pytest.approx(before[2, 3])


def test_other_than_seven_finite_angles_are_refused() -> None:
    for wrong in ((0.0,) * 6, (float("nan"),) * 7):
        with pytest.raises(ValueError, match="7 finite"):
            tool_transform(wrong)
