"""The workspace box from the corners that a person led the arm to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import yaml

from fosp_agent.errors import UserError

Vector = npt.NDArray[np.float64]
LEAST_SIDE = 0.02
"""A side shorter than this is a mistake [m]."""
LARGEST_SIDE = 1.2
LARGEST_SPREAD = 0.01
"""Of the positions while a corner is recorded: more, and the arm was still moving [m]."""

BELOW_THE_TOP = 0.005
"""How far below the top of the box the reset crosses the scene [m]."""

GATE = "/**/command_gate_node"
RESET = "/**/reset_node"
HEAD = "# The workspace, recorded by ./safereach workspace, in the arm's base frame [m].\n\n"


class WorkspaceError(UserError):
    """The corners make no box."""


@dataclass(frozen=True)
class Box:
    """Lower and upper corner in the base frame; the gate's cone limits the orientation."""

    lower: Vector
    """(3,) x, y, z [m]"""
    upper: Vector
    """(3,)"""


def corner(poses: Sequence[Vector]) -> Vector:
    """The pose (6,) of an arm that stands still, from its latest poses.

    Raises:
        WorkspaceError: there is no pose, or the arm moved.
    """
    if not poses:
        raise WorkspaceError("no pose of the arm arrives: is its node running?")
    stacked = np.asarray(poses)
    spread = float(np.ptp(stacked[:, :3], axis=0).max())
    if spread > LARGEST_SPREAD:
        raise WorkspaceError(f"the arm moved by {1000 * spread:.0f} mm: hold it still, and again")
    # The pose in the middle, not the mean: angles at +-pi have no mean.
    middle: Vector = stacked[len(stacked) // 2]
    return middle


def box_of(corners: Sequence[Vector], margin: float) -> Box:
    """The smallest box around the corners, drawn in by a margin.

    Args:
        corners: poses (6,) that touch the sides, two opposite ones or more.
        margin: by which each side is drawn in [m].

    Raises:
        WorkspaceError: fewer than two, or a side too short or too long.
    """
    if len(corners) < 2:
        raise WorkspaceError("two opposite corners are needed at least: record another")
    positions = np.asarray(corners)[:, :3]
    lower, upper = positions.min(axis=0) + margin, positions.max(axis=0) - margin
    for name, side in zip("xyz", upper - lower, strict=True):
        if not LEAST_SIDE <= side <= LARGEST_SIDE:
            raise WorkspaceError(
                f"the box would be {100 * side:.1f} cm long in {name}; it must be from "
                f"{100 * LEAST_SIDE:.0f} to {100 * LARGEST_SIDE:.0f} cm: touch opposite corners, "
                "high and low"
            )
    return Box(lower, upper)


def start_in(box: Box, pose: Vector) -> dict[str, object]:
    """Parameters of the reset: back to where the arm stands (6,), the tool as it is at rest.

    The scene is crossed just below the top of the box.

    Raises:
        WorkspaceError: this is not in the box.
    """
    position = np.asarray(pose)[:3]
    if (position < box.lower).any() or (position > box.upper).any():
        where = ", ".join(f"{value:.3f}" for value in position)
        raise WorkspaceError(
            f"the start pose ({where}) m is not in the box (its sides are drawn in by --margin): "
            "record it further inside"
        )
    height = max(float(position[2]), float(box.upper[2]) - BELOW_THE_TOP)
    start = [*(round(float(value), 4) for value in position), 0.0, 0.0, 0.0]
    return {"start_pose": start, "lift_height": round(height, 4)}


def as_yaml(box: Box, earlier: str = "", start: Vector | None = None) -> str:
    """The box and the start pose (6,) as parameters; whatever else an earlier file says stays.

    Raises:
        WorkspaceError: the earlier file is not one of parameters, or the start is not in the box.
    """
    reset = {} if start is None else start_in(box, start)
    try:
        content = yaml.safe_load(earlier) or {}
        gate = content.setdefault(GATE, {}).setdefault("ros__parameters", {})
        gate["box_min"] = [round(float(value), 4) for value in box.lower]
        gate["box_max"] = [round(float(value), 4) for value in box.upper]
        if reset:
            own = content.setdefault(RESET, {}).setdefault("ros__parameters", {})
            own.pop("start_joints", None)
            own.update(reset)
    except (yaml.YAMLError, AttributeError, TypeError) as problem:
        raise WorkspaceError(
            f"the earlier file holds no parameters ({problem}); --out names another"
        ) from None
    return HEAD + yaml.safe_dump(content, sort_keys=False, default_flow_style=None)
