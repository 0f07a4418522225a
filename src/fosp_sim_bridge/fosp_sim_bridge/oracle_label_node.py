"""Labels every recorded episode from the simulator's truth, through the service that people use."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from fosp_msgs.msg import EpisodeEvent, LabelSpan, Observation, SimTruth
from fosp_msgs.srv import LabelEpisode
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future

from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import nanoseconds
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import EVENTS, RECORDED
from fosp_agent.ros.spin import run
from fosp_sim_bridge.oracle import TruthIncomplete, TruthLog


@dataclass(frozen=True)
class OracleConfig:
    """The parameters of the node."""

    truth_patience: Annotated[float, Range(0.0, 600.0)] = 3.0
    """How long to wait for the truth of a recorded episode that lacks some [s]."""
    retry_after: Annotated[float, Range(0.1, 600.0)] = 5.0
    """A label that was not answered is given again after this long [s]."""
    labeller: str = "oracle"
    """Who the labels say they are from."""


@dataclass
class Task:
    """An episode that wants a label."""

    episode_id: str
    observations: int
    since: float
    asked: float | None = None
    """When the service was last called."""


class OracleLabelNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Collects truth, and asks /label_episode as a person would."""

    def __init__(self) -> None:
        super().__init__("oracle_label_node")
        self._config = declare(self, OracleConfig)
        self._log = TruthLog()
        self._tasks: dict[str, Task] = {}
        self._client = self.create_client(LabelEpisode, topics.LABEL_EPISODE)
        self.create_subscription(SimTruth, topics.SIM_TRUTH, self._on_truth, RECORDED)
        self.create_subscription(Observation, topics.OBSERVATION, self._on_observation, RECORDED)
        self.create_subscription(EpisodeEvent, topics.EPISODE_EVENT, self._on_event, EVENTS)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.2, self._work, clock=steady)

    def _on_truth(self, message: SimTruth) -> None:
        stamp_ns = nanoseconds(message.header.stamp)
        self._log.truth(message.episode_id, stamp_ns, message.reward, message.cost)

    def _on_observation(self, message: Observation) -> None:
        stamp_ns = nanoseconds(message.header.stamp)
        self._log.observed(message.episode_id, message.step, stamp_ns)

    def _on_event(self, message: EpisodeEvent) -> None:
        if message.type in (EpisodeEvent.LABELLED, EpisodeEvent.DISCARDED):
            self._tasks.pop(message.episode_id, None)
        elif message.type == EpisodeEvent.RECORDED and message.label_revision == 0:
            now = time.monotonic()
            self._tasks[message.episode_id] = Task(message.episode_id, message.observations, now)
            self._work()

    def _work(self) -> None:
        for task in list(self._tasks.values()):
            waiting = task.asked is not None
            if waiting and time.monotonic() - (task.asked or 0.0) < self._config.retry_after:
                continue
            self._try(task)

    def _try(self, task: Task) -> None:
        try:
            spans = self._log.spans(task.episode_id, task.observations)
        except TruthIncomplete as problem:
            if time.monotonic() - task.since > self._config.truth_patience:
                self.get_logger().error(str(problem))
                del self._tasks[task.episode_id]
            return
        if not self._client.service_is_ready():
            self.get_logger().warning(
                f"{task.episode_id} waits for {self._client.srv_name}: is label_node running?",
                throttle_duration_sec=5.0,
            )
            return
        task.asked = time.monotonic()
        request = LabelEpisode.Request(
            episode_id=task.episode_id,
            spans=[
                LabelSpan(kind=span.kind, first=span.first, last=span.last, value=span.value)
                for span in spans
            ],
            labeller=self._config.labeller,
        )
        future = self._client.call_async(request)
        future.add_done_callback(lambda done: self._on_answer(task.episode_id, done))

    def _on_answer(self, episode_id: str, future: Future) -> None:
        self._tasks.pop(episode_id, None)
        answer = future.result()
        if answer is None or not answer.success:
            why = "no answer" if answer is None else answer.message
            self.get_logger().error(f"{episode_id} was not labelled: {why}")


def main() -> None:
    """Entry point."""
    run(OracleLabelNode)
