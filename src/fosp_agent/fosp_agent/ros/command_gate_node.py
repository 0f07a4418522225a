"""The only publisher of target_pose: judges every requested motion and says why."""

from __future__ import annotations

import time
from dataclasses import replace

from fosp_msgs.msg import Action, CommandVerdict, SessionState
from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import SetBool

from fosp_agent.control.command_gate import CommandGate
from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.gate_sources import RESET
from fosp_agent.control.gate_verdict import Request, Verdict
from fosp_agent.control.policy_fit import Surface
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import request_from_action, stamped_pose, verdict_message
from fosp_agent.ros.diagnostics import ERROR, OK, WARN, Diagnostics
from fosp_agent.ros.gate_surroundings import Surroundings, SurroundingsConfig
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import LATCHED, RECORDED, RELIABLE, images
from fosp_agent.ros.spin import run

LOOK_EVERY = 0.1
"""Between two looks for other gates and waiting requests [s]."""


class CommandGateNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Feeds the gate. A request that outran its pose or the session's state waits a moment."""

    def __init__(self) -> None:
        super().__init__("command_gate_node")
        self._config = declare(self, GateConfig)
        self._around_config = declare(self, SurroundingsConfig)
        self._gate = CommandGate(self._config)
        self._around = Surroundings(self, self._around_config, self._config.button_timeout)
        self._pending: dict[str, tuple[float, Request]] = {}
        self._diagnostics = Diagnostics(self)
        self._told_vetoes = 0
        self._targets = self.create_publisher(PoseStamped, topics.TARGET_POSE, RELIABLE)
        self._verdicts = self.create_publisher(CommandVerdict, topics.COMMAND_VERDICT, RECORDED)
        self.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        if self._config.use_pose:
            quality = images(self._around_config.image_reliability)
            self.create_subscription(PoseStamped, topics.CURRENT_POSE, self._on_pose, quality)
        self.create_subscription(Action, topics.ACTION, self._on_action, RELIABLE)
        self.create_service(SetBool, topics.HOLD, self._hold)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(LOOK_EVERY, self._on_timer, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)

    def _hold(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._gate.held = bool(request.data)
        words = "held: every motion is vetoed" if self._gate.held else "let go"
        response.success, response.message = True, words
        self.get_logger().info(words)
        return response

    def _on_session(self, message: SessionState) -> None:
        running = message.state == SessionState.RUNNING
        self._around.episode_id = message.episode_id if running else ""
        self._proceed()

    def _on_pose(self, message: PoseStamped) -> None:
        if self._around.hear_pose(message):
            self._proceed()

    def _on_action(self, message: Action) -> None:
        self._pending[message.source] = time.monotonic(), request_from_action(message)
        self._proceed()

    def _on_timer(self) -> None:
        self._around.look()
        self._gate.notice(self._around.state())
        self._proceed()
        now = time.monotonic()
        for source, (since, _) in list(self._pending.items()):
            if now - since > self._around_config.patience and not self._around.arming:
                self._judge(source)

    def _proceed(self) -> None:
        for source, (_, request) in list(self._pending.items()):
            if self._known(request):
                self._judge(source)

    def _known(self, request: Request) -> bool:
        """Whether everything has arrived that was sent before this request was made."""
        around = self._around
        if around.arming:
            return False
        if request.source != RESET and request.episode_id != around.episode_id:
            return False
        if not self._config.use_pose:
            return around.now_ns() >= request.stamp_ns - self._config.max_lead * 1e9
        lag_ns = self._around_config.pose_lag * 1e9
        return around.pose_stamp_ns is not None and (
            around.pose_stamp_ns >= request.stamp_ns - lag_ns
        )

    def _judge(self, source: str) -> None:
        _, request = self._pending.pop(source)
        state = self._around.state()
        alarm = state.alarm or self._around.frame_problem(request.frame_id)
        verdict = self._gate.judge(request, replace(state, alarm=alarm))
        frame, rest = self._around_config.base_frame, self._around_config.rest_rpy
        if verdict.accepted and verdict.target is not None:
            self._targets.publish(stamped_pose(verdict.target, request.stamp_ns, frame, rest))
        count = self._gate.veto_count
        self._verdicts.publish(verdict_message(verdict, state.now_ns, frame, count, rest))
        if not verdict.accepted and not verdict.repeated:
            self._complain(verdict)

    def _complain(self, verdict: Verdict) -> None:
        self.get_logger().warning(
            f"vetoed {verdict.episode_id} step {verdict.step}: {verdict.reason.name}: "
            f"{verdict.detail}",
            throttle_duration_sec=1.0,
        )

    def _diagnose(self) -> None:
        state, count = self._around.state(), self._gate.veto_count
        level, words = OK, "armed"
        if count > self._told_vetoes:
            level, words = WARN, f"{count - self._told_vetoes} vetoes in the last second"
        if self._config.use_pose and not self._config.box_min:
            level, words = ERROR, "not armed: box_min and box_max are not set"
        if state.alarm is not None:
            level, words = ERROR, f"{state.alarm[0].name}: {state.alarm[1]}"
        self._told_vetoes = count
        counts = {f"vetoes {reason.name}": n for reason, n in self._gate.vetoes.items()}
        buttons = {
            "enable button": state.operator.enable.value,
            "hold-to-run button": state.operator.dead_man.value,
        }
        taken = Surface(action_scale=tuple(self._config.action_scale)).values()
        self._diagnostics.publish(level, words, {"vetoes": count, **counts, **buttons, **taken})


def main() -> None:
    """Entry point."""
    run(CommandGateNode)
