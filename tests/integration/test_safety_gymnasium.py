"""Safety-Gymnasium behind the topics of the arm: a robot without a pose, every node a process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.config import load_preset
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training.weights import save_weights
from integration.stack import launched

pytestmark = pytest.mark.integration
DECISIONS = 250
ROBOT = {
    "robot.image_channels": 6,
    "robot.pose_size": 0,
    "robot.pose_center": (),
    "robot.pose_scale": (),
    "robot.action_size": 2,
    "robot.action_scale": (1.0, 1.0),
    "world_model.cost_head": "twohot",
}


def test_an_episode_of_point_goal_is_run_labelled_and_learned_from(
    ros_domain: int, tmp_path: Path
) -> None:
    start, run_dir = tmp_path / "start.safetensors", tmp_path / "run"
    save_weights(start, FospNetworks(load_preset("tiny", ROBOT)), version=0)
    with launched(
        "finetune",
        ros_domain,
        tmp_path / "launch.log",
        environment="safety_gymnasium",
        task="SafetyPointGoal1",
        run_dir=run_dir,
        weights=start,
        episodes=1,
        updates_per_episode=1,
        tests=0,
    ) as stack:
        assert stack.wait(120) == 0, stack.output
    store = EpisodeStore(run_dir / "episodes", create=False)
    (episode_id,) = store.ids()
    episode = store.load(episode_id)
    assert episode.image.shape == (DECISIONS + 1, 64, 64, 6)
    assert episode.pose.shape == (DECISIONS + 1, 0)
    assert episode.labelled
    assert np.abs(episode.action[:-1]).max() > 0
    (result,) = json.loads((run_dir / "summary.json").read_text())["episodes"]
    assert result["version"] == 1
