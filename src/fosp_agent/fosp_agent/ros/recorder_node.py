"""Writes each episode into one MCAP file while it happens."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fosp_msgs.msg import Action, CommandVerdict, EpisodeEvent, Observation, SessionState
from geometry_msgs.msg import PoseStamped, WrenchStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from fosp_agent.control.episode_recording import EpisodeRecording, Record
from fosp_agent.control.gate_limits import ACTION_SCALE, Scale
from fosp_agent.control.stream_recording import Item, PictureConfig, StreamRecording
from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.records import ObservationRecord
from fosp_agent.episodes.repair import repair
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.episodes.writer import check_space
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import (
    MessageError,
    action_record,
    observation_record,
    verdict_record,
)
from fosp_agent.ros.device_conversions import frame_of, pose_record, wrench_record
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import EVENTS, EVERY_STATE, RECORDED, images
from fosp_agent.ros.session_messages import event_message
from fosp_agent.ros.spin import run


@dataclass(frozen=True)
class RecorderConfig:
    """The parameters of the node."""

    run_dir: Path = Path()
    """Episodes go to the folder ``episodes`` in here."""
    environment: str = "safereach"
    """Written into the file."""
    action_scale: Scale = ACTION_SCALE
    """SI units per unit of normalised action; written into the file."""
    source: str = "policy"
    """Who acts, written into the file: policy, or teleop."""
    operator: str = ""
    """Who is at the robot, written into the file."""
    note: str = ""
    """The operator's notes, written into the file; may change between episodes."""
    least_free: Annotated[float, Range(0.0, 1000000.0)] = 0.5
    """An episode is not begun with less free space on the disk than this [GB]."""
    image_reliability: str = "reliable"
    """Reliability asked of the camera's topic: reliable, or best_effort where its publisher is."""
    pose_reliability: str = "reliable"
    """Reliability asked of the topics of pose and force, likewise."""
    grace: Annotated[float, Range(0.0, 60.0)] = 0.5
    """How long to wait for late messages of an episode that is over [s]."""


class RecorderNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Opens a file when an episode starts and closes it when it is over."""

    def __init__(self) -> None:
        super().__init__("recorder_node")
        self._config = declare(self, RecorderConfig)
        if self._config.run_dir == Path():
            raise UserError("recorder_node needs the parameter 'run_dir'")
        self._store = EpisodeStore(self._config.run_dir / "episodes")
        self._recording: EpisodeRecording | None = None
        self._streams = StreamRecording(declare(self, PictureConfig))
        self._close_by: float | None = None
        self._early: deque[Record] = deque(maxlen=300)
        self._told: set[str] = set()
        self._failed: dict[str, str] = {}
        self._salvage()
        self._events = self.create_publisher(EpisodeEvent, topics.EPISODE_EVENT, EVENTS)
        self.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, EVERY_STATE)
        self.create_subscription(Observation, topics.OBSERVATION, self._on_observation, RECORDED)
        self.create_subscription(Action, topics.ACTION, self._on_action, RECORDED)
        self.create_subscription(CommandVerdict, topics.COMMAND_VERDICT, self._on_verdict, RECORDED)
        quality = images(self._config.image_reliability, depth=60)
        self.create_subscription(Image, topics.IMAGE, self._on_image, quality)
        quality = images(self._config.pose_reliability, depth=500)
        self.create_subscription(PoseStamped, topics.CURRENT_POSE, self._on_pose, quality)
        self.create_subscription(WrenchStamped, topics.EXTERNAL_WRENCH, self._on_wrench, quality)
        self._abort = self.create_client(Trigger, topics.ABORT)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.1, self._close_if_done, clock=steady)

    def _salvage(self) -> None:
        """Save what an earlier recorder left unfinished."""
        for path in self._store.unfinished():
            try:
                saved = repair(path)
            except EpisodeError as problem:
                self.get_logger().error(str(problem))
            else:
                self.get_logger().warning(
                    f"{path.name} was left unfinished: saved {saved.observations} observations"
                )

    def destroy_node(self) -> None:
        """Leave an unfinished episode as a file that can be repaired."""
        if self._recording is not None:
            self._recording.writer.abort()
        super().destroy_node()

    def _on_session(self, message: SessionState) -> None:
        episode_id = message.episode_id
        if not episode_id or episode_id in self._told:
            return
        over = message.state in (SessionState.AWAITING_LABEL, SessionState.ABORTED)
        running = message.state == SessionState.RUNNING
        # A newer state may have taken the place of RUNNING before it was read: only one is kept.
        missed = over and not self._store.file(episode_id).exists()
        if self._current != episode_id and (running or missed):
            self._begin(message)
        if running:
            return
        if self._current == episode_id:
            self._close_by = self._close_by or time.monotonic() + self._config.grace
            self._close_if_done()
        elif over:
            self._tell(episode_id)

    @property
    def _current(self) -> str:
        """The episode that is being recorded; empty: none."""
        return self._recording.writer.episode_id if self._recording else ""

    def _begin(self, message: SessionState) -> None:
        if message.episode_id in self._failed:
            return
        if self._recording is not None:
            self._finish()
        if self._store.file(message.episode_id).exists():
            lost = EpisodeError(
                f"{message.episode_id}: the recorder was restarted while it ran; only what came "
                "before is kept"
            )
            self._fail(message.episode_id, lost)
            return
        metadata = {
            "environment": self._config.environment,
            "task": message.task,
            "seed": str(message.seed),
            "max_steps": str(message.max_steps),
            "learn": str(int(message.learn)),
            "source": self._config.source,
            "operator": self._config.operator,
            "note": str(self.get_parameter("note").value),
        }
        try:
            check_space(self._store.path, self._config.least_free)
            scale = self._config.action_scale
            writer = self._store.writer(message.episode_id, metadata, scale)
        except EpisodeError as problem:
            self._fail(message.episode_id, problem)
            return
        self._recording, self._close_by = EpisodeRecording(writer), None
        early = [record for record in self._early if record.episode_id == message.episode_id]
        self._early.clear()
        for record in early:
            self._add(record)

    def _on_observation(self, message: Observation) -> None:
        try:
            self._add(observation_record(message))
        except MessageError as problem:
            self.get_logger().error(str(problem), throttle_duration_sec=5.0)

    def _on_action(self, message: Action) -> None:
        self._add(action_record(message))

    def _on_verdict(self, message: CommandVerdict) -> None:
        self._add(verdict_record(message))

    def _on_image(self, message: Image) -> None:
        self._hear(frame_of(message))

    def _on_pose(self, message: PoseStamped) -> None:
        self._hear(pose_record(message))

    def _on_wrench(self, message: WrenchStamped) -> None:
        self._hear(wrench_record(message))

    def _hear(self, item: Item) -> None:
        try:
            self._streams.hear(item)
        except MessageError as problem:
            self.get_logger().error(str(problem), throttle_duration_sec=5.0)
        except EpisodeError as problem:
            assert self._recording is not None
            self._fail(self._recording.writer.episode_id, problem)

    def _add(self, record: Record) -> None:
        recording = self._recording
        if recording is None or record.episode_id != recording.writer.episode_id:
            if record.episode_id and record.episode_id not in self._told:
                self._early.append(record)
            return
        try:
            recording.add(record)
            if isinstance(record, ObservationRecord):
                self._streams.observed(recording.writer, record.stamp_ns)
        except EpisodeError as problem:
            self._fail(record.episode_id, problem)
            return
        if self._close_by is not None:
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._recording is None or self._close_by is None:
            return
        if self._recording.complete or time.monotonic() > self._close_by:
            self._finish()

    def _finish(self) -> None:
        recording, self._recording, self._close_by = self._recording, None, None
        assert recording is not None
        self._streams.end()
        episode_id = recording.writer.episode_id
        if recording.missing:
            self.get_logger().warning(f"{episode_id} was recorded without {recording.missing}")
        try:
            if recording.observed:
                recording.writer.close()
            else:
                recording.writer.abort()
        except EpisodeError as problem:
            self._fail(episode_id, problem)
        self._tell(episode_id)

    def _fail(self, episode_id: str, problem: EpisodeError) -> None:
        """What cannot be recorded is not carried out either: the episode is aborted."""
        self._recording, self._close_by = None, None
        self._streams.end()
        self._failed[episode_id] = str(problem)
        self.get_logger().error(f"{problem}; the episode is aborted")
        self._abort.call_async(Trigger.Request())

    def _tell(self, episode_id: str) -> None:
        """Say what became of the episode: a complete file, or nothing."""
        self._told.add(episode_id)
        stamp_ns = int(self.get_clock().now().nanoseconds)
        path = self._store.file(episode_id)
        if not path.exists():
            why = self._failed.get(episode_id, "nothing of the episode was recorded")
            kind = EpisodeEvent.DISCARDED
            self._events.publish(event_message(kind, episode_id, stamp_ns, detail=why))
            return
        info = self._store.info(episode_id)
        event = event_message(
            EpisodeEvent.RECORDED,
            episode_id,
            stamp_ns,
            path=str(path.resolve()),
            observations=info.observations,
            label_revision=info.label_revision,
        )
        self._events.publish(event)


def main() -> None:
    """Entry point."""
    run(RecorderNode)
