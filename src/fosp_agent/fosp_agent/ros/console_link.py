"""The console's ears and hands in the ROS graph."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fosp_msgs.msg import (
    Action,
    CommandVerdict,
    EpisodeEvent,
    Heartbeat,
    LabelSpan,
    Observation,
    SessionState,
    TrainingProgress,
    WeightsAnnouncement,
    WeightsStatus,
)
from fosp_msgs.srv import LabelEpisode, RollbackWeights
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from fosp_agent.console.board import Board, Seen
from fosp_agent.console.protocol import GiveLabel
from fosp_agent.console.robot import Answer
from fosp_agent.control.session import Phase, Snapshot
from fosp_agent.errors import UserError
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import action_record, image_from_message, verdict_record
from fosp_agent.ros.qos import EVENTS, HEARTBEATS, LATCHED, RECORDED, RELIABLE

PATIENCE = 5.0
"""How long a service may take to answer [s]."""
TRIGGERS = {
    "start": topics.START_EPISODE,
    "stop": topics.STOP_EPISODE,
    "abort": topics.ABORT,
}
HOLDS = {"hold": True, "release": False}
KINDS = {"reward": LabelSpan.REWARD, "cost": LabelSpan.COST}
EVENT_NAMES = {
    EpisodeEvent.STARTED: "STARTED",
    EpisodeEvent.RECORDED: "RECORDED",
    EpisodeEvent.LABELLED: "LABELLED",
    EpisodeEvent.DISCARDED: "DISCARDED",
    EpisodeEvent.LEARNED: "LEARNED",
}


class ConsoleLink:
    """Feeds the board; serves as the console's `Robot`. Callbacks run on the spinning thread."""

    def __init__(self, node: Node, board: Board) -> None:
        """Listen to what is small; to the robot itself only while a page is open."""
        self._node, self._board = node, board
        self._robot_side: list[Any] = []
        self._triggers = {k: node.create_client(Trigger, name) for k, name in TRIGGERS.items()}
        self._hold = node.create_client(SetBool, topics.HOLD)
        self._label = node.create_client(LabelEpisode, topics.LABEL_EPISODE)
        self._rollback = node.create_client(RollbackWeights, topics.ROLLBACK_WEIGHTS)
        self._listen()

    def _listen(self) -> None:
        listen = self._node.create_subscription
        listen(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        listen(EpisodeEvent, topics.EPISODE_EVENT, self._on_event, EVENTS)
        listen(WeightsAnnouncement, topics.WEIGHTS, self._on_weights, LATCHED)
        listen(WeightsStatus, topics.WEIGHTS_STATUS, self._on_status, LATCHED)
        listen(TrainingProgress, topics.TRAINING_PROGRESS, self._on_progress, RELIABLE)
        listen(Heartbeat, topics.HEARTBEAT, self._on_beat, HEARTBEATS)

    # -- as the console's robot -------------------------------------------------------------

    async def command(self, what: str) -> Answer:
        """Start, stop, abort, hold or release."""
        if what in HOLDS:
            answer = await self._call(self._hold, SetBool.Request(data=HOLDS[what]))
            if answer.ok:
                self._board.held(HOLDS[what])
            return answer
        return await self._call(self._triggers[what], Trigger.Request())

    async def label(self, label: GiveLabel, relabel: bool) -> Answer:
        """Call /label_episode."""
        spans = [
            LabelSpan(kind=KINDS[span.kind], first=span.first, last=span.last, value=1.0)
            for span in label.spans
            if 0 <= span.first <= span.last
        ]
        if len(spans) != len(label.spans):
            return Answer(False, "a span ends before it begins")
        request = LabelEpisode.Request(
            episode_id=label.episode_id,
            spans=spans,
            relabel=relabel,
            discard=label.discard,
            labeller=label.labeller,
            note=label.note,
        )
        return await self._call(self._label, request)

    async def roll_back(self, version: int) -> Answer:
        """Call /rollback_weights."""
        return await self._call(self._rollback, RollbackWeights.Request(version=version))

    def attend(self, pages: int, watching: int) -> None:  # noqa: ARG002 - part of the protocol
        """Listen to the robot while any page is open."""
        wanted = pages > 0
        executor = self._node.executor
        if executor is not None:
            executor.create_task(self._hear_robot, wanted)

    def _hear_robot(self, wanted: bool) -> None:
        if wanted == bool(self._robot_side):
            return
        if not wanted:
            for subscription in self._robot_side:
                self._node.destroy_subscription(subscription)
            self._robot_side = []
            return
        listen = self._node.create_subscription
        self._robot_side = [
            listen(Observation, topics.OBSERVATION, self._on_observation, RELIABLE),
            listen(Action, topics.ACTION, self._on_action, RECORDED),
            listen(CommandVerdict, topics.COMMAND_VERDICT, self._on_verdict, RECORDED),
        ]

    async def _call(self, client: Any, request: Any) -> Answer:
        """Call a service from the event loop."""
        name = client.srv_name
        if not client.service_is_ready():
            return Answer(False, f"nobody serves {name}: is its node running?")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def pass_on(future: Any) -> None:
            def settle() -> None:
                if not done.done():
                    done.set_result(future.result())

            loop.call_soon_threadsafe(settle)

        future = client.call_async(request)
        future.add_done_callback(pass_on)
        try:
            response = await asyncio.wait_for(done, PATIENCE)
        except asyncio.TimeoutError:
            client.remove_pending_request(future)
            return Answer(False, f"{name} gave no answer within {PATIENCE:.0f} s")
        revision = int(getattr(response, "revision", 0))
        return Answer(bool(response.success), str(response.message), revision)

    # -- ears -------------------------------------------------------------------------------

    def _on_session(self, message: SessionState) -> None:
        self._board.session(
            Snapshot(
                phase=Phase(message.state),
                episode_id=message.episode_id,
                index=message.episode_index,
                seed=message.seed,
                task=message.task,
                max_steps=message.max_steps,
                learn=message.learn,
                waiting_for=message.waiting_for,
                cost_spent=message.cost_spent,
                cost_budget=message.cost_budget,
            )
        )

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

    def _told(self, take: Callable[[Any], None], message: Any) -> None:
        try:
            take(message)
        except UserError as problem:
            self._node.get_logger().error(str(problem), throttle_duration_sec=5.0)


def existing(path: Path) -> Path | None:
    """The path where it is a file."""
    return path if path != Path() and path.is_file() else None
