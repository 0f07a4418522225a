"""The operator's episodes: started, stopped and dropped by buttons, labelled by what was marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fosp_msgs.msg import EpisodeEvent, SessionState
from fosp_msgs.srv import LabelEpisode
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import Trigger

from fosp_agent.control.operator_device import Function
from fosp_agent.control.teleop import Teleop
from fosp_agent.ros import topics
from fosp_agent.ros.session_messages import span_message


class TeleopEpisodes:
    """Calls the session and the labels on the operator's behalf."""

    def __init__(self, node: Node, teleop: Teleop, label: bool, labeller: str, note: str) -> None:
        self._node = node
        self._teleop = teleop
        self._label_marks = label
        self._labeller = labeller
        self._note = note
        self._running = ""
        self._last = ""
        """The newest episode whose file is complete."""
        self._observations: dict[str, int] = {}
        self._labelled: set[str] = set()
        self._session_calls = {
            name: node.create_client(Trigger, name)
            for name in (topics.START_EPISODE, topics.STOP_EPISODE, topics.ABORT)
        }
        self._labels = node.create_client(LabelEpisode, topics.LABEL_EPISODE)
        self._on_press: dict[Function, Callable[[], None]] = {
            Function.START: self._start,
            Function.STOP: self._stop,
            Function.DISCARD: self._discard,
        }

    def session(self, message: SessionState) -> None:
        """The session changed."""
        self._running = message.episode_id if message.state == SessionState.RUNNING else ""
        if not self._running:
            self._teleop.over()

    def event(self, message: EpisodeEvent) -> None:
        """Something happened to an episode."""
        if message.type in (EpisodeEvent.LABELLED, EpisodeEvent.DISCARDED):
            self._labelled.add(message.episode_id)
        if message.type != EpisodeEvent.RECORDED or message.label_revision:
            return
        self._last = message.episode_id
        self._observations[self._last] = int(message.observations)
        if self._teleop.dropped(self._last) or self._label_marks:
            self._label(self._last)

    def pressed(self, function: Function) -> None:
        """A button went down."""
        act = self._on_press.get(function)
        if act is not None:
            act()

    def _start(self) -> None:
        if not self._running:
            self._call(topics.START_EPISODE)

    def _stop(self) -> None:
        if self._running:
            self._call(topics.STOP_EPISODE)

    def _discard(self) -> None:
        """The running episode; else the last one, labelled or not."""
        if self._running:
            self._teleop.drop(self._running)
            self._call(topics.ABORT)
        elif self._last:
            self._teleop.drop(self._last)
            self._label(self._last)

    def _call(self, name: str) -> None:
        client = self._session_calls[name]
        if not client.service_is_ready():
            self._node.get_logger().error(f"nobody answers {client.srv_name}: is session_node up?")
            return
        future = client.call_async(Trigger.Request())
        future.add_done_callback(lambda done: self._on_session_answer(name, done))

    def _on_session_answer(self, name: str, done: Future) -> None:
        answer = done.result()
        log = self._node.get_logger()
        if answer is not None and answer.success:
            log.info(f"{name}: {answer.message}")
        else:
            log.warning(f"{name} was refused: {answer.message if answer else 'no answer'}")

    def _label(self, episode_id: str) -> None:
        if not self._labels.service_is_ready():
            self._node.get_logger().error(
                f"{episode_id} keeps waiting for its label: nobody answers "
                f"{self._labels.srv_name}; is label_node up? then: ./safereach label {episode_id}"
            )
            return
        dropped = self._teleop.dropped(episode_id)
        spans = self._teleop.spans(episode_id, self._observations[episode_id])
        request = LabelEpisode.Request(
            episode_id=episode_id,
            spans=[span_message(span) for span in spans],
            relabel=episode_id in self._labelled,
            discard=dropped,
            labeller=self._labeller,
            note=self._note,
        )
        future = self._labels.call_async(request)
        future.add_done_callback(lambda done: self._on_label_answer(episode_id, done))

    def _on_label_answer(self, episode_id: str, done: Future) -> None:
        answer: Any = done.result()
        log = self._node.get_logger()
        if answer is not None and answer.success:
            log.info(answer.message)
        else:
            why = answer.message if answer else "no answer"
            log.error(f"{episode_id} was not labelled: {why}")
