"""Who drives when a dataset is collected: at random, cautiously or recklessly.

The paper's dataset (D.3) is of a random, a safe and an unsafe policy, the latter two learned. Ours
are controllers on the true positions: the cautious one steers around whatever costs, the reckless
one goes straight for the goal. Each episode is driven in a manner of its own, and with noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fosp_sim_bridge.safety_gymnasium.body import Body
from fosp_sim_bridge.safety_gymnasium.steering import free_way, heading_to, pushing_target
from fosp_sim_bridge.safety_gymnasium.surroundings import Surroundings, Vector

Drive = tuple[float, float]
"""Forward force and turn to the left, each in [-1, 1]."""


TURNING = 0.8
"""Braking sideways takes a turn first, and that this long at most [s]."""


class Behaviour(Protocol):
    """Drives one episode."""

    def drive(self, around: Surroundings) -> Drive:
        """Forward force and turn for what is around."""
        ...


@dataclass
class Wander:
    """Noise with a memory: x' = k x + sqrt(1 - k^2) s n, n normal."""

    rng: np.random.Generator
    spread: float
    """s: its standard deviation."""
    keep: float = 0.8
    """k"""

    def __post_init__(self) -> None:
        self._value = self.rng.normal(size=2) * self.spread

    def __call__(self) -> Vector:
        """The next two numbers."""
        fresh = np.sqrt(1 - self.keep**2) * self.spread * self.rng.normal(size=2)
        self._value = self.keep * self._value + fresh
        return self._value


class Random:
    """Wanders about, looking at nothing."""

    def __init__(self, rng: np.random.Generator, body: Body) -> None:
        del body
        self._wander = Wander(rng, spread=0.8, keep=0.85)

    def drive(self, around: Surroundings) -> Drive:  # noqa: ARG002 (it does not look)
        """Noise."""
        forward, turn = self._wander()
        return float(forward), float(turn)


class Reckless:
    """Goes straight for the goal as fast as it can."""

    def __init__(self, rng: np.random.Generator, body: Body) -> None:
        self._body = body
        self._speed = rng.uniform(0.7, 1.0) * body.top_speed
        self._wander = Wander(rng, spread=rng.uniform(0.05, 0.3))

    def drive(self, around: Surroundings) -> Drive:
        """Turn to the target; full force when it is ahead."""
        target, box = pushing_target(around)
        walls = around.solids if box is None else np.vstack([around.solids, box])
        angle = heading_to(target, walls, 0.05, 0.0, around.velocity)
        return _driven(_velocity(angle, self._speed), around, self._body, self._wander())


class Cautious:
    """Steers around what costs, and brakes before it."""

    def __init__(self, rng: np.random.Generator, body: Body) -> None:
        self._body = body
        self._speed = rng.uniform(0.6, 1.0) * body.top_speed
        self._margin = rng.uniform(0.08, 0.2)
        self._wander = Wander(rng, spread=rng.uniform(0.0, 0.15))

    def drive(self, around: Surroundings) -> Drive:
        """Turn to the freest way to the target, as fast as it can stop on."""
        target, box = pushing_target(around)
        # What only blocks the way may be passed close by.
        solids = around.solids - [0.0, 0.0, 0.8 * self._margin]
        pieces = [around.dangers, solids] + ([] if box is None else [box])
        obstacles = np.vstack(pieces)
        velocity, near = around.velocity, 0.5 * self._margin
        angle = heading_to(target, obstacles, self._margin, around.goal_radius, velocity)
        ahead = free_way(np.array([angle]), obstacles, near)[0]
        wanted = _velocity(angle, min(self._speed, 0.3 + ahead))
        speed = float(np.linalg.norm(velocity))
        course = np.array([np.arctan2(velocity[1], velocity[0])])
        stop = free_way(course, around.dangers, near)[0]
        sideways = float(np.abs(np.sin(course[0])))
        if 0.0 < stop < 0.3 * speed**2 + (0.1 + TURNING * sideways) * speed:
            wanted = 0.2 * wanted
        return _driven(wanted, around, self._body, self._wander())


def _velocity(angle: float, speed: float) -> Vector:
    return speed * np.array([np.cos(angle), np.sin(angle)])


def _driven(wanted: Vector, around: Surroundings, body: Body, noise: Vector) -> Drive:
    """Turn to where the force has to act for a velocity (2,) [m/s], against drag and drift."""
    force = wanted / body.top_speed + body.gain * (wanted - around.velocity)
    turn = 1.5 * float(np.arctan2(force[1], force[0]))
    return float(np.clip(force[0] + noise[0], -1, 1)), float(np.clip(turn + noise[1], -1, 1))


BEHAVIOURS: dict[str, Callable[[np.random.Generator, Body], Behaviour]] = {
    "random": Random,
    "safe": Cautious,
    "unsafe": Reckless,
}
"""The three of the paper's dataset, by its names."""
