"""Every labelled episode is learned from once a label revision, whatever dies in between."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from fosp_agent.errors import UserError
from fosp_agent.training.learner import Learner, Lesson, ProgressCallback
from fosp_agent.types import Episode


@dataclass
class FakeInfo:
    id: str
    label_revision: int = 1
    discarded: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeStore:
    infos: dict[str, FakeInfo] = field(default_factory=dict)

    def add(self, info: FakeInfo) -> None:
        self.infos[info.id] = info

    def ids(self) -> list[str]:
        return list(self.infos)

    def info(self, episode_id: str, /) -> FakeInfo:
        return self.infos[episode_id]

    def load(self, episode_id: str, /) -> Episode:
        if "broken" in episode_id:
            raise UserError(f"{episode_id}.mcap is cut short")
        zeros = np.zeros(3, np.float32)
        return Episode(
            id=episode_id,
            image=np.zeros((3, 64, 64, 3), np.uint8),
            pose=np.zeros((3, 6), np.float32),
            action=np.zeros((3, 6), np.float32),
            reward=zeros,
            cost=zeros,
            is_terminal=np.zeros(3, np.bool_),
            metadata={"label_revision": str(self.infos[episode_id].label_revision)},
        )


@dataclass
class FakeWeights:
    version: int
    updates: int


@dataclass
class FakeFinetuner:
    learned: dict[str, int] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    disk_full: bool = False

    def learn(self, episode: Episode, on_progress: ProgressCallback) -> FakeWeights:
        for done in range(1, 3):
            on_progress(done, 2, {"loss": 1.0})
        self.learned[episode.id] = int(episode.metadata["label_revision"])
        return FakeWeights(len(self.learned), 2 * len(self.learned))

    def holds(self, episode_id: str) -> bool:
        return episode_id in self.learned and episode_id not in self.forgotten

    def forget(self, episode_id: str) -> None:
        self.forgotten.append(episode_id)
        if self.disk_full:
            raise UserError("the checkpoint was not written")


class Room:
    """A learner with its surroundings, run on a thread until it has done what is due."""

    def __init__(self) -> None:
        self.store, self.finetuner = FakeStore(), FakeFinetuner()
        self.lessons: list[Lesson] = []
        self.failures: list[tuple[str, str]] = []
        self.learner = Learner(
            self.finetuner,
            self.store,
            lambda *_: None,
            self.lessons.append,
            lambda episode, why: self.failures.append((episode, why)),
        )

    def learn_due(self) -> None:
        for info in self.learner.due():
            assert self.learner._learn(info)

    @property
    def learned(self) -> list[str]:
        return [lesson.episode.id for lesson in self.lessons]


@pytest.fixture
def room() -> Room:
    return Room()


def test_unlabelled_discarded_and_test_episodes_are_never_learned_from(room: Room) -> None:
    room.store.add(FakeInfo("unlabelled", label_revision=0))
    room.store.add(FakeInfo("discarded", discarded=True))
    room.store.add(FakeInfo("test", metadata={"learn": "false"}))
    room.store.add(FakeInfo("good", metadata={"learn": "true"}))
    room.learn_due()
    assert room.learned == ["good"]


def test_an_episode_is_learned_from_once_a_revision(room: Room) -> None:
    room.store.add(FakeInfo("a"))
    room.learn_due()
    room.learn_due()
    room.store.add(FakeInfo("a", label_revision=2))
    room.learn_due()
    assert [(lesson.episode.id, lesson.label_revision) for lesson in room.lessons] == [
        ("a", 1),
        ("a", 2),
    ]


def test_a_damaged_episode_is_reported_once_and_the_others_go_on(room: Room) -> None:
    room.store.add(FakeInfo("broken"))
    room.store.add(FakeInfo("good"))
    room.learn_due()
    room.learn_due()
    assert room.failures == [("broken", "broken.mcap is cut short")]
    assert room.learned == ["good"]


def test_stopping_drops_the_episode_and_leaves_it_due(room: Room) -> None:
    room.store.add(FakeInfo("a"))
    room.learner.stop()
    assert not room.learner._learn(room.store.info("a"))
    assert [info.id for info in room.learner.due()] == ["a"]
    assert room.lessons == []


def test_the_thread_learns_what_appears_and_ends_when_stopped(room: Room) -> None:
    taught = threading.Event()
    room.learner._on_lesson = lambda _: taught.set()
    thread = threading.Thread(target=room.learner.run)
    thread.start()
    room.store.add(FakeInfo("late"))
    room.learner.wake()
    assert taught.wait(5.0)
    room.learner.stop()
    thread.join(5.0)
    assert not thread.is_alive()


def test_an_episode_discarded_after_its_lesson_is_forgotten_once():
    room = Room()
    room.store.add(FakeInfo("a"))
    room.learn_due()
    room.learner.withdraw()
    assert room.finetuner.forgotten == []
    room.store.add(FakeInfo("a", label_revision=2, discarded=True))
    room.learner.withdraw()
    room.learner.withdraw()
    assert room.finetuner.forgotten == ["a"]
    assert room.learner.due() == []


def test_forgetting_on_a_full_disk_is_told_and_learning_goes_on():
    room = Room()
    room.store.add(FakeInfo("a"))
    room.learn_due()
    room.finetuner.disk_full = True
    room.store.add(FakeInfo("a", label_revision=2, discarded=True))
    room.learner.withdraw()
    room.learner.withdraw()
    assert room.failures == [("a", "the checkpoint was not written")]
    room.store.add(FakeInfo("b"))
    room.learn_due()
    assert room.learned == ["a", "b"]


def test_work_on_the_agent_is_refused_during_a_lesson_and_done_after_it():
    room = Room()
    room.store.add(FakeInfo("a"))
    refused: list[str] = []

    def try_meanwhile(*_: object) -> None:
        with pytest.raises(UserError, match="learning from an episode"):
            room.learner.between_lessons(lambda: None)
        refused.append("once")

    room.learner._on_progress = try_meanwhile
    room.learn_due()
    assert refused == ["once", "once"]
    assert room.learner.between_lessons(lambda: "done") == "done"
