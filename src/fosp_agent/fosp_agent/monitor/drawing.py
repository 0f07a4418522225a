"""The scene as marks in space."""

from __future__ import annotations

import numpy as np

from fosp_agent.control.rotations import matrix_from_quaternion, quaternion_from_rpy
from fosp_agent.monitor import marks
from fosp_agent.monitor.marks import Mark, Shape, Vector
from fosp_agent.monitor.palette import (
    AXES,
    BOX,
    QUIET,
    SAFE,
    VETO,
    of_actor,
    of_risk,
    with_alpha,
)
from fosp_agent.monitor.scene import Scene
from fosp_agent.monitor.words import status

STRETCH = 4.0
"""A candidate's arrow is so many times as long as its step, which is 1 cm at most."""
SHORTEST = 1e-4
"""Motions below this are not drawn as arrows [m]."""
FINGER = 0.05
"""Length of the drawn tool [m]."""
LINE_HEIGHT = 0.011
"""Of the status text [m]."""
GROUPS = ("workspace", "tool", "executed", "imagined", "candidates", "target", "vetoes", "status")
"""All groups of marks."""


def draw(scene: Scene) -> list[Mark]:
    """Everything there is to show; marks with numbers that cannot be drawn are left out."""
    parts = (_workspace, _tool, _executed, _imagined, _candidates, _target, _vetoes, _status)
    return [mark for part in parts for mark in part(scene) if mark.finite]


def _workspace(scene: Scene) -> list[Mark]:
    if scene.box is None:
        return []
    edges = marks.box_edges(*(corner.tolist() for corner in scene.box))
    return [marks.line("workspace", edges, BOX, 0.0015, shape=Shape.LINE_LIST)]


def _tool(scene: Scene) -> list[Mark]:
    """The tool's point with its axes, and a finger that ends there."""
    place, angles = scene.place, scene.turn
    if place is None:
        return []
    found = [marks.ball("tool", place, of_actor(scene.actor), 0.012)]
    if angles is None:
        return found
    x, y, z, w = quaternion_from_rpy(*(float(angle) for angle in angles))
    rotation = matrix_from_quaternion(x, y, z, w)
    axes = rotation.T * 0.03
    ends = np.stack([np.stack([place, place + axis]) for axis in axes]).reshape(-1, 3)
    colors = [color for color in AXES for _ in range(2)]
    found.append(marks.line("tool", ends, QUIET, 0.003, colors, Shape.LINE_LIST))
    middle = place + rotation[:, 2] * FINGER / 2
    body = with_alpha(QUIET, 0.6)
    size = (0.012, 0.012, FINGER)
    found.append(Mark("tool", Shape.CUBE, body, size, at=marks.triple(middle), turn=(x, y, z, w)))
    return found


def _executed(scene: Scene) -> list[Mark]:
    if len(scene.path) < 2:
        return []
    points = np.array([passed.place for passed in scene.path])
    colors = [of_actor(passed.actor) for passed in scene.path]
    return [marks.line("executed", points, QUIET, 0.004, colors)]


def _imagined(scene: Scene) -> list[Mark]:
    vision = scene.vision
    if vision is None or vision.places.shape[1] < 3:
        return []
    colors = [of_risk(cost) for cost in vision.cost]
    return [
        marks.line("imagined", vision.places, SAFE, 0.0025, colors),
        marks.dots("imagined", vision.places, colors, 0.006),
    ]


def _candidates(scene: Scene) -> list[Mark]:
    """An arrow each in the colour of its policy; the one that acts is thick and opaque."""
    place = scene.place
    found: list[Mark] = []
    if place is None:
        return found
    for policy, move, acts in scene.moves():
        if not np.linalg.norm(move) > SHORTEST:
            continue
        width, alpha = (0.006, 1.0) if acts else (0.003, 0.45)
        end = place + STRETCH * move
        found.append(marks.arrow("candidates", place, end, of_actor(policy), width, alpha))
    return found


def _target(scene: Scene) -> list[Mark]:
    verdict = scene.verdict
    if verdict is None or not verdict.accepted or scene.place is None:
        return []
    return [marks.ball("target", verdict.target[:3], of_actor(scene.actor), 0.008, 0.7)]


def _vetoes(scene: Scene) -> list[Mark]:
    found = [marks.ball("vetoes", one.place, VETO, 0.01, 0.8) for one in scene.refusals]
    if scene.refusals:
        last = scene.refusals[-1]
        above = last.place + up(0.015)
        found.append(marks.words("vetoes", above, last.reason, VETO, LINE_HEIGHT))
    return found


def _status(scene: Scene) -> list[Mark]:
    """Lines of text above the workspace, the first uppermost."""
    lines = status(scene)
    corner = _above(scene)
    if corner is None:
        return []
    return [
        marks.words(
            "status", corner + up(1.5 * LINE_HEIGHT * row), one.text, one.color, LINE_HEIGHT
        )
        for row, one in enumerate(reversed(lines))
        if one.text
    ]


def _above(scene: Scene) -> Vector | None:
    """Where the status text begins (3,) [m]."""
    if scene.box is not None:
        low, high = scene.box
        return np.array([high[0], (low[1] + high[1]) / 2, high[2] + 0.05])
    return None if scene.place is None else scene.place + up(0.12)


def up(height: float) -> Vector:
    """A way straight up [m]."""
    return np.array([0.0, 0.0, height])
