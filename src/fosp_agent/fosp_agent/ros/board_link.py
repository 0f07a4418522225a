"""What a board shows, heard in the ROS graph."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fosp_msgs.msg import (
    Action,
    ArmStatus,
    CommandVerdict,
    EpisodeEvent,
    Heartbeat,
    Observation,
    SessionState,
    TrainingProgress,
    WeightsAnnouncement,
    WeightsStatus,
)
from rclpy.node import Node

from fosp_agent.console.board import Board, Seen
from fosp_agent.errors import UserError
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import action_record, image_from_message, verdict_record
from fosp_agent.ros.qos import EVENTS, HEARTBEATS, LATCHED, RECORDED, RELIABLE
from fosp_agent.ros.session_messages import snapshot_of

EVENT_NAMES = {
    EpisodeEvent.STARTED: "STARTED",
    EpisodeEvent.RECORDED: "RECORDED",
    EpisodeEvent.LABELLED: "LABELLED",
    EpisodeEvent.DISCARDED: "DISCARDED",
    EpisodeEvent.LEARNED: "LEARNED",
}


class BoardLink:
    """Feeds a board. Callbacks run on the spinning thread."""

    def __init__(self, node: Node, board: Board) -> None:
        """Listen to what is small; to the robot itself only when `hear_robot` says so."""
        self._node, self._board = node, board
        self._robot_side: list[Any] = []
        listen = self._node.create_subscription
        listen(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        listen(EpisodeEvent, topics.EPISODE_EVENT, self._on_event, EVENTS)
        listen(WeightsAnnouncement, topics.WEIGHTS, self._on_weights, LATCHED)
        listen(WeightsStatus, topics.WEIGHTS_STATUS, self._on_status, LATCHED)
        listen(TrainingProgress, topics.TRAINING_PROGRESS, self._on_progress, RELIABLE)
        listen(Heartbeat, topics.HEARTBEAT, self._on_beat, HEARTBEATS)

    def hear_robot(self, wanted: bool) -> None:
        """Listen to observations, actions and verdicts, or no longer. On the spinning thread."""
        if wanted == bool(self._robot_side):
            return
        if not wanted:
            for subscription in self._robot_side:
                self._node.destroy_subscription(subscription)
            self._robot_side = []
            self._board.recovery("")
            return
        listen = self._node.create_subscription
        self._robot_side = [
            listen(Observation, topics.OBSERVATION, self._on_observation, RELIABLE),
            listen(Action, topics.ACTION, self._on_action, RECORDED),
            listen(CommandVerdict, topics.COMMAND_VERDICT, self._on_verdict, RECORDED),
            listen(ArmStatus, topics.ARM_STATUS, self._on_arm, RELIABLE),
        ]

    def _on_session(self, message: SessionState) -> None:
        self._board.session(snapshot_of(message))

    def _on_event(self, message: EpisodeEvent) -> None:
        self._board.event(
            {
                "kind": EVENT_NAMES.get(message.type, str(message.type)),
                "episode_id": message.episode_id,
                "revision": message.label_revision,
                "detail": message.detail,
            }
        )
        if message.type == EpisodeEvent.LEARNED:
            self._board.progress(None)

    def _on_weights(self, message: WeightsAnnouncement) -> None:
        self._board.weights(
            "announced",
            {
                "version": message.version,
                "sha256": message.sha256,
                "updates": message.updates,
                "preset": message.preset,
                "path": message.path,
                "episode_id": message.episode_id,
            },
        )

    def _on_status(self, message: WeightsStatus) -> None:
        self._board.weights(
            "acting",
            {
                "version": message.version,
                "sha256": message.sha256,
                "loaded": message.loaded,
                "message": message.message,
            },
        )

    def _on_progress(self, message: TrainingProgress) -> None:
        self._board.progress(
            {
                "episode_id": message.episode_id,
                "done": message.updates_done,
                "total": message.updates_total,
            }
        )

    def _on_beat(self, message: Heartbeat) -> None:
        self._board.beat(message.node, time.monotonic())

    def _on_observation(self, message: Observation) -> None:
        self._told(self._see, message)

    def _see(self, message: Observation) -> None:
        image = image_from_message(message.image)
        pose = np.asarray(message.pose, np.float32)
        self._board.observation(Seen(message.episode_id, message.step, image, pose))

    def _on_action(self, message: Action) -> None:
        self._board.action(action_record(message))

    def _on_verdict(self, message: CommandVerdict) -> None:
        self._board.verdict(verdict_record(message))

    def _on_arm(self, message: ArmStatus) -> None:
        asks = message.mode == ArmStatus.REFLEX or topics.RECOVER in message.detail
        words = message.detail or "the arm stopped by itself"
        self._board.recovery(words if asks and not message.ready else "")

    def _told(self, take: Callable[[Any], None], message: Any) -> None:
        try:
            take(message)
        except UserError as problem:
            self._node.get_logger().error(str(problem), throttle_duration_sec=5.0)


def existing(path: Path) -> Path | None:
    """The path where it is a file."""
    return path if path != Path() and path.is_file() else None
