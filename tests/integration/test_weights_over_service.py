"""A policy that cannot see the trainer's disk still gets exactly the announced weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import WeightsAnnouncement, WeightsStatus

from fosp_agent.ros.qos import LATCHED
from fosp_agent.training import weights
from integration.stack import ear, node, wait_for

pytestmark = pytest.mark.integration


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_weights_are_fetched_verified_and_refused_when_damaged(
    ros_domain: int, tmp_path: Path
) -> None:
    start, run_dir = tmp_path / "start.safetensors", tmp_path / "run"
    weights.fresh("tiny", start, seed=0)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with (
        ear(ros_domain) as listener,
        node(
            "fosp_agent", "trainer_node", ros_domain, tmp_path / "trainer.log",
            run_dir=run_dir, weights=start,
        ) as trainer,
        node(
            "fosp_agent", "policy_node", ros_domain, tmp_path / "policy.log", cwd=elsewhere,
            force_fetch=True, cache_dir=elsewhere / "cache",
        ) as policy,
    ):  # fmt: skip
        announced = listener.listen(WeightsAnnouncement, "weights", LATCHED)
        statuses = listener.listen(WeightsStatus, "weights_status", LATCHED)

        def latest(loaded: bool) -> WeightsStatus | None:
            assert trainer.popen.poll() is None, trainer.output
            assert policy.popen.poll() is None, policy.output
            return next((s for s in statuses[-1:] if s.loaded == loaded), None)

        first = wait_for(lambda: latest(True), 60, "the policy to load the first weights")
        wait_for(lambda: announced, 20, "the announcement of the first weights")
        assert first.sha256 == announced[0].sha256 == sha256(Path(announced[0].path))
        cached = list((elsewhere / "cache").glob("*.safetensors"))
        assert [sha256(path) for path in cached] == [first.sha256]

        # The next version is damaged on the trainer's disk: announced, fetched, refused.
        second = run_dir / "weights" / f"weights-{first.version + 1:06d}.safetensors"
        weights.fresh("tiny", second, seed=1, version=first.version + 1)
        good, announcement = second.read_bytes(), announce(second, first.version + 1)
        second.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        publisher = listener.node.create_publisher(WeightsAnnouncement, "weights", LATCHED)
        publisher.publish(announcement)
        refusal = wait_for(lambda: latest(False), 30, "the policy to refuse damaged weights")
        assert f"version {first.version + 1} refused" in refusal.message
        assert (refusal.version, refusal.sha256) == (first.version, first.sha256)

        # Mended and announced again, they act.
        second.write_bytes(good)
        publisher.publish(announcement)
        loaded = wait_for(lambda: latest(True), 30, "the policy to load the mended weights")
        assert loaded.sha256 == announcement.sha256


def announce(path: Path, version: int) -> WeightsAnnouncement:
    return WeightsAnnouncement(
        version=version,
        sha256=sha256(path),
        size=path.stat().st_size,
        path=str(path),
        preset="tiny",
    )
