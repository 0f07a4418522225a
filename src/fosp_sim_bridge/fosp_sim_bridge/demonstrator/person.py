"""How the person's hand follows a plan: momentum, tremor, pauses, changing speed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fosp_sim_bridge.demonstrator.plan import Points
from fosp_sim_bridge.safereach.env import ACTION_SCALE

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Manner:
    """One person's way on one day."""

    speed: float
    """Cruise, in normalised action units (1: one action scale a step)."""
    smoothing: float
    """Share of the last motion that stays in the next."""
    tremor: float
    """Standard deviation of the correlated noise, normalised."""
    pause_chance: float
    """Per step."""
    tolerance: float
    """At which a way point counts as reached [m]."""
    twist: Vector
    """Tool rotation (3,) that the hand drifts to [rad]."""

    @staticmethod
    def draw(rng: np.random.Generator) -> Manner:
        """A manner at random."""
        return Manner(
            speed=float(rng.uniform(0.65, 1.25)),
            smoothing=float(rng.uniform(0.2, 0.6)),
            tremor=float(rng.uniform(0.08, 0.30)),
            pause_chance=float(rng.choice([0.0, 0.015, 0.04])),
            tolerance=float(rng.uniform(0.006, 0.014)),
            twist=rng.normal(0.0, [0.05, 0.05, 0.10]),
        )


class Person:
    """Turns a measured pose into a SpaceMouse deflection, step by step."""

    NOISE_MEMORY = 0.8

    def __init__(self, waypoints: Points, manner: Manner, rng: np.random.Generator) -> None:
        """Follow way points (M, 3) [m] and stay at the last one."""
        self._waypoints = waypoints
        self._manner = manner
        self._rng = rng
        self._next = 0
        self._motion = np.zeros(6)
        self._noise = np.zeros(6)
        self._pause = 0
        self._mood = 1.0

    def _wanted(self, pose: Vector) -> Vector:
        """The deflection (6,) that would lead on, without noise."""
        away = self._waypoints[self._next] - pose[:3]
        if np.linalg.norm(away) < self._manner.tolerance and self._next + 1 < len(self._waypoints):
            self._next += 1
            away = self._waypoints[self._next] - pose[:3]
        wanted = np.zeros(6)
        linear = 0.7 * away / ACTION_SCALE[:3]
        limit = self._manner.speed * self._mood
        wanted[:3] = linear * min(1.0, limit / max(float(np.linalg.norm(linear)), 1e-9))
        wanted[3:] = 0.15 * (self._manner.twist - pose[3:]) / ACTION_SCALE[3:]
        return wanted

    def act(self, pose: Vector) -> npt.NDArray[np.float32]:
        """The normalised action (6,) in [-1, 1] at a pose (6,) [m, rad]."""
        rng, manner = self._rng, self._manner
        if self._pause == 0 and rng.random() < manner.pause_chance:
            self._pause = int(rng.integers(2, 7))
        if rng.random() < 0.06:
            self._mood = float(rng.uniform(0.5, 1.3))
        wanted = self._wanted(pose)
        if self._pause > 0:
            self._pause -= 1
            wanted = np.zeros(6)
        self._motion += (1.0 - manner.smoothing) * (wanted - self._motion)
        fresh = rng.normal(0.0, manner.tremor * np.sqrt(1 - self.NOISE_MEMORY**2), 6)
        self._noise = self.NOISE_MEMORY * self._noise + fresh
        strength = 0.35 if self._pause > 0 else 1.0
        action = self._motion + strength * self._noise
        return np.clip(action, -1.0, 1.0).astype(np.float32)
