"""The picture of all tasks: a large view for people, and the policy's 64 x 64 image in a corner."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fosp_sim_bridge.safereach.env import Observation, SafeReachEnv, make
from fosp_sim_bridge.safereach.tasks import TASKS

Image = npt.NDArray[np.uint8]

WIDTH, HEIGHT, STRIP, INSET, GAP, FRAME = 560, 540, 44, 192, 12, 3
SEED = 1011
STEPS = 13
"""So many decisions the arm moves before the picture is taken."""


def _pose(env: SafeReachEnv) -> Observation:
    """Bring the arm over the edge of the workspace."""
    observation, _ = env.reset(seed=SEED)
    for _ in range(STEPS):
        observation, *_ = env.step(np.array([0.45, 0.35, 0.35, 0, 0, 0.1], np.float32))
    return observation


def _panel(name: str) -> Image:
    """One task: large view, inset, name."""
    env = make(name)
    observation = _pose(env)
    panel = env.render(2 * WIDTH, 2 * HEIGHT)
    env.close()
    panel = cv2.resize(panel, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).copy()
    inset = cv2.resize(observation["image"], (INSET, INSET), interpolation=cv2.INTER_NEAREST)
    panel[: INSET + 2 * FRAME, WIDTH - INSET - 2 * FRAME :] = 255
    panel[FRAME : FRAME + INSET, WIDTH - INSET - FRAME : WIDTH - FRAME] = inset
    strip = np.full((STRIP, WIDTH, 3), 255, np.uint8)
    cv2.putText(strip, name, (4, 31), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30, 34, 40), 2, cv2.LINE_AA)
    return np.vstack([strip, panel])


def write_picture(path: Path) -> None:
    """Write the PNG of all tasks, side by side.

    Raises:
        OSError: the file cannot be written.
    """
    panels = [_panel(name) for name in TASKS]
    gap = np.full((len(panels[0]), GAP, 3), 255, np.uint8)
    joined = np.hstack([piece for panel in panels for piece in (panel, gap)][:-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = cv2.imencode(".png", joined[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
    path.write_bytes(encoded.tobytes())
