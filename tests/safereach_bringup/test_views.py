"""The configurations of RViz and Foxglove, against what these programs know and the stacks have.

Neither program runs here. The fields are those that RViz (Jazzy) gives each of its displays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fosp_agent.monitor.drawing import GROUPS
from fosp_agent.ros import topics

CONFIG = Path(__file__).resolve().parents[2] / "src/safereach_bringup/config"
DISPLAY = {"Class", "Name", "Enabled", "Value"}
QUALITY = {"Depth", "Durability Policy", "History Policy", "Reliability Policy", "Value"}
IMAGE = {"Max Value", "Median window", "Min Value", "Normalize Range", "Topic"}
FIELDS = {
    "rviz_default_plugins/Grid": {
        "Alpha", "Cell Size", "Color", "Line Style", "Normal Cell Count", "Offset", "Plane",
        "Plane Cell Count", "Reference Frame",
    },
    "rviz_default_plugins/MarkerArray": {"Namespaces", "Topic"},
    "rviz_default_plugins/Pose": {
        "Alpha", "Axes Length", "Axes Radius", "Color", "Head Length", "Head Radius",
        "Shaft Length", "Shaft Radius", "Shape", "Topic",
    },
    "rviz_default_plugins/Image": IMAGE,
}  # fmt: skip
"""Of each display class, besides those that all have."""
ORBIT = {
    "Class", "Name", "Value", "Distance", "Enable Stereo Rendering", "Focal Point",
    "Focal Shape Fixed Size", "Focal Shape Size", "Invert Z Axis", "Near Clip Distance", "Pitch",
    "Target Frame", "Yaw",
}  # fmt: skip
POLICIES = {
    "Durability Policy": {"System Default", "Transient Local", "Volatile"},
    "History Policy": {"System Default", "Keep Last", "Keep All"},
    "Reliability Policy": {"System Default", "Reliable", "Best Effort"},
}
PANELS = {"3D", "Image", "Plot", "StateTransitions", "DiagnosticSummary"}
KNOWN = {f"/{name.lstrip('/')}" for key, name in vars(topics).items() if key.isupper()}


@pytest.fixture(scope="module")
def rviz() -> dict[str, Any]:
    return yaml.safe_load((CONFIG / "safereach.rviz").read_text())


@pytest.fixture(scope="module")
def foxglove() -> dict[str, Any]:
    return json.loads((CONFIG / "foxglove.json").read_text())


def displays(rviz: dict[str, Any]) -> list[dict[str, Any]]:
    return rviz["Visualization Manager"]["Displays"]


def foxglove_topics(value: Any) -> Iterator[str]:
    """Topics that a layout names anywhere: as keys of "topics", by name, or in a message path."""
    if isinstance(value, dict):
        for key, inside in value.items():
            if key == "topics":
                yield from inside
            elif key in ("imageTopic", "topicToRender"):
                yield inside
            elif key == "value" and str(inside).startswith("/"):
                yield str(inside).partition(".")[0]
            else:
                yield from foxglove_topics(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from foxglove_topics(inside)


def test_every_display_of_rviz_has_the_fields_of_its_class_and_no_other(rviz):
    for display in displays(rviz):
        known = FIELDS[display["Class"]] | DISPLAY
        assert set(display) == known, display["Name"]


def test_every_quality_of_service_in_rviz_is_one_of_its_words(rviz):
    for display in displays(rviz):
        if "Topic" not in display:
            continue
        assert set(display["Topic"]) == QUALITY
        for name, words in POLICIES.items():
            assert display["Topic"][name] in words


def test_rviz_looks_from_a_view_that_it_knows_in_the_frame_of_the_marks(rviz):
    manager = rviz["Visualization Manager"]
    view = manager["Views"]["Current"]
    assert view["Class"] == "rviz_default_plugins/Orbit"
    assert set(view) == ORBIT
    frames = {
        yaml.safe_load((CONFIG / f"{robot}.yaml").read_text())["/**/monitor_node"][
            "ros__parameters"
        ]["base_frame"]
        for robot in ("safereach", "franky", "franka_ros2")
    }
    assert frames == {manager["Global Options"]["Fixed Frame"]}


def test_rviz_lists_every_group_of_marks(rviz):
    (marks,) = (d for d in displays(rviz) if d["Class"].endswith("/MarkerArray"))
    assert list(marks["Namespaces"]) == list(GROUPS)


def test_every_topic_that_rviz_and_foxglove_name_is_one_of_the_stacks(rviz, foxglove):
    named = {display["Topic"]["Value"] for display in displays(rviz) if "Topic" in display}
    named |= set(foxglove_topics(foxglove))
    assert {"/monitor/markers", "/monitor/overlay", "/diagnostics_agg"} <= named
    assert named <= KNOWN


def test_every_panel_of_the_layout_is_of_a_known_kind_and_placed_once(foxglove):
    panels = foxglove["configById"]
    assert {name.partition("!")[0] for name in panels} == PANELS
    placed = re.findall(r'"(?:first|second)": "([^"]+)"', json.dumps(foxglove["layout"]))
    assert sorted(placed) == sorted(panels)
