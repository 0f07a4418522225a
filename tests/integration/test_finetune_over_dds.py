"""Three tiny episodes, every node a process, everything over DDS."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_agent.control.decision_loop import policy_seed
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.episodes.reader import Recording, read_recording
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training import weights
from integration.stack import launched

pytestmark = pytest.mark.integration
EPISODES = 3
DECISIONS = 80


def test_three_tiny_episodes_fine_tune(ros_domain: int, tmp_path: Path) -> None:
    start, run_dir = tmp_path / "start.safetensors", tmp_path / "run"
    weights.fresh("tiny", start, seed=0)
    with launched(
        "finetune",
        ros_domain,
        tmp_path / "launch.log",
        run_dir=run_dir,
        weights=start,
        episodes=EPISODES,
        updates_per_episode=3,
        tests=2,
    ) as stack:
        assert stack.wait(150) == 0, stack.output
    every_episode_is_complete_and_labelled(run_dir)
    the_weights_version_rises_with_each_episode(run_dir)
    the_policys_bytes_change_and_are_the_announced_ones(run_dir)
    the_executed_action_is_the_scored_one(run_dir)
    the_same_weights_and_seed_decide_the_same(run_dir)
    the_operator_reads_a_line_an_episode_and_a_table(run_dir, stack.output)


def recordings(run_dir: Path) -> list[Recording]:
    store = EpisodeStore(run_dir / "episodes", create=False)
    return [read_recording(store.file(episode_id), validate=True) for episode_id in store.ids()]


def every_episode_is_complete_and_labelled(run_dir: Path) -> None:
    store = EpisodeStore(run_dir / "episodes", create=False)
    assert len(store.ids()) == EPISODES
    assert store.unfinished() == []
    for episode_id in store.ids():
        episode = store.load(episode_id)
        assert len(episode) == DECISIONS + 1
        assert episode.labelled
        assert np.abs(episode.action[:-1]).sum() > 0
        np.testing.assert_array_equal(episode.action[-1], 0)


def the_weights_version_rises_with_each_episode(run_dir: Path) -> None:
    summary = json.loads((run_dir / "summary.json").read_text())
    versions = [episode["version"] for episode in summary["episodes"]]
    assert versions == sorted(set(versions))
    assert len(versions) == EPISODES
    assert all(episode["updates"] == 3 for episode in summary["episodes"])


def the_policys_bytes_change_and_are_the_announced_ones(run_dir: Path) -> None:
    files = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (run_dir / "weights").glob("weights-*.safetensors")
    }
    acted = [
        {action.weights_sha256 for _, action in recording.actions}
        for recording in recordings(run_dir)
    ]
    assert all(len(hashes) == 1 for hashes in acted), "weights changed in mid-episode"
    assert len(set.union(*acted)) == EPISODES
    assert set.union(*acted) <= files


def the_executed_action_is_the_scored_one(run_dir: Path) -> None:
    """Bit for bit, except where the gate says that it held the arm inside its box."""
    store = EpisodeStore(run_dir / "episodes", create=False)
    unclipped = 0
    for recording in recordings(run_dir):
        learned = store.load(recording.episode_id).action
        verdicts = {verdict.step: verdict for _, verdict in recording.verdicts}
        assert {action.step for _, action in recording.actions} == set(range(DECISIONS))
        for _, action in recording.actions:
            scored = action.candidates[action.chosen].action
            np.testing.assert_array_equal(action.normalized.astype(np.float32), scored)
            verdict = verdicts[action.step]
            executed = verdict.normalized.astype(np.float32)
            np.testing.assert_array_equal(learned[action.step], executed)
            if verdict.accepted and not verdict.detail:
                np.testing.assert_array_equal(executed, scored)
                unclipped += 1
    assert unclipped > EPISODES * DECISIONS // 4


def the_same_weights_and_seed_decide_the_same(run_dir: Path) -> None:
    """Replaying the recorded observations of the last episode gives its actions, bit for bit."""
    torch.set_num_threads(1)
    recording = recordings(run_dir)[-1]
    actions = {action.step: action for _, action in recording.actions}
    executed = {verdict.step: verdict.normalized for _, verdict in recording.verdicts}
    version = actions[0].weights_version
    runner = PolicyRunner.from_file(run_dir / "weights" / f"weights-{version:06d}.safetensors")
    runner.reset(policy_seed(int(recording.metadata["seed"])))
    for seen in recording.steps()[:-1]:
        before = executed[seen.step - 1].astype(np.float32) if seen.step else None
        decision = runner.act(seen.image.copy(), seen.pose.astype(np.float32), before)
        np.testing.assert_array_equal(decision.action, actions[seen.step].normalized)


def the_operator_reads_a_line_an_episode_and_a_table(run_dir: Path, output: str) -> None:
    for number in range(1, EPISODES + 1):
        assert f"{number}/{EPISODES}" in output
    assert "before" in output
    assert "after" in output
    assert str(run_dir) in output
