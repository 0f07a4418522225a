"""The policy's end of the weights' way: announcements and chunks in, acknowledgements out."""

from __future__ import annotations

import threading
from pathlib import Path

from fosp_msgs.msg import WeightsAnnouncement, WeightsStatus
from fosp_msgs.srv import FetchWeights
from rclpy.node import Node
from std_msgs.msg import Header

from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.control.weights_follower import (
    Announcement,
    Chunk,
    Status,
    WeightsFollower,
    WeightsRefused,
    WeightsUnreachable,
)
from fosp_agent.ros import topics
from fosp_agent.ros.qos import LATCHED

FETCH_TIMEOUT = 5.0
"""Longest wait for one chunk [s]."""
RETRY_INTERVAL = 1.0
"""Pause before an interrupted transfer goes on [s]."""


class WeightsLink:
    """Keeps a follower supplied. Only transfer, hash and load run on its own thread."""

    def __init__(self, node: Node, follower: WeightsFollower[PolicyRunner]) -> None:
        """Wire the follower to ``node``'s topics; its ``fetch`` should be ``fetch_chunk``."""
        self._node = node
        self._follower = follower
        self._client = node.create_client(FetchWeights, topics.FETCH_WEIGHTS)
        self._statuses = node.create_publisher(WeightsStatus, topics.WEIGHTS_STATUS, LATCHED)
        node.create_subscription(
            WeightsAnnouncement, topics.WEIGHTS, self._on_announcement, LATCHED
        )
        self._refusals: list[Status] = []
        self._prepared = node.create_guard_condition(self._on_prepared)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self.may_swap = True
        """Whether no episode is running; the node keeps it."""
        threading.Thread(target=self._prepare_forever, name="weights", daemon=True).start()

    def close(self) -> None:
        """Let the thread end."""
        self._closing.set()
        self._wake.set()

    def acknowledge(self, status: Status | None) -> None:
        """Tell the others which weights act."""
        if status is None:
            return
        log = self._node.get_logger()
        if status.loaded:
            log.info(f"weights version {status.version} act; {status.message}".rstrip("; "))
        else:
            log.error(status.message)
        self._statuses.publish(
            WeightsStatus(
                header=self._header(),
                version=status.version,
                sha256=status.sha256,
                loaded=status.loaded,
                message=status.message,
            )
        )

    def swap(self) -> None:
        """Let prepared weights act, if no episode is running."""
        if self.may_swap:
            self.acknowledge(self._follower.swap())

    def fetch_chunk(self, version: int, offset: int, max_bytes: int) -> Chunk:
        """Ask the trainer for a piece of a weights file; belongs to the follower's thread."""
        if not self._client.service_is_ready():
            raise WeightsUnreachable("nobody serves fetch_weights: is the trainer running?")
        request = FetchWeights.Request(version=version, offset=offset, max_bytes=max_bytes)
        future = self._client.call_async(request)
        answered = threading.Event()
        future.add_done_callback(lambda _: answered.set())
        if not answered.wait(FETCH_TIMEOUT):
            self._client.remove_pending_request(future)
            raise WeightsUnreachable(f"fetch_weights gave no answer within {FETCH_TIMEOUT:.0f} s")
        answer = future.result()
        if not answer.success:
            raise WeightsRefused(answer.message)
        return Chunk(bytes(answer.data), answer.size, answer.sha256)

    def _on_announcement(self, message: WeightsAnnouncement) -> None:
        announcement = Announcement(
            message.version, message.sha256, message.size, Path(message.path)
        )
        status = self._follower.announce(announcement)
        self.acknowledge(status)
        if status is None:
            self._wake.set()

    def _prepare_forever(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._wake.clear()
            while self._follower.wanted is not None and not self._closing.is_set():
                self._prepare_once()

    def _prepare_once(self) -> None:
        try:
            refused = self._follower.prepare()
        except WeightsUnreachable as problem:
            self._node.get_logger().warning(f"{problem} Trying again.", throttle_duration_sec=10.0)
            self._closing.wait(RETRY_INTERVAL)
            return
        if refused is not None:
            self._refusals.append(refused)
        if not self._closing.is_set():
            self._prepared.trigger()

    def _on_prepared(self) -> None:
        while self._refusals:
            self.acknowledge(self._refusals.pop(0))
        self.swap()

    def _header(self) -> Header:
        return Header(stamp=self._node.get_clock().now().to_msg())
