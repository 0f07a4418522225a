"""Where the end effector went: kept beside an environment that is acted in as ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fosp_agent.types import Environment, FloatArray, Objective, ObservationDict

Millimetres = list[list[int]]
"""Pairs x, y."""


class TrailKeeper:
    """An environment that remembers the course of its last episode in the plane of the table."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.action_size = environment.action_size
        self.max_steps = environment.max_steps
        self.objective: Objective = environment.objective
        self.action_repeat = environment.action_repeat
        self._points: Millimetres = []
        self._contacts: list[int] = []
        self._reached: list[int] = []
        self._scene: dict[str, Any] = {}

    def reset(self, *, seed: int | None = None) -> tuple[ObservationDict, dict[str, Any]]:
        """As the environment's; forgets the last trail."""
        observation, info = self._environment.reset(seed=seed)
        self._points, self._contacts, self._reached = [], [], []
        self._scene = {
            "target": _millimetres(info["scene"]["target"]),
            "obstacles": [_millimetres(x) for x in info["scene"]["obstacles"]],
        }
        self._note(observation)
        return observation, info

    def step(
        self, action: FloatArray
    ) -> tuple[ObservationDict, float, float, bool, bool, dict[str, Any]]:
        """As the environment's."""
        transition = self._environment.step(action)
        observation, reward, cost, *_ = transition
        self._note(observation)
        if cost > 0:
            self._contacts.append(len(self._points) - 1)
        if reward > 0:
            self._reached.append(len(self._points) - 1)
        return transition

    def close(self) -> None:
        """As the environment's."""
        self._environment.close()

    def trail(self, seed: int) -> dict[str, Any]:
        """The last episode: x, y of its points, x, y, half width of all things [mm]; contacts."""
        return {
            "seed": seed,
            "points": self._points,
            "contacts": self._contacts,
            "reached": self._reached[:1],
            **self._scene,
        }

    def _note(self, observation: ObservationDict) -> None:
        self._points.append(_millimetres(observation["pose"][:2]))


def _millimetres(metres: Sequence[float] | FloatArray) -> list[int]:
    return [round(1000 * float(x)) for x in metres]
