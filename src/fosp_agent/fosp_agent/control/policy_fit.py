"""Whether a policy is one for this robot: the images and poses that it knows, the motions it means.

Each node tells its part in the values of its diagnostics; who compares them reads them from there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from fosp_agent.config import RobotConfig
from fosp_agent.control.checkup import Finding, Level

IMAGE, POSE, SCALE = "image", "pose size", "action scale"
"""Keys of the diagnostics' values."""


@dataclass(frozen=True)
class Surface:
    """What a robot shows and takes, or what a policy was trained for; None: not known."""

    image: tuple[int, ...] | None = None
    """(H, W, C) of the observed image [pixels]."""
    pose_size: int | None = None
    """Numbers of a pose; 0: none."""
    action_scale: tuple[float, ...] | None = None
    """Motion of a normalised action of 1 [m, rad]."""

    def values(self) -> dict[str, str]:
        """What is known, for diagnostics."""
        said = {}
        if self.image is not None:
            said[IMAGE] = "x".join(map(str, self.image))
        if self.pose_size is not None:
            said[POSE] = str(self.pose_size)
        if self.action_scale is not None:
            said[SCALE] = ", ".join(f"{value:g}" for value in self.action_scale)
        return said

    def heard(self, values: Mapping[str, str]) -> Surface:
        """With what a node's diagnostics add to it.

        Raises:
            ValueError: a value is not one of ours.
        """
        found = self
        if IMAGE in values:
            found = replace(found, image=tuple(map(int, values[IMAGE].split("x"))))
        if POSE in values:
            found = replace(found, pose_size=int(values[POSE]))
        if SCALE in values:
            numbers = (float(one) for one in values[SCALE].split(",") if one.strip())
            found = replace(found, action_scale=tuple(numbers))
        return found


def surface_of(robot: RobotConfig) -> Surface:
    """What a policy with these settings was trained for."""
    side = robot.image_size
    image = (side, side, robot.image_channels)
    return Surface(image, robot.pose_size, tuple(robot.action_scale))


def heard(parts: Iterable[Mapping[str, str]]) -> Surface:
    """What several nodes tell together.

    Raises:
        ValueError: a value is not one of ours.
    """
    whole = Surface()
    for values in parts:
        whole = whole.heard(values)
    return whole


def compare(policy: Surface, robot: Surface) -> Iterator[Finding]:
    """A finding for each part that both sides tell; red where they differ."""
    anew = "the policy was trained with another: choose another policy, or pretrain with this one"
    yield from _same(IMAGE, policy, robot, policy.image == robot.image, anew)
    yield from _same(POSE, policy, robot, policy.pose_size == robot.pose_size, anew)
    remedy = "the policy was trained with another: set the gate's action_scale, or pretrain anew"
    yield from _same(SCALE, policy, robot, _close(policy.action_scale, robot.action_scale), remedy)


def _close(one: tuple[float, ...] | None, other: tuple[float, ...] | None) -> bool:
    if one is None or other is None:
        return False
    return len(one) == len(other) and all(
        math.isclose(a, b, rel_tol=1e-3) for a, b in zip(one, other, strict=True)
    )


def _same(
    what: str, policy: Surface, robot: Surface, agree: bool, remedy: str
) -> Iterator[Finding]:
    mine, theirs = policy.values().get(what), robot.values().get(what)
    if mine is None or theirs is None:
        return
    if agree:
        yield Finding(Level.GREEN, what, mine)
    else:
        yield Finding(Level.RED, what, f"policy: {mine}; robot: {theirs}", remedy)
