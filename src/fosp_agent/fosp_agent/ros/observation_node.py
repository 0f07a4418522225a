"""Camera frame and pose in, one synchronised observation out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from fosp_msgs.msg import Observation, SessionState
from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import Image

from fosp_agent.control.frame_watch import FrameWatch, FrameWatchConfig, away_from_clock
from fosp_agent.control.image_resize import to_policy_size
from fosp_agent.control.input_watch import InputRates, InputWatch
from fosp_agent.control.observation_assembler import (
    Assembled,
    ObservationAssembler,
    PairingConfig,
)
from fosp_agent.control.policy_fit import Surface
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import (
    MessageError,
    image_from_message,
    nanoseconds,
    observation_message,
    pose_from_message,
)
from fosp_agent.ros.diagnostics import ERROR, OK, Diagnostics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import LATCHED, RECORDED, images
from fosp_agent.ros.session_messages import session_view
from fosp_agent.ros.spin import run

SETTLE = 0.2
"""A frame sent while the scene is being reset must not open the episode [s]."""


@dataclass(frozen=True)
class ObservationConfig:
    """The parameters of the node."""

    use_pose: bool = True
    """False: the robot has no pose; frames alone are observations."""
    tolerance: Annotated[float, Range(0.0, 1.0)] = 0.05
    """Largest difference between the stamps of a frame and its pose [s]."""
    min_period: Annotated[float, Range(0.0, 10.0)] = 0.0
    """Frames that follow the last observation sooner than this are left out [s]."""
    settle: Annotated[float, Range(-1.0, 10.0)] = -1.0
    """Frames of the first moments of an episode are left out, this long [s]; negative: 0.2 in
    wall-clock time, none in simulated time."""
    repeat_frames: bool = True
    """A frame received again gives the same observation again (lockstep simulation)."""
    image_size: Annotated[int, Range(16, 1024)] = 64
    """Width and height of the policy's image [pixels]."""
    base_frame: str = "base"
    """Frame that the pose is expressed in."""
    rest_rpy: Annotated[tuple[float, ...], Range(-6.2832, 6.2832)] = (0.0, 0.0, 0.0)
    """Orientation of the tool in the base frame that counts as roll = pitch = yaw = 0 [rad]."""
    image_reliability: str = "reliable"
    """Reliability asked of the camera's topic: best_effort or reliable. A frame that is larger than
    the socket's buffer seldom arrives on best effort."""
    pose_reliability: str = "reliable"
    """The same of the topic of poses."""
    silence: Annotated[float, Range(0.1, 60.0)] = 2.0
    """Warn when a topic is silent this long while an episode runs [s]."""


class ObservationNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Feeds the assembler and publishes what it completes."""

    def __init__(self) -> None:
        super().__init__("observation_node")
        self._config = config = declare(self, ObservationConfig)
        self._watch_config = declare(self, FrameWatchConfig)
        self._frames = FrameWatch(self._watch_config)
        rates = declare(self, InputRates)
        self._assembler = ObservationAssembler(
            PairingConfig(
                config.use_pose,
                config.tolerance,
                config.min_period,
                self._settle(config.settle),
                config.repeat_frames,
            )
        )
        least = {topics.IMAGE: rates.least_frames}
        if config.use_pose:
            least[topics.CURRENT_POSE] = rates.least_poses
        self._inputs = InputWatch(least)
        self._diagnostics = Diagnostics(self)
        self._heard: dict[str, float] = dict.fromkeys(least, 0.0)
        self._shape: tuple[int, ...] | None = None
        self._published = time.monotonic()
        self._observations = self.create_publisher(Observation, topics.OBSERVATION, RECORDED)
        self.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        if config.use_pose:
            poses = images(config.pose_reliability)
            self.create_subscription(PoseStamped, topics.CURRENT_POSE, self._on_pose, poses)
        frames = images(config.image_reliability)
        self.create_subscription(Image, topics.IMAGE, self._on_image, frames)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(config.silence / 2, self._watch, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)

    def _settle(self, asked: float) -> float:
        simulated = bool(self.get_parameter("use_sim_time").value)
        return asked if asked >= 0 else (0.0 if simulated else SETTLE)

    def _on_session(self, message: SessionState) -> None:
        was_running = self._assembler.running
        self._assembler.session(session_view(message))
        if self._assembler.running and not was_running:
            now = time.monotonic()
            self._published = now
            self._heard = dict.fromkeys(self._heard, now)

    def _on_image(self, message: Image) -> None:
        self._hear(topics.IMAGE)
        try:
            frame = image_from_message(message, topics.IMAGE)
            image = to_policy_size(frame, self._config.image_size)
            self._shape = image.shape
        except UserError as problem:
            self._complain(problem)
            return
        stamp_ns, now_ns = nanoseconds(message.header.stamp), self.get_clock().now().nanoseconds
        suspicious = self._frames.problem(stamp_ns, frame, int(now_ns))
        if suspicious:
            self._complain(UserError(f"{topics.IMAGE}: {suspicious}; no observation is made of it"))
            return
        self._publish(self._assembler.image(stamp_ns, image))

    def _on_pose(self, message: PoseStamped) -> None:
        self._hear(topics.CURRENT_POSE)
        if message.header.frame_id != self._config.base_frame:
            self._complain(
                MessageError(
                    f"{topics.CURRENT_POSE} is in frame '{message.header.frame_id}', expected "
                    f"'{self._config.base_frame}': set base_frame, or the driver's frame"
                )
            )
            return
        try:
            pose = pose_from_message(message.pose, topics.CURRENT_POSE, self._config.rest_rpy)
        except UserError as problem:
            self._complain(problem)
            return
        stamp_ns, now_ns = nanoseconds(message.header.stamp), self.get_clock().now().nanoseconds
        largest = self._watch_config.max_offset
        if astray := away_from_clock("poses", stamp_ns, int(now_ns), largest):
            self._complain(UserError(f"{topics.CURRENT_POSE}: {astray}; they are left out"))
            return
        self._publish(self._assembler.pose(stamp_ns, pose))

    def _publish(self, seen: Assembled | None) -> None:
        if seen is not None:
            self._published = time.monotonic()
            self._observations.publish(observation_message(seen, self._config.base_frame))

    def _hear(self, topic: str) -> None:
        now = self._heard[topic] = time.monotonic()
        self._inputs.arrived(topic, now)

    def _diagnose(self) -> None:
        now = time.monotonic()
        values = {f"{topic} [Hz]": f"{hz:.1f}" for topic, hz in self._inputs.rates(now).items()}
        shown = Surface(self._shape, 6 if self._config.use_pose else 0)
        problem = self._inputs.problem(now)
        self._diagnostics.publish(
            ERROR if problem else OK, problem or "observes", {**values, **shown.values()}
        )

    def _complain(self, problem: UserError) -> None:
        self._inputs.complain(str(problem), time.monotonic())
        self.get_logger().error(str(problem), throttle_duration_sec=5.0)

    def _watch(self) -> None:
        if not self._assembler.running:
            return
        now, silence = time.monotonic(), self._config.silence
        silent = [topic for topic, heard in self._heard.items() if now - heard > silence]
        for topic in silent:
            self.get_logger().warning(
                f"nothing on {self.resolve_topic_name(topic)} for {now - self._heard[topic]:.1f} s"
                ": is its driver running?",
                throttle_duration_sec=5.0,
            )
        if not silent and now - self._published > silence:
            self.get_logger().warning(
                f"{' and '.join(self._heard)} arrive, but no frame pairs up: do the stamps agree "
                f"within {self._config.tolerance} s, and is use_sim_time the same everywhere?",
                throttle_duration_sec=5.0,
            )


def main() -> None:
    """Entry point."""
    run(ObservationNode)
