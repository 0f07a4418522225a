"""What the running stack says, gathered for an operator who waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from fosp_msgs.msg import (
    Action,
    EpisodeEvent,
    SessionState,
    TrainingProgress,
    WeightsAnnouncement,
    WeightsStatus,
)
from rclpy.node import Node
from std_srvs.srv import Trigger

from fosp_agent.errors import UserError
from fosp_agent.ros import topics
from fosp_agent.ros.qos import EVENTS, EVERY_STATE, LATCHED, RELIABLE


class StackStalled(UserError):
    """The stack does not go on; the message says who is missing or what is awaited."""


class StackWatch:
    """Listens on the executor's thread; ``wait_until`` and ``call`` belong to another one."""

    def __init__(self, node: Node, expected: Iterable[str], missing_patience: float) -> None:
        """Watch through ``node``.

        Args:
            expected: names of the nodes that must be there.
            missing_patience: how long one may be away before waiting is given up [s].
        """
        self._node = node
        self._expected = tuple(expected)
        self._patience = missing_patience
        self._changed = threading.Condition()
        self._heard = time.monotonic()
        self._seen = dict.fromkeys(self._expected, self._heard)
        self.session: SessionState | None = None
        self.announced: WeightsAnnouncement | None = None
        self.acting: WeightsStatus | None = None
        self.events: dict[tuple[str, int], EpisodeEvent] = {}
        self.aborted: set[str] = set()
        self.actors: dict[str, dict[int, str]] = {}
        self._start = node.create_client(Trigger, topics.START_EPISODE)
        self._abort = node.create_client(Trigger, topics.ABORT)
        node.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, EVERY_STATE)
        node.create_subscription(EpisodeEvent, topics.EPISODE_EVENT, self._on_event, EVENTS)
        node.create_subscription(WeightsAnnouncement, topics.WEIGHTS, self._on_announced, LATCHED)
        node.create_subscription(WeightsStatus, topics.WEIGHTS_STATUS, self._on_status, LATCHED)
        node.create_subscription(Action, topics.ACTION, self._on_action, RELIABLE)
        node.create_subscription(
            TrainingProgress, topics.TRAINING_PROGRESS, self._on_progress, RELIABLE
        )

    @property
    def weights_act(self) -> bool:
        """Whether the policy acts with the announced weights."""
        announced, acting = self.announced, self.acting
        return (
            announced is not None
            and acting is not None
            and acting.loaded
            and acting.sha256 == announced.sha256
        )

    @property
    def episode_id(self) -> str:
        """Of the session's current or last episode; empty before the first."""
        return self.session.episode_id if self.session else ""

    def missing(self) -> list[str]:
        """Expected nodes that are not in the graph now."""
        present = set(self._node.get_node_names())
        now = time.monotonic()
        for name in present & self._seen.keys():
            self._seen[name] = now
        return [name for name in self._expected if name not in present]

    def wait_until(
        self,
        what: str,
        holds: Callable[[], bool],
        silence: float,
        missing_patience: float | None = None,
    ) -> None:
        """Block until ``holds()``, which is looked at whenever a message comes.

        Args:
            what: what is waited for, in words.
            holds: must not block.
            silence: how long no message at all may come before waiting is given up [s].
            missing_patience: instead of the usual one [s].

        Raises:
            StackStalled: a node stayed away, or nothing happened any more.
        """
        self._heard = time.monotonic()
        while True:
            with self._changed:
                if self._changed.wait_for(holds, timeout=1.0):
                    return
            self._check_alive(what, silence, missing_patience or self._patience)

    def start_episode(self, patience: float = 15.0) -> str:
        """Call /start_episode. Returns "" or why it was refused.

        A refusal may be of the moment (what was heard here may not yet have reached the session),
        so the call is repeated for ``patience`` [s].
        """
        deadline = time.monotonic() + patience
        while (refusal := self._trigger(self._start)) and time.monotonic() < deadline:
            time.sleep(0.5)
        return refusal

    def abort(self) -> str:
        """Call /abort. Returns "" or why it was refused."""
        return self._trigger(self._abort)

    def _trigger(self, client: Any, patience: float = 10.0) -> str:
        if not client.wait_for_service(timeout_sec=patience):
            return f"nobody serves {client.srv_name}: is session_node running?"
        future = client.call_async(Trigger.Request())
        answered = threading.Event()
        future.add_done_callback(lambda _: answered.set())
        if not answered.wait(patience):
            return f"session_node gave no answer within {patience:.0f} s"
        answer = future.result()
        return "" if answer.success else str(answer.message)

    def _check_alive(self, what: str, silence: float, patience: float) -> None:
        now = time.monotonic()
        gone = [name for name in self.missing() if now - self._seen[name] > patience]
        if gone:
            raise StackStalled(
                f"{', '.join(gone)} missing for more than {patience:.0f} s while waiting for "
                f"{what}; see the last output, mend it, and start again with the same run_dir"
            )
        if now - self._heard > silence and not self._waits_for_a_person():
            waiting = self.session.waiting_for if self.session else "session_node's first state"
            raise StackStalled(
                f"nothing happened for {silence:.0f} s while waiting for {what} (the session waits "
                f"for: {waiting or 'nothing'}; {self._weights_in_words()}); see the nodes' output, "
                "and start again with the same run_dir"
            )

    def _waits_for_a_person(self) -> bool:
        """Labels take a person as long as they take."""
        awaiting = self.session is not None and self.session.state == SessionState.AWAITING_LABEL
        return awaiting and "oracle_label_node" not in self._expected

    def _weights_in_words(self) -> str:
        if self.announced is None:
            return "the trainer has announced no weights"
        if self.acting is None:
            return "the policy has no weights"
        if not self.acting.loaded:
            return self.acting.message
        return f"announced weights {self.announced.version}, acting {self.acting.version}"

    def _note(self) -> None:
        """A message came; the lock is held."""
        self._heard = time.monotonic()
        self._changed.notify_all()

    def _on_session(self, message: SessionState) -> None:
        with self._changed:
            self.session = message
            if message.state == SessionState.ABORTED:
                self.aborted.add(message.episode_id)
            self._note()

    def _on_event(self, message: EpisodeEvent) -> None:
        with self._changed:
            self.events[message.episode_id, message.type] = message
            self._note()

    def _on_announced(self, message: WeightsAnnouncement) -> None:
        with self._changed:
            self.announced = message
            self._note()

    def _on_status(self, message: WeightsStatus) -> None:
        with self._changed:
            self.acting = message
            self._note()

    def _on_action(self, message: Action) -> None:
        with self._changed:
            acted = message.source
            if message.candidates:
                acted = message.candidates[message.chosen].policy
            self.actors.setdefault(message.episode_id, {})[message.step] = acted
            self._note()

    def _on_progress(self, _: TrainingProgress) -> None:
        with self._changed:
            self._note()
