"""What must be in order around the robot before an episode may start."""

from __future__ import annotations

from dataclasses import dataclass

from fosp_agent.control.verbs import ROBOT_VERBS


@dataclass(frozen=True)
class Requirements:
    """Which of it is asked for."""

    reset: bool
    """The arm must be back at its start pose."""
    scene: bool
    """A person must have said that the scene is set."""
    preflight: bool = False
    """No line of the preflight may be red."""


class Readiness:
    """Keeps what the arm, the reset and the person said since the last episode began."""

    def __init__(self) -> None:
        self._arm_problem = ""
        self._reset_for: str | None = None
        """The episode after which the arm was brought back; None: not yet."""
        self._reset_words = ""
        self._moving = False
        self._scene_set = False
        self._preflight = "preflight: not looked yet"

    def checked(self, problem: str) -> None:
        """The preflight found this wrong; empty: nothing."""
        self._preflight = problem

    def arm(self, ready: bool, detail: str) -> None:
        """The arm said how it is."""
        self._arm_problem = "" if ready else detail or "the arm does not follow targets"

    def reset(self, after_episode: str, *, done: bool, moving: bool, detail: str) -> None:
        """The reset said where it stands."""
        self._moving, self._reset_words = moving, detail
        self._reset_for = after_episode if done else None

    def scene_set(self) -> str:
        """A person says that the scene is set. Returns why that is not taken; empty when it is."""
        if self._moving:
            return "the arm is moving to its start pose: stay clear, and call again when it stands"
        self._scene_set = True
        return ""

    def episode_began(self) -> None:
        """What was in order before an episode is not after it."""
        self._scene_set, self._reset_for = False, None

    @property
    def arm_problem(self) -> str:
        """Why the arm does not follow targets; empty when it does."""
        return self._arm_problem

    def problem(self, required: Requirements, last_episode: str) -> str:
        """What is not in order and what to do; empty when all is."""
        if self._arm_problem:
            return self._arm_problem
        if required.preflight and self._preflight:
            return self._preflight
        if required.reset and self._reset_for != last_episode:
            if self._moving:
                return "the arm to reach its start pose"
            words = f" ({self._reset_words})" if self._reset_words else ""
            return f"the arm is not at its start pose{words}: call {ROBOT_VERBS['reset'].call}"
        if required.scene and not self._scene_set:
            return f"the scene to be set: call {ROBOT_VERBS['ready'].call} when it is"
        return ""
