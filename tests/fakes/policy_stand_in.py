"""A process that acts without learning: scripted actions, and weights that it claims to have."""

from __future__ import annotations

import argparse
import sys

import numpy as np
from fosp_msgs.msg import Action, Observation, SessionState, WeightsStatus
from rclpy.node import Node

from fosp_agent.ros.qos import LATCHED, RECORDED, RELIABLE
from fosp_agent.ros.spin import run

SCALE = np.array([0.01, 0.01, 0.01, 0.05, 0.05, 0.05])


def scripted_action(seed: int, step: int, size: int = 6) -> np.ndarray:
    """The normalised action (A,) of a step: float32 numbers, a function of seed and step."""
    drawn = np.random.default_rng([seed, step]).uniform(-1.0, 1.0, size)
    drift = np.zeros(size)
    drift[0] = 0.8
    return np.clip(drawn + drift, -1.0, 1.0).astype(np.float32)


class PolicyStandIn(Node):
    def __init__(self, size: int, nan_at: int, silent_from: int) -> None:
        super().__init__("policy_node")
        self._size = size
        self._nan_at = nan_at
        self._silent_from = silent_from
        self._episode_id, self._seed = "", 0
        self._actions = self.create_publisher(Action, "action", RECORDED)
        self._status = self.create_publisher(WeightsStatus, "weights_status", LATCHED)
        self.create_subscription(SessionState, "session_state", self._on_session, LATCHED)
        self.create_subscription(Observation, "observation", self._on_observation, RELIABLE)
        self._status.publish(WeightsStatus(version=1, sha256="stand-in", loaded=True))

    def _on_session(self, message: SessionState) -> None:
        self._episode_id, self._seed = message.episode_id, message.seed

    def _on_observation(self, message: Observation) -> None:
        if message.episode_id != self._episode_id:
            return  # its seed has not been heard yet; in lockstep the observation comes again
        if message.is_last or not message.episode_id or message.step >= self._silent_from:
            return
        normalized = scripted_action(self._seed, message.step, self._size).astype(np.float64)
        if message.step == self._nan_at:
            normalized[0] = np.nan
        delta = normalized * SCALE if self._size == 6 else normalized
        self._actions.publish(
            Action(
                header=message.header,
                episode_id=message.episode_id,
                step=message.step,
                source=Action.POLICY,
                delta=delta.tolist(),
                normalized=normalized.tolist(),
            )
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=6)
    parser.add_argument(
        "--nan-at", type=int, default=-1, help="step of an action that is not finite"
    )
    parser.add_argument(
        "--silent-from", type=int, default=sys.maxsize, help="step from which on it does not act"
    )
    options = parser.parse_args()
    run(lambda: PolicyStandIn(options.size, options.nan_at, options.silent_from))
