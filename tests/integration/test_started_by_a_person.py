"""Beside a real robot fine-tuning starts no episode: a person does, in their own time."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import EpisodeEvent, SessionState, WeightsAnnouncement, WeightsStatus
from std_srvs.srv import Trigger

from fosp_agent.ros import topics
from fosp_agent.ros.qos import EVENTS, LATCHED
from integration.stack import Ear, Process, ear, node, wait_for

pytestmark = pytest.mark.integration
TRIALS = {
    "starts": False,
    "expected_nodes": "[session_node]",
    "tests": 0,
    "episodes": 2,
    "silence": 0.5,
}


def ask(listener: Ear, service: str) -> None:
    client = listener.node.create_client(Trigger, service)
    wait_for(client.service_is_ready, 20, f"{service} is served")
    future = client.call_async(Trigger.Request())
    wait_for(future.done, 20, f"{service} answers")
    assert future.result().success, future.result().message


def says(trials: Process, words: str) -> None:
    wait_for(lambda: words in trials.output, 30, f"it says {words!r}")
    assert trials.popen.poll() is None, trials.output


def test_an_episode_waits_for_its_person_however_long_and_is_counted_when_it_is_over(
    ros_domain: int, tmp_path: Path
) -> None:
    running = partial(node, "fosp_agent")
    session = {"task": "original", "require_policy": False, "require_scene": True}
    start = {"run_dir": tmp_path / "run", "weights": tmp_path / "w.safetensors"}
    with (
        ear(ros_domain) as listener,
        running("session_node", ros_domain, tmp_path / "session.log", **session),
        running("trials_node", ros_domain, tmp_path / "trials.log", **start, **TRIALS) as trials,
    ):
        states = listener.listen(SessionState, topics.SESSION_STATE, LATCHED)
        events = listener.node.create_publisher(EpisodeEvent, topics.EPISODE_EVENT, EVENTS)
        announced = listener.node.create_publisher(WeightsAnnouncement, topics.WEIGHTS, LATCHED)
        acting = listener.node.create_publisher(WeightsStatus, topics.WEIGHTS_STATUS, LATCHED)
        announced.publish(WeightsAnnouncement(version=1, sha256="one"))
        acting.publish(WeightsStatus(version=1, sha256="one", loaded=True))

        says(trials, "episode 1 waits for you: the scene to be set: call /scene_ready")
        ask(listener, topics.SCENE_READY)
        says(trials, "episode 1 waits for you: /start_episode")
        assert {one.state for one in states} == {SessionState.IDLE}, "nothing starts by itself"
        ask(listener, topics.START_EPISODE)
        begun = wait_for(lambda: states[-1].episode_id, 20, "the episode begins")
        ask(listener, topics.ABORT)
        wait_for(events.get_subscription_count, 20, "the session hears of episodes")
        gone = EpisodeEvent(type=EpisodeEvent.RECORDED, episode_id=begun)
        events.publish(gone)
        gone.type = EpisodeEvent.DISCARDED
        gone.detail = "thrown away"
        events.publish(gone)
        says(trials, "thrown away")
        says(trials, "episode 2 waits for you: the scene to be set")
        trials.popen.send_signal(signal.SIGINT)
        assert trials.wait(20) == 0, trials.output
        assert "stopped after 1 of 2 episodes" in trials.output
