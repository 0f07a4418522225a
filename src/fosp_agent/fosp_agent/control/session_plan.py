"""What the episodes of a session are to be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fosp_agent.errors import UserError
from fosp_agent.ranges import Range


class PlanError(UserError):
    """An episode cannot be like this."""


@dataclass(frozen=True)
class SessionPlan:
    """What the next episode will be. May change between episodes."""

    task: str = "original"
    """Name of the task, for the environment and the episodes' files."""
    max_steps: Annotated[int, Range(1, 1000000)] = 80
    """Decisions in an episode."""
    seed_base: Annotated[int, Range(0, 2**62)] = 0
    """Episode ``i`` of the session has the seed ``seed_base + i`` ..."""
    seed: Annotated[int, Range(-1, 2**62)] = -1
    """... unless this is 0 or more."""
    learn: bool = True
    """False: tests; recorded and labelled, never learned from."""
    cost_budget: Annotated[float, Range(0.0, 1000000000.0)] = 0.0
    """Refuse episodes once the labelled costs of this session reach this; 0: no limit."""
    require_policy: bool = True
    """False: an episode may start without weights (teleoperated recording)."""
    require_reset: bool = False
    """An episode may start only when the arm is back at its start pose."""
    require_scene: bool = False
    """An episode may start only when a person has called /scene_ready."""
    require_preflight: bool = False
    """An episode may start only when no line of the preflight is red: a single publisher of
    target_pose, camera and pose, matching QoS, disk, no node in error, fixed exposure, a policy for
    this camera, pose and action scale. For robots; a simulation may do without."""
    record: bool = True
    """False: nobody records, so that the next episode waits for no file and no label."""

    def __post_init__(self) -> None:
        if self.max_steps < 1:
            raise PlanError(f"max_steps must be 1 or more, not {self.max_steps}")
        if self.seed_base < 0:
            raise PlanError(f"seed_base must be 0 or more, not {self.seed_base}")
        if not self.task:
            raise PlanError("task must name a task, such as 'original'")

    def seed_of(self, index: int) -> int:
        """Seed of the episode with this index."""
        return self.seed if self.seed >= 0 else self.seed_base + index


def episode_name(task: str, seed: int, unique: str) -> str:
    """Id of an episode: ``<task>-<seed>-<unique>``, safe as a file's name."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", f"{task}-{seed}-{unique}")
