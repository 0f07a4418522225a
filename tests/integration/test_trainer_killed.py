"""kill -9 of the trainer: the episode goes on, the trainer comes back, nothing is lost."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import EpisodeEvent, Observation, TrainingProgress, WeightsAnnouncement

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.ros.qos import EVENTS, LATCHED, RELIABLE
from fosp_agent.training import weights
from integration.stack import Process, ear, launched, wait_for

pytestmark = pytest.mark.integration


def kill_trainer(stack: Process) -> int:
    """SIGKILL to the trainer; returns the pid it had."""
    pid = wait_for(lambda: stack.child("trainer_node"), 10, "the trainer's process")
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_killed_trainer_loses_nothing(ros_domain: int, tmp_path: Path) -> None:
    start, run_dir = tmp_path / "start.safetensors", tmp_path / "run"
    weights.fresh("tiny", start, seed=0)
    with (
        ear(ros_domain) as listener,
        launched(
            "finetune",
            ros_domain,
            tmp_path / "launch.log",
            run_dir=run_dir,
            weights=start,
            episodes=1,
            updates_per_episode=80,
            tests=0,
            lockstep="false",  # 8 s an episode: in lockstep it can be over before the kill
        ) as stack,
    ):
        observations = listener.listen(Observation, "observation", RELIABLE)
        events = listener.listen(EpisodeEvent, "episode_event", EVENTS)
        progress = listener.listen(TrainingProgress, "training_progress", RELIABLE)
        announced = listener.listen(WeightsAnnouncement, "weights", LATCHED)

        def seen(kind: int) -> list[EpisodeEvent]:
            assert stack.popen.poll() is None or kind == EpisodeEvent.LEARNED, stack.output
            return [event for event in events if event.type == kind]

        # In mid-episode.
        wait_for(lambda: len(observations) > 10, 60, "ten observations")
        wait_for(lambda: announced, 5, "the first announcement")
        first = kill_trainer(stack)
        assert not seen(EpisodeEvent.RECORDED), "the episode was over before the kill"
        before = announced[-1].version
        wait_for(lambda: seen(EpisodeEvent.LABELLED), 30, "the episode to go on and be labelled")

        # In mid-training, once it is back.
        wait_for(lambda: progress, 60, "the trainer to come back and train")
        second = kill_trainer(stack)
        assert second != first
        learned = wait_for(lambda: seen(EpisodeEvent.LEARNED), 60, "the episode to be learned from")
        assert stack.wait(30) == 0, stack.output

    store = EpisodeStore(run_dir / "episodes", create=False)
    assert [learned[0].episode_id] == store.ids()
    assert len(store.load(store.ids()[0])) == 81
    summary = json.loads((run_dir / "summary.json").read_text())
    assert [episode["episode_id"] for episode in summary["episodes"]] == store.ids()
    assert summary["episodes"][0]["version"] == before + 1 == announced[-1].version
    assert summary["episodes"][0]["updates"] == 80
