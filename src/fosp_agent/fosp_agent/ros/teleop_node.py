"""The operator drives: device in, actions, buttons, episodes and labels out."""

from __future__ import annotations

import time
from dataclasses import dataclass

from fosp_msgs.msg import Action, EpisodeEvent, Observation, SessionState
from geometry_msgs.msg import Twist
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import Joy
from std_msgs.msg import Bool

from fosp_agent.control.operator_device import (
    DeviceConfig,
    DeviceError,
    Function,
    OperatorDevice,
)
from fosp_agent.control.teleop import Teleop, TeleopConfig
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import nanoseconds
from fosp_agent.ros.device_conversions import teleop_action
from fosp_agent.ros.diagnostics import ERROR, OK, WARN, Diagnostics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import EVENTS, LATCHED, RECORDED, RELIABLE
from fosp_agent.ros.spin import run
from fosp_agent.ros.teleop_episodes import TeleopEpisodes

TICK = 0.04
"""Buttons are repeated this often: the gate takes a held one that is silent for gone [s]."""


@dataclass(frozen=True)
class InputConfig:
    """Where the device speaks, and what becomes of the marks."""

    joy_topic: str = "joy"
    """sensor_msgs/Joy of the device: its buttons, and its axes unless twist_topic is given."""
    twist_topic: str = ""
    """geometry_msgs/Twist of the device, such as spacenav/twist: linear x, y, z, angular x, y, z
    are its six axes. Empty: the axes of joy_topic."""
    keys_topic: str = ""
    """sensor_msgs/Joy of `./safereach keyboard` beside a device with too few buttons: those of
    episodes and marks count, the motions do not. Empty: none."""
    base_frame: str = "base"
    """Frame of the motions."""
    label: bool = True
    """Label each recorded episode with what was marked while it ran."""
    labeller: str = "operator"
    """Written into the labels."""
    note: str = ""
    """The operator's notes, written into the labels."""


class TeleopNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Feeds the device and the teleoperation, publishes what they answer."""

    def __init__(self) -> None:
        super().__init__("teleop_node")
        self._device = OperatorDevice(declare(self, DeviceConfig))
        self._config = config = declare(self, InputConfig)
        self._keys = OperatorDevice(DeviceConfig())
        self._teleop = Teleop(declare(self, TeleopConfig), self._device, [self._keys])
        self._episodes = TeleopEpisodes(
            self, self._teleop, config.label, config.labeller, config.note
        )
        self._diagnostics = Diagnostics(self)
        self._actions = self.create_publisher(Action, topics.ACTION, RECORDED)
        self._enable = self.create_publisher(Bool, topics.ENABLE, RELIABLE)
        self._hold_to_run = self.create_publisher(Bool, topics.DEAD_MAN, RELIABLE)
        self.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        self.create_subscription(EpisodeEvent, topics.EPISODE_EVENT, self._on_event, EVENTS)
        self.create_subscription(Observation, topics.OBSERVATION, self._on_observation, RELIABLE)
        self.create_subscription(Joy, config.joy_topic, self._on_joy, RELIABLE)
        if config.twist_topic:
            self.create_subscription(Twist, config.twist_topic, self._on_twist, RELIABLE)
        if config.keys_topic:
            self.create_subscription(Joy, config.keys_topic, self._on_keys, RELIABLE)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(TICK, self._tick, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)

    def _on_session(self, message: SessionState) -> None:
        self._episodes.session(message)

    def _on_event(self, message: EpisodeEvent) -> None:
        self._episodes.event(message)

    def _on_joy(self, message: Joy) -> None:
        now = time.monotonic()
        if not self._config.twist_topic:
            self._axes(list(message.axes), now)
        self._device.buttons(list(message.buttons), now)
        self._press(now)

    def _on_keys(self, message: Joy) -> None:
        now = time.monotonic()
        self._keys.buttons(list(message.buttons), now)
        self._press(now)

    def _on_twist(self, message: Twist) -> None:
        one, two = message.linear, message.angular
        self._axes([one.x, one.y, one.z, two.x, two.y, two.z], time.monotonic())

    def _axes(self, values: list[float], now: float) -> None:
        try:
            self._device.axes(values, now)
        except DeviceError as problem:
            self.get_logger().error(str(problem), throttle_duration_sec=5.0)

    def _on_observation(self, message: Observation) -> None:
        stamp_ns = nanoseconds(message.header.stamp)
        now = time.monotonic()
        self._teleop.observed(message.episode_id, message.step, stamp_ns, message.is_last, now)
        self._ask(now)

    def _tick(self) -> None:
        now = time.monotonic()
        self._say(self._enable, Function.ENABLE, now)
        self._say(self._hold_to_run, Function.HOLD_TO_RUN, now)
        self._ask(now)

    def _press(self, now: float) -> None:
        for function in self._teleop.listen(now):
            self._episodes.pressed(function)

    def _say(self, publisher: object, function: Function, now: float) -> None:
        state = self._teleop.button(function, now)
        if state is not None:
            publisher.publish(Bool(data=state))  # type: ignore[attr-defined]

    def _ask(self, now: float) -> None:
        request = self._teleop.request(now)
        if request is not None:
            self._actions.publish(teleop_action(request, self._config.base_frame))

    def _diagnose(self) -> None:
        now = time.monotonic()
        problem = self._device.problem(now)
        gone = self._device.silent(now)
        if gone:
            self.get_logger().error(problem, throttle_duration_sec=5.0)
        elif problem:
            self.get_logger().warning(problem, throttle_duration_sec=5.0)
        values = {
            "enable": self._teleop.button(Function.ENABLE, now),
            "motion": " ".join(f"{part:+.2f}" for part in self._device.motion(now)),
        }
        level = ERROR if gone else (WARN if problem else OK)
        self._diagnostics.publish(level, problem or "the device speaks", values)


def main() -> None:
    """Entry point."""
    run(TeleopNode)
