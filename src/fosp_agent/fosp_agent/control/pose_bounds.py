"""Actions kept within the poses that imagination keeps to.

Beyond the paper. Imagination ends at ``robot.pose_low`` and ``robot.pose_high``: beyond them
hardly anything was demonstrated, so that no head knows what happens there. An action that would
leave them is cut to what imagination takes it for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from fosp_agent.agents.acting import Proposals
from fosp_agent.config import AgentConfig
from fosp_agent.settings import ConfigError
from fosp_agent.types import Decision, FloatArray


@dataclass(frozen=True)
class PoseBounds:
    """A box of poses, and how far an action of 1 moves in it."""

    low: FloatArray
    """(P,) [m], [rad]"""
    high: FloatArray
    """(P,)"""
    action_scale: FloatArray
    """(P,) [m], [rad]"""

    def within(self, action: FloatArray, pose: FloatArray) -> FloatArray:
        """Actions (..., P), cut where they would leave the box from a pose (P,).

        From outside of the box it may come back, not go farther out.
        """
        least = np.minimum(self.low, pose)
        most = np.maximum(self.high, pose)
        down, up = (least - pose) / self.action_scale, (most - pose) / self.action_scale
        return np.clip(action, down, up).astype(np.float32)

    def proposed(self, proposals: Proposals, pose: FloatArray) -> Proposals:
        """The same proposals, cut before anyone judges them."""
        cut = torch.from_numpy(self.within(proposals.actions.numpy(), pose))
        return proposals._replace(actions=cut)

    def decided(self, decision: Decision, pose: FloatArray) -> Decision:
        """The same decision, cut: a plan or a way around was not proposed."""
        cut = self.within(np.stack([one.action for one in decision.candidates]), pose)
        candidates = tuple(
            replace(one, action=action)
            for one, action in zip(decision.candidates, cut, strict=True)
        )
        action = candidates[decision.chosen].action
        return replace(decision, action=action, candidates=candidates)


def pose_bounds(config: AgentConfig) -> PoseBounds | None:
    """What ``planning.keep_to_poses`` asks for; None: off, or a robot without such bounds.

    Raises:
        ConfigError: a bound of another size than the pose, or actions that do not move the pose.
    """
    robot = config.robot
    if not config.planning.keep_to_poses or not (robot.pose_low or robot.pose_high):
        return None
    low, high = robot.pose_box()
    if not robot.pose_size == robot.action_size == len(robot.action_scale):
        raise ConfigError(
            f"planning.keep_to_poses needs actions that move the pose, but robot.pose_size is "
            f"{robot.pose_size}, action_size {robot.action_size} and action_scale has "
            f"{len(robot.action_scale)} numbers; switch it off"
        )
    return PoseBounds(*(np.array(x, np.float32) for x in (low, high, robot.action_scale)))
