"""The service /label_episode: checks a label, journals it, and tells everyone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fosp_msgs.msg import EpisodeEvent
from fosp_msgs.srv import LabelEpisode
from rclpy.node import Node

from fosp_agent.episodes.errors import InvalidLabel, UnknownEpisode
from fosp_agent.episodes.labels import LabelRecord, expand
from fosp_agent.episodes.store import EpisodeInfo, EpisodeStore
from fosp_agent.errors import UserError
from fosp_agent.ros import topics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import EVENTS
from fosp_agent.ros.session_messages import event_message, span_from_message
from fosp_agent.ros.spin import run


@dataclass(frozen=True)
class LabelConfig:
    """The parameters of the node."""

    run_dir: Path = Path()
    """Folder of the run: its episodes, in the folder ``episodes``, are labelled."""


class LabelNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Thin door to the journal of labels."""

    def __init__(self) -> None:
        super().__init__("label_node")
        run_dir = declare(self, LabelConfig).run_dir
        if run_dir == Path():
            raise UserError("label_node needs the parameter 'run_dir'")
        self._store = EpisodeStore(run_dir / "episodes")
        self._events = self.create_publisher(EpisodeEvent, topics.EPISODE_EVENT, EVENTS)
        self.create_service(LabelEpisode, topics.LABEL_EPISODE, self._label)

    def _label(
        self, request: LabelEpisode.Request, response: LabelEpisode.Response
    ) -> LabelEpisode.Response:
        try:
            info = self._known(request.episode_id)
            record = self._record(request, info)
            response.revision = self._store.labels.add(record, relabel=request.relabel)
        except UserError as problem:
            response.success, response.message = False, str(problem)
            self.get_logger().error(f"label refused: {problem}")
            return response
        event = self._event(record, info, response.revision)
        self._events.publish(event)
        done = "discarded" if record.discard else "labelled"
        response.success = True
        response.message = (
            f"{done} {info.id} (revision {response.revision}): return "
            f"{event.episode_return:g}, cost {event.episode_cost:g}"
        )
        self.get_logger().info(response.message)
        return response

    def _known(self, episode_id: str) -> EpisodeInfo:
        if not self._store.file(episode_id).exists():
            latest = ", ".join(self._store.ids()[-3:]) or "none yet"
            raise UnknownEpisode(
                f"episode {episode_id!r} is not in {self._store.path}; the latest there: {latest}"
            )
        return self._store.info(episode_id)

    def _record(self, request: LabelEpisode.Request, info: EpisodeInfo) -> LabelRecord:
        if request.spans and (request.reward or request.cost):
            raise InvalidLabel(
                f"episode {info.id}: both spans and arrays were given; give one of them"
            )
        spans = [span_from_message(span) for span in request.spans]
        reward, cost = expand(spans, info.observations, info.id)
        return LabelRecord(
            episode_id=info.id,
            reward=np.asarray(request.reward, np.float32) if request.reward else reward,
            cost=np.asarray(request.cost, np.float32) if request.cost else cost,
            labeller=request.labeller,
            note=request.note,
            discard=request.discard,
            stamp_ns=int(self.get_clock().now().nanoseconds),
        )

    def _event(self, record: LabelRecord, info: EpisodeInfo, revision: int) -> EpisodeEvent:
        kind = EpisodeEvent.DISCARDED if record.discard else EpisodeEvent.LABELLED
        return event_message(
            kind,
            info.id,
            record.stamp_ns,
            path=str(info.path),
            observations=info.observations,
            label_revision=revision,
            episode_return=float(np.sum(record.reward)),
            episode_cost=float(np.sum(record.cost)),
            detail=record.note,
        )


def main() -> None:
    """Entry point."""
    run(LabelNode)
