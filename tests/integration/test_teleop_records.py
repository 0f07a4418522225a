"""An operator drives the simulated arm through Joy, marks it, and the episode lies in the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import EpisodeEvent, Observation, SessionState
from sensor_msgs.msg import Joy

from fosp_agent.episodes import schema
from fosp_agent.episodes.reader import read_recording
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.ros.qos import EVENTS, LATCHED, RECORDED, RELIABLE
from integration.stack import Ear, ear, launched, wait_for

pytestmark = pytest.mark.integration
ENABLE, START, STOP, DISCARD, REWARD = 0, 1, 2, 3, 4


class Joystick:
    """Publishes what the test's hand does, 25 times a second, until it is unplugged."""

    def __init__(self, listener: Ear) -> None:
        self._publisher = listener.node.create_publisher(Joy, "joy", RELIABLE)
        self._axes, self._buttons = [0.0] * 6, [0] * 6
        self._unplugged = threading.Event()
        threading.Thread(target=self._repeat, daemon=True).start()

    def _repeat(self) -> None:
        while not self._unplugged.wait(0.04):
            self._publisher.publish(Joy(axes=self._axes, buttons=self._buttons))

    def hold(self, *buttons: int, x: float = 0.0) -> None:
        self._axes = [x, 0.0, 0.0, 0.0, 0.0, 0.0]
        self._buttons = [int(index in buttons) for index in range(6)]

    def unplug(self) -> None:
        self._unplugged.set()


class Operator:
    """A joystick, and what its owner sees."""

    def __init__(self, listener: Ear) -> None:
        self.joystick = Joystick(listener)
        self.states = listener.listen(SessionState, "session_state", LATCHED)
        self.events = listener.listen(EpisodeEvent, "episode_event", EVENTS)
        self.seen = listener.listen(Observation, "observation", RECORDED)

    def start(self) -> str:
        """Press start until an episode runs; its id."""
        before = {state.episode_id for state in list(self.states)}

        def running() -> str:
            last = self.states[-1] if self.states else SessionState()
            new = last.state == SessionState.RUNNING and last.episode_id not in before
            return last.episode_id if new else ""

        def press() -> str:
            """One press; the session may still be busy with the episode before."""
            self.joystick.hold()
            threading.Event().wait(0.1)
            self.joystick.hold(START)
            threading.Event().wait(0.3)
            return running()

        episode_id = wait_for(press, 60, "an episode runs after start was pressed")
        self.joystick.hold()
        return episode_id

    def until_step(self, episode_id: str, step: int) -> int:
        def there() -> int:
            steps = [m.step for m in list(self.seen) if m.episode_id == episode_id]
            return max(steps, default=-1) >= step

        wait_for(there, 30, f"step {step}")
        return max(m.step for m in list(self.seen) if m.episode_id == episode_id)

    def until_moved(self, episode_id: str, metres: float) -> None:
        """The arm is this much further ahead than when it was first seen."""

        def ahead() -> bool:
            seen = [m.pose[0] for m in list(self.seen) if m.episode_id == episode_id]
            return bool(seen) and seen[-1] - seen[0] > metres

        wait_for(ahead, 30, f"the arm is {metres} m ahead")

    def wait_for_event(self, episode_id: str, kind: int, what: str) -> EpisodeEvent:
        def told() -> EpisodeEvent | None:
            found = [e for e in list(self.events) if (e.episode_id, e.type) == (episode_id, kind)]
            return found[0] if found else None

        return wait_for(told, 30, what)


@contextmanager
def at_the_arm(domain: int, folder: Path, **arguments: object) -> Iterator[Operator]:
    given = {"environment": "safereach", "task": "original", "teleop": "joy", **arguments}
    run_dir = folder / "run"
    with (
        launched("record", domain, folder / "launch.log", run_dir=run_dir, **given),
        ear(domain) as listener,
    ):
        operator = Operator(listener)
        yield operator
        operator.joystick.unplug()


def test_an_operator_drives_marks_stops_discards_and_is_unplugged(
    ros_domain: int, tmp_path: Path
) -> None:
    with at_the_arm(ros_domain, tmp_path, operator="anna", note="by hand") as operator:
        store = EpisodeStore(tmp_path / "run" / "episodes")
        kept = drive_and_mark(operator)
        labelled = operator.wait_for_event(kept, EpisodeEvent.LABELLED, "its marks are its label")
        assert labelled.episode_return > 0
        the_file_holds_everything(store, kept)

        operator.joystick.hold()
        dropped = operator.start()
        operator.joystick.hold(ENABLE, x=1.0)
        operator.until_step(dropped, 5)
        operator.joystick.hold(DISCARD)
        operator.wait_for_event(dropped, EpisodeEvent.DISCARDED, "the second one is discarded")
        assert store.info(dropped).discarded
        assert not store.info(kept).discarded
        log = tmp_path / "run" / "logs" / "teleop_node.log"
        operator.joystick.hold(ENABLE)
        wait_for(lambda: "axes have been all zeros" in log.read_text(), 30, "a dead cap is named")
        unplugged_the_arm_stands_still(operator)
        wait_for(lambda: "fell silent" in log.read_text(), 20, "the unplugged device is named")


def drive_and_mark(operator: Operator) -> str:
    """Forward for a while, hands off for a while, forward with a mark, stop."""
    hand = operator.joystick
    episode_id = operator.start()
    hand.hold(ENABLE, x=1.0)
    operator.until_moved(episode_id, 0.06)
    hand.hold(x=1.0)
    operator.until_step(episode_id, operator.until_step(episode_id, 0) + 8)
    hand.hold(ENABLE, REWARD, x=0.5)
    operator.until_step(episode_id, operator.until_step(episode_id, 0) + 8)
    hand.hold(STOP)
    return episode_id


def the_file_holds_everything(store: EpisodeStore, episode_id: str) -> None:
    episode = store.load(episode_id)
    recording = read_recording(store.file(episode_id), streams=True)
    assert {record.source for _, record in recording.actions} == {"teleop"}
    metadata = recording.metadata
    assert (metadata["source"], metadata["operator"], metadata["note"]) == (
        "teleop", "anna", "by hand",
    )  # fmt: skip
    moved = np.flatnonzero(episode.action[:, 0] > 0)
    still = np.flatnonzero(~episode.action.any(axis=1))
    assert len(moved) >= 6
    assert episode.pose[-1, 0] > episode.pose[0, 0] + 0.05
    assert ((still > moved[0]) & (still < moved[-1])).sum() >= 4, "hands off, the arm stood still"
    marked = np.flatnonzero(episode.reward)
    assert len(marked) >= 5
    assert (np.diff(marked) == 1).all()
    assert marked[0] > still[still > moved[0]][0]
    pictures = [m for m in recording.streams if m.topic == schema.PICTURES]
    assert len(pictures) >= len(episode)


def unplugged_the_arm_stands_still(operator: Operator) -> None:
    operator.joystick.hold()
    episode_id = operator.start()
    operator.joystick.hold(ENABLE, x=1.0)
    operator.until_moved(episode_id, 0.02)
    operator.joystick.unplug()
    gone = operator.until_step(episode_id, operator.until_step(episode_id, 0) + 15)
    end = operator.until_step(episode_id, gone + 10)
    poses = {m.step: m.pose[0] for m in list(operator.seen) if m.episode_id == episode_id}
    assert poses[gone] == pytest.approx(poses[end], abs=1e-6)
