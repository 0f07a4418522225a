"""What the session hears of the robot's side: the arm's status, the reset, the scene."""

from __future__ import annotations

import time
from collections.abc import Callable

from fosp_msgs.msg import ArmStatus, ResetStatus
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import Trigger

from fosp_agent.control.session import Session
from fosp_agent.control.session_state import Effects
from fosp_agent.ros import topics
from fosp_agent.ros.qos import LATCHED, RELIABLE

SILENCE = 1.0
"""An arm that was heard once and is silent for this long does not follow targets [s]."""


class RobotSide:
    """Turns what is heard into news for the session."""

    def __init__(self, node: Node, session: Session, carry_out: Callable[[Effects], None]) -> None:
        self._session = session
        self._carry_out = carry_out
        self._heard: float | None = None
        self._last: tuple[bool, str] | None = None
        node.create_subscription(ArmStatus, topics.ARM_STATUS, self._on_arm, RELIABLE)
        node.create_subscription(ResetStatus, topics.RESET_STATUS, self._on_reset, LATCHED)
        node.create_service(Trigger, topics.SCENE_READY, self._scene_ready)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(SILENCE / 4, self._watch, clock=steady)

    def _on_arm(self, message: ArmStatus) -> None:
        self._heard = time.monotonic()
        self._arm(message.ready, message.detail)

    def _watch(self) -> None:
        if self._heard is not None and time.monotonic() - self._heard > SILENCE:
            self._arm(False, f"nothing on {topics.ARM_STATUS}: is the arm's node running?")

    def _arm(self, ready: bool, detail: str) -> None:
        if (ready, detail) == self._last:
            return
        self._last = (ready, detail)
        self._session.readiness.arm(ready, detail)
        self._carry_out(self._session.prepared())

    def _on_reset(self, message: ResetStatus) -> None:
        self._session.readiness.reset(
            message.after_episode,
            done=message.state == ResetStatus.DONE,
            moving=message.state == ResetStatus.MOVING,
            detail=message.detail,
        )
        self._carry_out(self._session.prepared())

    def _scene_ready(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        refusal = self._session.readiness.scene_set()
        self._carry_out(self._session.prepared())
        response.success = not refusal
        response.message = refusal or f"waiting for {self._session.snapshot.waiting_for}"
        return response
