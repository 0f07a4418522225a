"""The monitor beside a running stack, heard as RViz and Foxglove would hear it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fosp_msgs.msg import SessionState
from rclpy.qos import (
    DurabilityPolicy,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker, MarkerArray

from fosp_agent.monitor.drawing import GROUPS
from fosp_agent.monitor.pictures import SIDE
from fosp_agent.ros import topics
from fosp_agent.ros.qos import LATCHED, RELIABLE
from integration.stack import ROOT, Ear, ear, launched, wait_for

pytestmark = pytest.mark.integration
CONFIG = ROOT / "src" / "safereach_bringup" / "config"
KINDS = {
    "rviz_default_plugins/MarkerArray": "visualization_msgs/msg/MarkerArray",
    "rviz_default_plugins/Image": "sensor_msgs/msg/Image",
    "rviz_default_plugins/Pose": "geometry_msgs/msg/PoseStamped",
}
"""What each display of RViz subscribes to."""
DRAWN = {*GROUPS} - {"vetoes"}


def test_an_episode_is_drawn_imagined_and_summed_up_on_the_topics_of_the_views(
    ros_domain: int, tmp_path: Path
) -> None:
    stack = {"monitor": "true", "run_dir": tmp_path / "run", "task": "original"}
    with (
        launched("evaluate", ros_domain, tmp_path / "log", **stack),
        ear(ros_domain) as listener,
    ):
        markers = listener.listen(MarkerArray, topics.MONITOR_MARKERS, LATCHED)
        overlays = listener.listen(Image, topics.MONITOR_OVERLAY, RELIABLE)
        comparisons = listener.listen(Image, topics.MONITOR_RECONSTRUCTION, LATCHED)
        summaries = listener.listen(DiagnosticArray, topics.DIAGNOSTICS_SUMMARY, RELIABLE)
        all_nodes_are_well(summaries)
        start(listener)
        wait_for(lambda: comparisons, 60, "the world model's view is shown")
        wait_for(lambda: any(groups(one) >= DRAWN for one in markers), 60, "everything is drawn")
        wait_for(lambda: overlays, 20, "the camera's picture is drawn over")
        every_view_finds_its_topics(listener)
    assert all(valid(array) for array in markers)
    assert min(overlays[-1].height, overlays[-1].width) >= SIDE
    assert len(comparisons[-1].data) == comparisons[-1].height * comparisons[-1].width * 3


def start(listener: Ear) -> None:
    client = listener.node.create_client(Trigger, topics.START_EPISODE)
    states = listener.listen(SessionState, topics.SESSION_STATE, LATCHED)
    wait_for(client.service_is_ready, 60, "the session serves")

    def started() -> bool:
        future = client.call_async(Trigger.Request())
        wait_for(future.done, 20, "the session answers")
        return bool(future.result().success)

    wait_for(started, 60, "an episode starts")
    wait_for(lambda: states, 20, "the session says so")


def all_nodes_are_well(summaries: list[DiagnosticArray]) -> None:
    def well() -> bool:
        return bool(summaries) and summaries[-1].status[0].level == DiagnosticStatus.OK

    wait_for(well, 60, "every node of the stack is alive and well")
    names = {status.name for status in summaries[-1].status}
    assert {"SafeReach", "SafeReach/Policy/policy_node", "SafeReach/Gate"} <= names


def groups(array: MarkerArray) -> set[str]:
    return {marker.ns for marker in array.markers if marker.action == Marker.ADD}


def valid(array: MarkerArray) -> bool:
    """What RViz asks of an array: no two of a name and number, lines of two points and more."""
    names = [(marker.ns, marker.id) for marker in array.markers]
    lines = [m for m in array.markers if m.type in (Marker.LINE_STRIP, Marker.LINE_LIST)]
    arrows = [m for m in array.markers[1:] if m.type == Marker.ARROW]
    return (
        array.markers[0].action == Marker.DELETEALL
        and len(set(names)) == len(names)
        and all(len(m.points) > 1 and len(m.colors) in (0, len(m.points)) for m in lines)
        and all(len(m.points) == 2 for m in arrows)
        and all(m.header.frame_id == "base" for m in array.markers)
    )


def every_view_finds_its_topics(listener: Ear) -> None:
    rviz = yaml.safe_load((CONFIG / "safereach.rviz").read_text())
    for display in rviz["Visualization Manager"]["Displays"]:
        if "Topic" in display:
            finds_its_topic(listener, display)
    layout = json.loads((CONFIG / "foxglove.json").read_text())["configById"]
    pictures = [
        panel["imageMode"]["imageTopic"] for key, panel in layout.items() if key[:2] == "Im"
    ]
    for topic in pictures:
        (publisher,) = listener.node.get_publishers_info_by_topic(topic)
        assert publisher.topic_type == "sensor_msgs/msg/Image"


def finds_its_topic(listener: Ear, display: dict[str, Any]) -> None:
    asked = display["Topic"]
    (publisher,) = listener.node.get_publishers_info_by_topic(asked["Value"])
    assert publisher.topic_type == KINDS[display["Class"]]
    wanted = QoSProfile(
        depth=asked["Depth"],
        durability=DurabilityPolicy[asked["Durability Policy"].upper().replace(" ", "_")],
        reliability=ReliabilityPolicy[asked["Reliability Policy"].upper().replace(" ", "_")],
    )
    found, why = qos_check_compatible(publisher.qos_profile, wanted)
    assert found != QoSCompatibility.ERROR, f"{asked['Value']}: {why}"
