"""An operator without a stack is told what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from integration.stack import node

pytestmark = pytest.mark.integration


def test_missing_nodes_are_named_with_the_remedy(ros_domain: int, tmp_path: Path) -> None:
    with node(
        "fosp_agent",
        "trials_node",
        ros_domain,
        tmp_path / "trials.log",
        run_dir=tmp_path / "run",
        weights=tmp_path / "none.safetensors",
        tests=0,
        start_patience=4.0,
    ) as trials:
        assert trials.wait(30) == 1
    assert "trainer_node missing for more than 2 s" in trials.output
    assert "start again with the same run_dir" in trials.output
