"""How actions move a pose that is part of the model state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from fosp_agent.config import AgentConfig, RobotConfig
from fosp_agent.settings import ConfigError
from fosp_agent.world_model.encoder import pose_range


class Motion(NamedTuple):
    """How a direct pose moves; all (P,), in units of the pose range."""

    stride: Sequence[float]
    """Change of the pose by an action of 1."""
    low: Sequence[float]
    """Bounds of kinematic imagination; infinite where there are none."""
    high: Sequence[float]


def pose_motion(config: AgentConfig) -> Motion | None:
    """How actions move the pose, where it is a part of the state; else None.

    Raises:
        ConfigError: the pose is to be part of the state, but an action is not a change of it; a
            bound has another size; or kinematic imagination is asked for without a direct pose.
    """
    robot, model = config.robot, config.world_model
    if not model.direct_pose:
        _refuse_moved_poses(config)
        return None
    if robot.pose_size != robot.action_size or robot.pose_size == 0:
        raise ConfigError(
            f"world_model.direct_pose needs actions that change the pose, but pose_size is "
            f"{robot.pose_size} and action_size {robot.action_size}; switch it off"
        )
    stride = [a / p for a, p in zip(robot.action_scale, robot.pose_scale, strict=True)]
    low, high = robot.pose_box()
    if config.training.moved_anywhere and not all(map(math.isfinite, (*low, *high))):
        raise ConfigError(
            "training.moved_anywhere places the pose anywhere within robot.pose_low and pose_high, "
            "which are empty: give them, or switch it off"
        )
    return Motion(stride, _in_range(low, robot), _in_range(high, robot))


def _refuse_moved_poses(config: AgentConfig) -> None:
    model = config.world_model
    moving = {
        "world_model.imagination: kinematic": model.imagination == "kinematic",
        "world_model.lookahead": model.lookahead,
        "world_model.goal_apart": bool(model.goal_apart),
        "training.moved_starts": bool(config.training.moved_starts),
        "training.moved_anywhere": bool(config.training.moved_anywhere),
    }
    asked = [name for name, on in moving.items() if on]
    if asked:
        raise ConfigError(
            f"{' and '.join(asked)} would move the pose in the state, where it is not; set "
            "world_model.direct_pose, or switch it off"
        )


def _in_range(bound: Sequence[float], robot: RobotConfig) -> list[float]:
    centered = zip(bound, *pose_range(robot), strict=True)
    return [(value - center) / scale for value, center, scale in centered]
