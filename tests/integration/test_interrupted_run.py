"""Ctrl-C leaves every finished episode, and the same folder goes on."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import EpisodeEvent, Observation

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.ros.qos import EVENTS, RELIABLE
from fosp_agent.training import weights
from integration.stack import ear, launched, wait_for

pytestmark = pytest.mark.integration


def test_an_interrupted_run_goes_on_with_its_next_episode(ros_domain: int, tmp_path: Path) -> None:
    start, run_dir = tmp_path / "start.safetensors", tmp_path / "run"
    weights.fresh("tiny", start, seed=0)
    arguments = {"run_dir": run_dir, "weights": start, "updates_per_episode": 3, "tests": 0}
    with (
        ear(ros_domain) as listener,
        launched("finetune", ros_domain, tmp_path / "one.log", episodes=2, **arguments) as stack,
    ):
        events = listener.listen(EpisodeEvent, "episode_event", EVENTS)
        observations = listener.listen(Observation, "observation", RELIABLE)

        def second_runs() -> bool:
            assert stack.popen.poll() is None, stack.output
            learned = {e.episode_id for e in events if e.type == EpisodeEvent.LEARNED}
            later = [o for o in observations if o.episode_id and o.episode_id not in learned]
            return bool(learned) and any(o.step > 10 for o in later)

        wait_for(second_runs, 90, "the middle of the second episode")
        stack.popen.send_signal(signal.SIGINT)
        assert stack.wait(20) == 130, stack.output
    assert "stopped after 1 of 2 episodes" in stack.output
    first = json.loads((run_dir / "summary.json").read_text())["episodes"]

    arguments["updates_per_episode"] = 4
    with launched("finetune", ros_domain, tmp_path / "two.log", episodes=2, **arguments) as stack:
        assert stack.wait(90) == 0, stack.output
    assert "going on after 1 episode" in stack.output
    log = (run_dir / "logs" / "trainer_node.log").read_text()
    assert re.search(r"goes on as it was begun: .*updates 3 \(asked for: 4\)", log), log
    both = json.loads((run_dir / "summary.json").read_text())["episodes"]
    assert both[:1] == first
    assert [episode["version"] for episode in both] == [1, 2]
    assert [episode["updates"] for episode in both] == [3, 3]
    store = EpisodeStore(run_dir / "episodes", create=False)
    assert all(len(store.load(episode["episode_id"])) == 81 for episode in both)
