"""Which episodes are due to be learned from, and learning from them one by one.

Everything that must outlive this process is on disk: labels in the store's journal, what was
learned in the fine-tuner's checkpoint. So ``due`` needs no memory of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fosp_agent.errors import UserError
from fosp_agent.types import Episode

ResultT = TypeVar("ResultT")

ProgressCallback = Callable[[int, int, dict[str, float]], None]
"""Gradient steps done, their number, latest metrics."""


class LabelledInfo(Protocol):
    """What the store tells about an episode without reading its images."""

    @property
    def id(self) -> str:
        """Name of the episode."""
        ...

    @property
    def label_revision(self) -> int:
        """Of its newest label, from 1; 0: unlabelled."""
        ...

    @property
    def discarded(self) -> bool:
        """Whether its label says never to learn from it."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """What was recorded beside it; "learn" is "0" for tests."""
        ...


class Store(Protocol):
    """The part of an episode store that learning needs."""

    def ids(self) -> Iterable[str]:
        """Finished episodes, in the order they were recorded."""
        ...

    def info(self, episode_id: str, /) -> LabelledInfo:
        """What is known without reading images."""
        ...

    def load(self, episode_id: str, /) -> Episode:
        """All of it, its newest label applied."""
        ...


class WeightsInfo(Protocol):
    """What is announced about a weights file."""

    @property
    def version(self) -> int:
        """Rises by one with each episode learned from."""
        ...

    @property
    def updates(self) -> int:
        """Gradient steps since pretraining."""
        ...


class Finetuner(Protocol):
    """The part of a fine-tuner that the learner needs."""

    @property
    def learned(self) -> Mapping[str, int]:
        """Label revision of each episode learned from, in order."""
        ...

    def learn(self, episode: Episode, on_progress: ProgressCallback) -> WeightsInfo:
        """Take the gradient steps, then write checkpoint and weights."""
        ...

    def holds(self, episode_id: str) -> bool:
        """Whether batches are drawn from this episode."""
        ...

    def forget(self, episode_id: str) -> None:
        """Draw no more batches from it."""
        ...


class LessonRunning(UserError):
    """The agent is at its lesson; nothing else may touch it now."""


class LearningStopped(Exception):
    """The process is ending: this episode's gradient steps are dropped, the checkpoint stands."""


@dataclass(frozen=True)
class Lesson:
    """One episode, learned from."""

    episode: Episode
    label_revision: int
    seconds: float
    metrics: dict[str, float]
    """The last of its gradient steps."""
    updates: int
    """Gradient steps taken on it."""


class Learner:
    """Learns from each labelled episode of a store, once for each revision of its label."""

    def __init__(
        self,
        finetuner: Finetuner,
        store: Store,
        on_progress: Callable[[str, int, int, dict[str, float]], None],
        on_lesson: Callable[[Lesson], None],
        on_failure: Callable[[str, str], None],
    ) -> None:
        """Learn with ``finetuner`` from ``store``.

        Args:
            finetuner: takes the gradient steps and keeps the checkpoint.
            store: where labelled episodes appear.
            on_progress: episode id, gradient steps done, their number, latest metrics.
            on_lesson: an episode is learned from, and its checkpoint written.
            on_failure: episode id and why it cannot be learned from; the weights stay.
        """
        self._finetuner = finetuner
        self._store = store
        self._on_progress = on_progress
        self._on_lesson = on_lesson
        self._on_failure = on_failure
        self._failed: set[tuple[str, int]] = set()
        self._wake = threading.Event()
        self._lesson = threading.Lock()
        self._stopping = threading.Event()

    def wake(self) -> None:
        """Look into the store again; callable from any thread."""
        self._wake.set()

    def stop(self) -> None:
        """End after the current gradient step; callable from any thread."""
        self._stopping.set()
        self._wake.set()

    def run(self) -> None:
        """Learn whatever is due, then wait to be woken; until stopped."""
        while not self._stopping.is_set():
            self._wake.clear()
            self.withdraw()
            due = self.due()
            for info in due:
                if not self._learn(info):
                    return
            # After the clear: what is woken or stopped since then is not missed.
            if not due and not self._stopping.is_set():
                self._wake.wait()

    def between_lessons(self, work: Callable[[], ResultT]) -> ResultT:
        """Do some work on the agent while no lesson runs; callable from any thread.

        Raises:
            LessonRunning: one runs now.
        """
        if not self._lesson.acquire(blocking=False):
            raise LessonRunning("the trainer is learning from an episode: try again after it")
        try:
            return work()
        finally:
            self._lesson.release()

    def withdraw(self) -> None:
        """Forget the episodes that were discarded after they were learned from."""
        for episode_id in list(self._finetuner.learned):
            try:
                info = self._store.info(episode_id)
            except UserError:
                continue  # `due` says so
            if info.discarded and self._finetuner.holds(episode_id):
                self._forget(info)

    def _forget(self, info: LabelledInfo) -> None:
        try:
            with self._lesson:
                self._finetuner.forget(info.id)
        except UserError as problem:
            self._fail(info.id, info.label_revision, str(problem))

    def due(self) -> list[LabelledInfo]:
        """Labelled, learnable episodes whose newest label has not been learned from, in order."""
        learned = self._finetuner.learned
        found = []
        for episode_id in self._store.ids():
            try:
                info = self._store.info(episode_id)
            except UserError as problem:
                self._fail(episode_id, 0, str(problem))
                continue
            key = (info.id, info.label_revision)
            if learnable(info) and learned.get(info.id, 0) < key[1] and key not in self._failed:
                found.append(info)
        return found

    def _learn(self, info: LabelledInfo) -> bool:
        """Learn from one episode. False when the process is ending."""
        with self._lesson:
            return self._take_lesson(info)

    def _take_lesson(self, info: LabelledInfo) -> bool:
        started = time.monotonic()
        latest: dict[str, float] = {}
        updates = 0

        def progress(done: int, total: int, metrics: dict[str, float]) -> None:
            nonlocal updates
            if self._stopping.is_set():
                raise LearningStopped
            latest.update(metrics)
            updates = done
            self._on_progress(info.id, done, total, metrics)

        try:
            episode = self._store.load(info.id)
            self._finetuner.learn(episode, progress)
        except LearningStopped:
            return False
        except UserError as problem:
            self._fail(info.id, info.label_revision, str(problem))
            return True
        # The label may have been revised between the two reads.
        revision = int(episode.metadata.get("label_revision", info.label_revision))
        self._on_lesson(Lesson(episode, revision, time.monotonic() - started, latest, updates))
        return True

    def _fail(self, episode_id: str, label_revision: int, why: str) -> None:
        key = (episode_id, label_revision)
        if key not in self._failed:
            self._failed.add(key)
            self._on_failure(episode_id, why)


def learnable(info: LabelledInfo) -> bool:
    """Whether an episode may be learned from: labelled, not discarded, not a test."""
    is_test = info.metadata.get("learn", "true").lower() in ("false", "0", "no")
    return info.label_revision > 0 and not info.discarded and not is_test
