"""The disk fills up in mid-episode: named, the episode is aborted, and nothing recorded is lost."""

from __future__ import annotations

import shutil
import time
from array import array
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import EpisodeEvent, Observation, SessionState
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from fosp_agent.episodes.repair import repair
from fosp_agent.ros.qos import EVENTS, LATCHED, RECORDED
from integration.stack import Process, ear, node_command, wait_for

pytestmark = pytest.mark.integration
EPISODE, LIMIT = "original-1-full", 300_000


def observation(step: int, random: np.random.Generator) -> Observation:
    """64 x 64 noise, which no compression makes smaller."""
    pixels = array("B", random.integers(0, 256, 64 * 64 * 3).astype(np.uint8).tobytes())
    image = Image(height=64, width=64, encoding="rgb8", step=192, data=pixels)
    message = Observation(episode_id=EPISODE, step=step, is_first=step == 0, image=image)
    message.pose = [0.0] * 6
    message.header.stamp.nanosec = step + 1
    return message


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit of util-linux")
def test_a_full_disk_in_mid_episode_is_named_aborts_it_and_loses_nothing_recorded(
    ros_domain: int, tmp_path: Path
) -> None:
    recorder = node_command("fosp_agent", "recorder_node", run_dir=tmp_path, least_free=0.0)
    command = ["prlimit", f"--fsize={LIMIT}", *recorder]
    process = Process(command, tmp_path / "recorder.log", ros_domain)
    aborted: list[float] = []

    def abort(_: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        aborted.append(time.monotonic())
        return answer

    try:
        with ear(ros_domain) as listener:
            listener.node.create_service(Trigger, "abort", abort)
            events = listener.listen(EpisodeEvent, "episode_event", EVENTS)
            states = listener.node.create_publisher(SessionState, "session_state", LATCHED)
            seen = listener.node.create_publisher(Observation, "observation", RECORDED)
            wait_for(seen.get_subscription_count, 30, "the recorder listens")
            state = SessionState(state=SessionState.RUNNING, episode_id=EPISODE, task="original")
            states.publish(state)
            active = tmp_path / "episodes" / f"{EPISODE}.mcap.active"
            wait_for(active.exists, 10, "the file is opened")
            random = np.random.default_rng(0)
            for step in range(100):
                seen.publish(observation(step, random))
            wait_for(lambda: "cannot write" in process.output, 10, "the reason is in the log")
            wait_for(lambda: aborted, 10, "the episode is aborted")
            state.state = SessionState.ABORTED
            states.publish(state)
            told = wait_for(lambda: list(events), 10, "the end of the episode is told")
    finally:
        process.stop()
    assert told[0].type == EpisodeEvent.DISCARDED
    assert "dataset repair" in told[0].detail
    saved = repair(active)
    assert 15 <= saved.observations <= 25, "300 kB hold about 24 noisy frames of 12 kB"
