"""One simulated robot behind the bridge: an episode at a time, a frame at a time. No ROS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
import numpy.typing as npt

from fosp_agent.errors import UserError

Vector = npt.NDArray[np.float64]
Transition = tuple[Any, float, float, bool, bool, dict[str, Any]]

ENVIRONMENTS = {
    "safereach": "fosp_sim_bridge.safereach.env",
    "safety_gymnasium": "fosp_sim_bridge.safety_gymnasium.adapter",
}
"""Module of each simulator; imported when it is chosen, for the imports are slow."""


class SimulatedRobot(Protocol):
    """What every simulator offers."""

    action_size: int
    max_steps: int

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
        """Start the episode of a seed."""
        ...

    def step(self, action: Any) -> Transition:
        """Take an action (A,) in [-1, 1]."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


@runtime_checkable
class PosedRobot(Protocol):
    """A simulator whose robot is commanded by poses."""

    @property
    def pose(self) -> Vector:
        """Measured pose (6,) [m, rad]."""
        ...

    def step_to(self, target_pose: Vector) -> Transition:
        """Move towards a pose (6,) [m, rad] for the time of one decision."""
        ...

    def hold(self) -> Transition:
        """Let the time of one decision pass without moving."""
        ...


@runtime_checkable
class FeelingRobot(Protocol):
    """A simulator whose robot feels what presses on it, once it is told to."""

    feels: bool
    contact_force: Vector
    """(3,) [N] in the base's frame, the largest within the last step."""


class UnknownEnvironment(UserError):
    """No simulator or task of this name."""


def environment_maker(name: str) -> Callable[[str], SimulatedRobot]:
    """The function that builds the robot of a task.

    Raises:
        UnknownEnvironment: lists the valid names.
    """
    if name not in ENVIRONMENTS:
        valid = ", ".join(ENVIRONMENTS)
        raise UnknownEnvironment(f"environment {name!r} is unknown; valid: {valid}")
    make: Callable[[str], SimulatedRobot] = import_module(ENVIRONMENTS[name]).make
    return make


@dataclass(frozen=True)
class Frame:
    """What the robot shows at one instant, and the simulator's truth about it."""

    episode_id: str
    """Empty between episodes."""
    step: int
    stamp_ns: int
    image: npt.NDArray[np.uint8]
    """(H, W, C)"""
    pose: Vector | None
    """(6,) [m, rad]; None for robots without a pose."""
    reward: float
    cost: float
    force: Vector | None = None
    """(3,) [N] that pressed on the robot since the last frame; None for robots without feeling."""


class Simulation:
    """Runs episodes. Stamps come in with each call; nothing moves by itself."""

    def __init__(self, make: Callable[[str], SimulatedRobot], task: str = "") -> None:
        """Build the robot of ``task`` now, or of each episode's task when it begins.

        Raises:
            UnknownEnvironment: no such task.
        """
        self._make = make
        self._task = ""
        self._robot: SimulatedRobot | None = None
        self._max_steps = 0
        self.frame: Frame | None = None
        self.ended = False
        """Whether the robot has reached the end of the episode, or the task itself ended."""
        if task:
            self._use(task)

    @property
    def posed(self) -> bool:
        """Whether the robot is commanded by poses."""
        return isinstance(self._robot, PosedRobot)

    def begin(self, episode_id: str, task: str, seed: int, max_steps: int, stamp_ns: int) -> Frame:
        """Reset to the scene of a seed.

        Raises:
            UnknownEnvironment: no such task.
        """
        robot = self._use(task)
        observation, _ = robot.reset(seed=seed)
        self._max_steps, self.ended = max_steps, False
        return self._show(episode_id, 0, stamp_ns, observation, 0.0, 0.0)

    def reach(self, target: Vector, stamp_ns: int) -> Frame:
        """One step towards a pose (6,) [m, rad]."""
        robot = self._posed_robot()
        return self._after(robot.step_to(target), stamp_ns)

    def act(self, delta: Vector, stamp_ns: int) -> Frame:
        """One step of a robot without a pose, with its own action (A,)."""
        return self._after(self._ready().step(delta.astype(np.float32)), stamp_ns)

    def hold(self, stamp_ns: int) -> Frame:
        """One step without moving."""
        robot = self._ready()
        if isinstance(robot, PosedRobot):
            return self._after(robot.hold(), stamp_ns)
        return self._after(robot.step(np.zeros(robot.action_size, np.float32)), stamp_ns)

    def rest(self, stamp_ns: int) -> Frame | None:
        """The same picture again, between episodes; None before the first episode."""
        if self.frame is None:
            return None
        nothing = None if self.frame.force is None else np.zeros(3)
        self.frame = replace(
            self.frame,
            episode_id="",
            step=0,
            stamp_ns=stamp_ns,
            reward=0.0,
            cost=0.0,
            force=nothing,
        )
        return self.frame

    def close(self) -> None:
        """Free the robot and its renderer."""
        if self._robot is not None:
            self._robot.close()
            self._robot = None

    def _use(self, task: str) -> SimulatedRobot:
        if self._robot is None or task != self._task:
            try:
                robot = self._make(task)
            except (ValueError, KeyError) as problem:
                raise UnknownEnvironment(str(problem)) from problem
            self.close()
            self._robot, self._task = robot, task
            if isinstance(robot, FeelingRobot):
                robot.feels = True
        return self._robot

    def _ready(self) -> SimulatedRobot:
        if self._robot is None:
            raise RuntimeError("no episode has begun")
        return self._robot

    def _posed_robot(self) -> PosedRobot:
        return cast(PosedRobot, self._ready())

    def _after(self, transition: Transition, stamp_ns: int) -> Frame:
        observation, reward, cost, terminated, _, _ = transition
        assert self.frame is not None
        step = self.frame.step + 1
        self.ended = terminated or step >= self._max_steps
        return self._show(self.frame.episode_id, step, stamp_ns, observation, reward, cost)

    def _show(
        self,
        episode_id: str,
        step: int,
        stamp_ns: int,
        observation: Any,
        reward: float,
        cost: float,
    ) -> Frame:
        robot = self._robot
        pose = robot.pose if isinstance(robot, PosedRobot) else None
        force = robot.contact_force if isinstance(robot, FeelingRobot) else None
        image = np.ascontiguousarray(observation["image"])
        self.frame = Frame(
            episode_id, step, stamp_ns, image, pose, float(reward), float(cost), force
        )
        return self.frame
