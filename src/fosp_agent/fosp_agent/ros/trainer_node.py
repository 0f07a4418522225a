"""Labelled episodes in, weights out. A process of its own: it may die and come back at any time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from fosp_msgs.msg import EpisodeEvent, TrainingProgress, WeightsAnnouncement
from fosp_msgs.srv import FetchWeights, RollbackWeights
from rclpy._rclpy_pybind11 import InvalidHandle, RCLError
from rclpy.node import Node
from rclpy.publisher import Publisher
from std_msgs.msg import Header

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import EVENTS, LATCHED, RELIABLE
from fosp_agent.ros.spin import run
from fosp_agent.training.allocator import keep_freed_memory
from fosp_agent.training.earlier_episodes import complete_metrics
from fosp_agent.training.finetune import Finetuner
from fosp_agent.training.learner import Learner, Lesson
from fosp_agent.training.metrics import METRICS, MetricsLog
from fosp_agent.training.weights import WeightsInfo
from fosp_agent.training.weights_files import FOLDER
from fosp_agent.training.weights_server import UnknownWeights, WeightsServer

STOP_PATIENCE = 4.0
"""How long a gradient step or a checkpoint may take to end at shutdown [s]."""


@dataclass(frozen=True)
class TrainerConfig:
    """The parameters of the node."""

    run_dir: Path = Path()
    """Folder of the run: episodes/, checkpoints/, weights/, metrics.jsonl."""
    weights: Path = Path()
    """File to start from; not read when run_dir holds a checkpoint."""
    agent: str = ""
    """Agent that the weights must be of, such as "fosp"; empty: whichever they are."""
    dataset: Path = Path()
    """Demonstrations to sample from beside the new episodes; empty: none."""
    updates_per_episode: Annotated[int, Range(0, 1000000)] = 10
    """Gradient steps on each labelled episode."""
    seed: Annotated[int, Range(0, 2**62)] = 0
    """Of the randomness of learning."""
    torch_threads: Annotated[int, Range(0, 1024)] = 0
    """0: as many as torch likes."""


class TrainerNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Spins and serves weights while a learner works on a second thread."""

    def __init__(self) -> None:
        super().__init__("trainer_node")
        config = declare(self, TrainerConfig)
        if config.torch_threads > 0:
            torch.set_num_threads(config.torch_threads)
        self._finetuner = self._make_finetuner(config)
        for text in self._finetuner.warnings:
            self.get_logger().warning(text)
        self._weights = WeightsServer(config.run_dir / FOLDER)
        complete_metrics(
            config.run_dir,
            self._finetuner.learned,
            self._finetuner.announce(),
            self._finetuner.updates_per_episode,
        )
        self._metrics = MetricsLog(config.run_dir / METRICS)
        self._wire()
        self._learner = Learner(
            self._finetuner,
            EpisodeStore(config.run_dir / "episodes"),
            self._on_progress,
            self._on_lesson,
            self._on_failure,
        )
        self._announce()
        for episode_id in list(self._finetuner.learned)[-1:]:
            self._publish_event(EpisodeEvent.LEARNED, episode_id, "learned before a restart")
        self._thread = threading.Thread(target=self._learner.run, name="learner", daemon=True)
        self._thread.start()

    def _make_finetuner(self, config: TrainerConfig) -> Finetuner:
        if config.run_dir == Path():
            raise UserError("trainer_node needs the parameter 'run_dir', the folder of this run")
        if Finetuner.exists(config.run_dir):
            self.get_logger().info(f"going on from the checkpoint in {config.run_dir}")
            return self._resumed(config)
        if config.weights == Path():
            raise UserError("trainer_node needs the parameter 'weights', the file to start from")
        dataset = config.dataset if config.dataset != Path() else None
        return Finetuner.start(
            config.run_dir,
            config.weights,
            dataset,
            config.updates_per_episode,
            config.seed,
            agent_name=config.agent,
        )

    def _resumed(self, config: TrainerConfig) -> Finetuner:
        """A begun run goes on as it was begun; parameters that say otherwise are named."""
        finetuner = Finetuner.resume(config.run_dir, agent_name=config.agent)
        asked: dict[str, object] = {"updates": config.updates_per_episode, "seed": config.seed}
        if config.dataset != Path():
            asked["dataset"] = config.dataset
        try:
            finetuner.require_begun_with(asked, {})
        except UserError as problem:
            self.get_logger().warning(f"the run goes on as it was begun: {problem}")
        return finetuner

    def _wire(self) -> None:
        self._announcements = self.create_publisher(WeightsAnnouncement, topics.WEIGHTS, LATCHED)
        self._progress = self.create_publisher(TrainingProgress, topics.TRAINING_PROGRESS, RELIABLE)
        self._events = self.create_publisher(EpisodeEvent, topics.EPISODE_EVENT, EVENTS)
        self.create_subscription(EpisodeEvent, topics.EPISODE_EVENT, self._on_event, EVENTS)
        self.create_service(FetchWeights, topics.FETCH_WEIGHTS, self._on_fetch)
        self.create_service(RollbackWeights, topics.ROLLBACK_WEIGHTS, self._on_rollback)

    def destroy_node(self) -> None:
        """Stop learning first; an unfinished episode is learned from at the next start."""
        self._learner.stop()
        self._thread.join(STOP_PATIENCE)
        super().destroy_node()

    # On the spinning thread.

    def _on_event(self, message: EpisodeEvent) -> None:
        if message.type in (EpisodeEvent.LABELLED, EpisodeEvent.DISCARDED):
            self._learner.wake()

    def _on_fetch(
        self, request: FetchWeights.Request, response: FetchWeights.Response
    ) -> FetchWeights.Response:
        try:
            piece = self._weights.piece(request.version, request.offset, request.max_bytes)
        except UnknownWeights as problem:
            response.success, response.message = False, str(problem)
            return response
        response.success = True
        response.size, response.sha256 = piece.size, piece.sha256
        response.data.frombytes(piece.data)
        return response

    def _on_rollback(
        self, request: RollbackWeights.Request, response: RollbackWeights.Response
    ) -> RollbackWeights.Response:
        def back() -> WeightsInfo:
            return self._finetuner.return_to(request.version)

        try:
            before = self._finetuner.announce().version
            info = self._learner.between_lessons(back)
        except UserError as problem:
            response.success, response.message = False, str(problem)
            return response
        asked = f"version {request.version}" if request.version else "the version before"
        response.success, response.version = True, info.version
        response.message = f"went back from {before} to {asked}; it is version {info.version} now"
        self.get_logger().warning(response.message)
        self._announce()
        return response

    # On the learner's thread.

    def _on_progress(
        self, episode_id: str, done: int, total: int, metrics: dict[str, float]
    ) -> None:
        self._send(
            self._progress,
            TrainingProgress(
                header=self._header(),
                episode_id=episode_id,
                updates_done=done,
                updates_total=total,
                metric_names=list(metrics),
                metric_values=[float(value) for value in metrics.values()],
            ),
        )

    def _on_lesson(self, lesson: Lesson) -> None:
        info = self._finetuner.announce()
        self._metrics.append(lesson, info)
        self.get_logger().info(
            f"learned from {lesson.episode.id} in {lesson.seconds:.1f} s: weights {info.version}"
        )
        self._publish_event(EpisodeEvent.LEARNED, lesson.episode.id, "", lesson)
        self._announce()

    def _on_failure(self, episode_id: str, why: str) -> None:
        self.get_logger().error(f"cannot learn from {episode_id}: {why}")
        self._publish_event(EpisodeEvent.DISCARDED, episode_id, f"not learned from: {why}")

    def _publish_event(
        self, kind: int, episode_id: str, detail: str, lesson: Lesson | None = None
    ) -> None:
        event = EpisodeEvent(header=self._header(), type=kind, episode_id=episode_id, detail=detail)
        if lesson is not None:
            event.observations = len(lesson.episode)
            event.label_revision = lesson.label_revision
            event.episode_return = float(lesson.episode.reward.sum())
            event.episode_cost = float(lesson.episode.cost.sum())
        self._send(self._events, event)

    def _announce(self) -> None:
        info = self._finetuner.announce()
        self._send(
            self._announcements,
            WeightsAnnouncement(
                header=self._header(),
                version=info.version,
                sha256=info.sha256,
                size=info.size,
                path=str(Path(info.path).resolve()),
                preset=info.preset,
                updates=info.updates,
                episode_id=info.episode_id,
            ),
        )

    def _send(self, publisher: Publisher, message: object) -> None:
        """Publish, unless the process is ending: the checkpoint tells it all at the next start."""
        try:
            publisher.publish(message)
        except (RCLError, InvalidHandle):
            if self.context.ok():
                raise

    def _header(self) -> Header:
        return Header(stamp=self.get_clock().now().to_msg())


def main() -> None:
    """Entry point."""
    keep_freed_memory()
    run(TrainerNode)
