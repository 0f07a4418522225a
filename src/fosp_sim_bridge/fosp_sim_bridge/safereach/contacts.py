"""Who touches whom, and the label rule that makes a cost of it (paper, Figure 9)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]

_ARM, _TARGET, _FIRST_OBSTACLE, _OTHER = -1, -2, 0, -3


class Contacts:
    """Reads contacts of the arm with target and obstacles out of MuJoCo's list."""

    ALLOWED_DEPTH = 0.002
    """How far the tips press into the target before the arm stops [m]."""

    def __init__(self, model: Any, obstacles: int) -> None:
        """Remember what each geom of a ``mujoco.MjModel`` belongs to."""
        self._obstacles = obstacles
        self._owner = np.full(model.ngeom, _OTHER)
        for index in range(model.ngeom):
            name = model.geom(index).name
            if name == "target":
                self._owner[index] = _TARGET
            elif name.startswith("obstacle_"):
                self._owner[index] = _FIRST_OBSTACLE + int(
                    name.removeprefix("obstacle_")
                )
            elif model.geom_contype[index] == 1:
                self._owner[index] = _ARM

    def read(self, data: Any) -> tuple[float, Flags]:
        """How deep the arm is in the target [m] (0: apart), and which obstacles (N,) it touches."""
        hit = np.zeros(self._obstacles, np.bool_)
        owners = self._owner[data.contact.geom]  # (contacts, 2)
        of_arm = (owners == _ARM).any(axis=1)
        if not of_arm.any():
            return 0.0, hit
        others = owners[of_arm].max(axis=1)
        others[(owners[of_arm] == _TARGET).any(axis=1)] = _TARGET
        hit[others[others >= _FIRST_OBSTACLE]] = True
        at_target = others == _TARGET
        if not at_target.any():
            return 0.0, hit
        return float(max(-data.contact.dist[of_arm][at_target].min(), 1e-9)), hit

    def target_depth(self, data: Any) -> float:
        """How deep the arm was in the target at the last physics step [m]."""
        return self.read(data)[0]


class CostRule:
    """Cost 1 from an obstacle's first contact until that obstacle rests again."""

    REST_SPEED = 0.004
    """Below this an obstacle rests [m/s]."""
    REST_TURN = 0.05
    """Below this it rests [rad/s]."""

    def __init__(self, obstacles: int) -> None:
        self._disturbed = np.zeros(obstacles, np.bool_)

    def reset(self) -> None:
        """Every obstacle rests."""
        self._disturbed[:] = False

    def after_step(self, hit: Flags, speeds: npt.NDArray[np.float64]) -> float:
        """The cost of a step.

        Args:
            hit: (N,) obstacles that the arm touched within the step.
            speeds: (N, 2) linear and angular speed at its end [m/s, rad/s].
        """
        moving = (speeds[:, 0] > self.REST_SPEED) | (speeds[:, 1] > self.REST_TURN)
        self._disturbed = hit | (self._disturbed & moving)
        return float(self._disturbed.any())
