"""The recorder alone, told by hand what a session and its neighbours say."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import EpisodeEvent, Observation, SessionState
from sensor_msgs.msg import Image

from fosp_agent.ros import topics
from fosp_agent.ros.qos import EVENTS, LATCHED, RECORDED
from integration.stack import ear, node, wait_for

pytestmark = pytest.mark.integration
EPISODE = "original-1-short"


def observation(step: int) -> Observation:
    """A black frame at the origin."""
    image = Image(height=64, width=64, encoding="rgb8", step=192, data=bytes(64 * 64 * 3))
    message = Observation(episode_id=EPISODE, step=step, is_first=step == 0, image=image)
    message.pose = [0.0] * 6
    message.header.stamp.nanosec = step + 1
    return message


def test_an_episode_that_is_over_before_its_start_was_heard_is_recorded_all_the_same(
    ros_domain: int, tmp_path: Path
) -> None:
    log = tmp_path / "recorder.log"
    with (
        node("fosp_agent", "recorder_node", ros_domain, log, run_dir=tmp_path),
        ear(ros_domain) as listener,
    ):
        events = listener.listen(EpisodeEvent, topics.EPISODE_EVENT, EVENTS)
        states = listener.node.create_publisher(SessionState, topics.SESSION_STATE, LATCHED)
        seen = listener.node.create_publisher(Observation, topics.OBSERVATION, RECORDED)
        wait_for(seen.get_subscription_count, 30, "the recorder listens to observations")
        wait_for(states.get_subscription_count, 30, "the recorder listens to the session")
        for step in range(6):
            seen.publish(observation(step))
        assert seen.wait_for_all_acked()
        states.publish(
            SessionState(state=SessionState.ABORTED, episode_id=EPISODE, task="original")
        )
        told = wait_for(lambda: list(events), 10, "the recorder says what became of it")
    assert (told[0].type, told[0].observations) == (EpisodeEvent.RECORDED, 6)


def test_of_an_episode_that_nobody_saw_nothing_is_kept_and_that_is_told(
    ros_domain: int, tmp_path: Path
) -> None:
    log = tmp_path / "recorder.log"
    with (
        node("fosp_agent", "recorder_node", ros_domain, log, run_dir=tmp_path),
        ear(ros_domain) as listener,
    ):
        events = listener.listen(EpisodeEvent, topics.EPISODE_EVENT, EVENTS)
        states = listener.node.create_publisher(SessionState, topics.SESSION_STATE, LATCHED)
        states.publish(SessionState(state=SessionState.ABORTED, episode_id=EPISODE))
        told = wait_for(lambda: list(events), 30, "the recorder says what became of it")
    assert told[0].type == EpisodeEvent.DISCARDED
    assert told[0].detail == "nothing of the episode was recorded"
    assert not list((tmp_path / "episodes").glob("*.mcap*"))
