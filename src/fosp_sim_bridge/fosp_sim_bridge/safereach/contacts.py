"""Who touches whom, and the label rule that makes a cost of it (paper, Figure 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from fosp_sim_bridge.safereach.arm import touching_geoms

Flags = npt.NDArray[np.bool_]

_ARM, _TARGET, _OTHER = -1, -2, -3


@dataclass(frozen=True)
class Touch:
    """What the arm touches at one instant."""

    target: bool
    obstacles: Flags
    """(N,)"""
    excess: float
    """How much deeper it presses than a stiff finger would be let to [m]; <= 0: it may go on."""


class Contacts:
    """Reads contacts of the arm with target and obstacles out of MuJoCo's list."""

    TARGET_DEPTH = 0.002
    """How far the tips press into the fixed target before the arm stops [m]."""
    OBSTACLE_DEPTH = 0.005
    """The same for an obstacle, which only resists so much when it is wedged in [m]."""

    def __init__(self, model: Any, obstacles: int) -> None:
        """Remember what each geom of a ``mujoco.MjModel`` belongs to."""
        self._obstacles = obstacles
        self._owner = np.full(model.ngeom, _OTHER)
        for index in range(model.ngeom):
            name = model.geom(index).name
            if name == "target":
                self._owner[index] = _TARGET
            elif name.startswith("obstacle_"):
                self._owner[index] = int(name.removeprefix("obstacle_"))
        self._owner[[model.geom(name).id for name in touching_geoms()]] = _ARM

    def read(self, data: Any) -> Touch:
        """The touch in the ``mujoco.MjData`` of the last physics step."""
        owners = self._owner[data.contact.geom]  # (contacts, 2)
        of_arm = (owners == _ARM).any(axis=1)
        hit = np.zeros(self._obstacles, np.bool_)
        if not of_arm.any():
            return Touch(False, hit, 0.0)
        others = owners[of_arm].sum(axis=1) - _ARM
        depth = -data.contact.dist[of_arm]
        on_target, on_obstacle = others == _TARGET, others >= 0
        hit[others[on_obstacle]] = True
        allowed = np.where(on_target, self.TARGET_DEPTH, self.OBSTACLE_DEPTH)
        return Touch(bool(on_target.any()), hit, float((depth - allowed).max()))


class ContactForce:
    """The force that presses on the arm: what the solver found, and the target's counter-pressure.

    Contacts with the target are not solved (the environment stops the arm instead), so its force
    is that of a stiff spring: ``STIFFNESS * depth``, and no touch is without any.
    """

    STIFFNESS = 3000.0
    """Of the arm's position control [N/m]."""
    LEAST = 0.5
    """Of a touch however light [N]."""

    def __init__(self, model: Any) -> None:
        """Of the arm in a ``mujoco.MjModel``."""
        self._model = model
        self._arm = np.zeros(model.ngeom, np.bool_)
        self._arm[[model.geom(name).id for name in touching_geoms()]] = True

    def read(self, data: Any) -> npt.NDArray[np.float64]:
        """Force (3,) [N] on the arm, in the base's frame, in the last physics step."""
        total, found = np.zeros(3), np.zeros(6)
        owned = self._arm[data.contact.geom]  # (contacts, 2)
        for index in np.flatnonzero(owned.any(axis=1)):
            mujoco.mj_contactForce(self._model, data, index, found)
            if data.contact.efc_address[index] < 0:
                found[:3] = max(self.LEAST, -self.STIFFNESS * data.contact.dist[index]), 0.0, 0.0
            axes = data.contact.frame[index].reshape(3, 3)
            # The solver's force acts on the contact's second geom.
            total += (1.0 if owned[index, 1] else -1.0) * (found[:3] @ axes)
        return total


class CostRule:
    """Cost 1 from an obstacle's first contact until that obstacle rests again."""

    REST_SPEED = 0.005
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
