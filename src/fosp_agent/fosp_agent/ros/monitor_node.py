"""Shows a bystander what happens: marks for RViz and Foxglove, pictures, and everyone's health."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fosp_msgs.msg import Action, CommandVerdict, Heartbeat, Observation, SessionState
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import Image
from visualization_msgs.msg import MarkerArray

from fosp_agent.console.board import Board, Seen
from fosp_agent.console.looking_glass import LookingGlass
from fosp_agent.control.gate_limits import ACTION_SCALE, Scale
from fosp_agent.errors import UserError
from fosp_agent.monitor.drawing import draw
from fosp_agent.monitor.health import Health
from fosp_agent.monitor.insight import Insight
from fosp_agent.monitor.pictures import blank, comparison, overlay
from fosp_agent.monitor.scene import Scene
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.board_link import BoardLink, existing
from fosp_agent.ros.conversions import (
    action_record,
    image_from_message,
    observation_record,
    verdict_record,
)
from fosp_agent.ros.gate_box import ask_for_box
from fosp_agent.ros.marker_messages import (
    marker_array,
    picture_message,
    report_of,
    status_message,
)
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import HEARTBEATS, LATCHED, RECORDED, RELIABLE, images
from fosp_agent.ros.session_messages import snapshot_of
from fosp_agent.ros.spin import run
from fosp_agent.types import ByteArray


@dataclass(frozen=True)
class MonitorConfig:
    """The parameters of the node."""

    run_dir: Path = Path()
    """Folder of the run: the weights that act are looked for in its folder ``weights``."""
    weights: Path = Path()
    """File that acts until the trainer announces another; empty: nothing is imagined before."""
    expected_nodes: tuple[str, ...] = ()
    """Reported as errors while they are silent."""
    base_frame: str = "base"
    """Frame of the marks: that of the measured pose."""
    action_scale: Scale = ACTION_SCALE
    """SI units per unit of normalised action, for the candidates' arrows."""
    rate: Annotated[float, Range(0.5, 60.0)] = 10.0
    """Of marks and pictures, at most [Hz]."""
    imagination_share: Annotated[float, Range(0.01, 1.0)] = 0.15
    """Of one core that imagining may take."""
    niceness: Annotated[int, Range(0, 19)] = 10
    """How far the monitor steps back behind the control loop."""


class MonitorNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Feeds a scene and a health record, and publishes what is drawn of them."""

    def __init__(self) -> None:
        super().__init__("monitor_node")
        self._config = config = declare(self, MonitorConfig)
        os.nice(config.niceness)
        self._scene = Scene(config.action_scale)
        self._health = Health(config.expected_nodes)
        self._board = Board(())
        BoardLink(self, self._board)
        glass = LookingGlass(self._board, config.run_dir, existing(config.weights))
        self._insight = Insight(self._board, glass, config.imagination_share)
        self._frame: Image | None = None
        self._changed, self._blind = True, ""
        self._markers = self.create_publisher(MarkerArray, topics.MONITOR_MARKERS, LATCHED)
        self._overlay = self.create_publisher(Image, topics.MONITOR_OVERLAY, RELIABLE)
        self._comparison = self.create_publisher(Image, topics.MONITOR_RECONSTRUCTION, LATCHED)
        self._summary = self.create_publisher(DiagnosticArray, topics.DIAGNOSTICS_SUMMARY, RELIABLE)
        self._state = self.create_publisher(DiagnosticStatus, topics.DIAGNOSTICS_STATE, RELIABLE)
        self._listen()
        ask_for_box(self, self._take_box)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / config.rate, self._show, clock=steady)
        self.create_timer(1.0, self._sum_up, clock=steady)

    def destroy_node(self) -> None:
        """Also have the thread that imagines begin nothing more."""
        self._insight.close()
        super().destroy_node()

    def _listen(self) -> None:
        listen = self.create_subscription
        listen(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        listen(Observation, topics.OBSERVATION, self._on_observation, RECORDED)
        listen(Action, topics.ACTION, self._on_action, RECORDED)
        listen(CommandVerdict, topics.COMMAND_VERDICT, self._on_verdict, RECORDED)
        listen(Image, topics.IMAGE, self._on_image, images("best_effort", depth=1))
        listen(Heartbeat, topics.HEARTBEAT, self._on_beat, HEARTBEATS)
        listen(DiagnosticArray, topics.DIAGNOSTICS, self._on_diagnostics, RELIABLE)

    # -- ears -------------------------------------------------------------------------------

    def _take_box(self, low: list[float], high: list[float]) -> None:
        self._scene.box = np.array(low[:3]), np.array(high[:3])
        self._changed = True

    def _on_session(self, message: SessionState) -> None:
        self._scene.hear_session(snapshot_of(message))
        self._changed = True

    def _on_observation(self, message: Observation) -> None:
        try:
            record = observation_record(message)
        except UserError as problem:
            self.get_logger().error(str(problem), throttle_duration_sec=5.0)
            return
        self._scene.see(record)
        pose = np.asarray(record.pose, np.float32)
        self._board.observation(Seen(record.episode_id, record.step, record.image, pose))
        self._changed = True

    def _on_action(self, message: Action) -> None:
        record = action_record(message)
        self._scene.ask(record)
        self._board.action(record)
        self._changed = True

    def _on_verdict(self, message: CommandVerdict) -> None:
        record = verdict_record(message)
        self._scene.answer(record)
        self._board.verdict(record)
        self._changed = True

    def _on_image(self, message: Image) -> None:
        self._frame = message
        self._changed = True

    def _on_beat(self, message: Heartbeat) -> None:
        self._health.beat(message.node, time.monotonic())

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        now = time.monotonic()
        for status in message.status:
            self._health.report(report_of(status), now)

    # -- mouth ------------------------------------------------------------------------------

    def _show(self) -> None:
        """Publish what changed, and of the pictures only those that somebody looks at."""
        if self._markers.get_subscription_count() or self._comparison.get_subscription_count():
            self._imagine()
        if not self._changed:
            return
        self._changed = False
        self._markers.publish(marker_array(draw(self._scene), self._config.base_frame))
        if self._overlay.get_subscription_count() and self._frame is not None:
            self._draw_over(self._frame)

    def _imagine(self) -> None:
        found, blind = self._insight.look(time.monotonic()), self._insight.blind
        if found is not None:
            image, vision = found
            self._scene.expect(vision)
            self._changed = True
            self._compare(comparison(image, vision))
        elif blind and blind != self._blind:
            self.get_logger().warning(blind)
            self._compare(blank(blind))
        self._blind = blind

    def _compare(self, picture: ByteArray) -> None:
        stamp = self.get_clock().now().to_msg()
        self._comparison.publish(picture_message(picture, stamp, "camera"))

    def _draw_over(self, message: Image) -> None:
        try:
            frame = image_from_message(message, topics.IMAGE)
        except UserError as problem:
            self.get_logger().error(str(problem), throttle_duration_sec=5.0)
            return
        picture = overlay(frame, self._scene, self._insight.projection)
        header = message.header
        self._overlay.publish(picture_message(picture, header.stamp, header.frame_id))

    def _sum_up(self) -> None:
        found = [status_message(one) for one in self._health.summary(time.monotonic())]
        message = DiagnosticArray(status=found)
        message.header.stamp = self.get_clock().now().to_msg()
        self._summary.publish(message)
        self._state.publish(found[0])


def main() -> None:
    """Entry point."""
    run(MonitorNode)
