"""The workspace box from corners."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.reset_path import ResetConfig
from fosp_agent.control.workspace import WorkspaceError, as_yaml, box_of, corner

coordinate = st.floats(-0.5, 0.5)
corners = st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=2, max_size=5)


def pose(x: float, y: float, z: float, roll: float = 0.0) -> np.ndarray:
    return np.array([x, y, z, roll, 0.0, 0.1])


@given(corners, st.floats(0, 0.02))
def test_the_box_lies_within_the_corners_and_the_gate_takes_it(points, margin):
    try:
        box = box_of([pose(*point) for point in points], margin)
    except WorkspaceError:
        return
    touched = np.array(points)
    assert (box.lower[:3] >= touched.min(axis=0) - 1e-9).all()
    assert (box.upper[:3] <= touched.max(axis=0) + 1e-9).all()
    gate = yaml.safe_load(as_yaml(box))["/**/command_gate_node"]["ros__parameters"]
    GateConfig(box_min=tuple(gate["box_min"]), box_max=tuple(gate["box_max"]))


def test_a_flat_box_names_its_side():
    with pytest.raises(WorkspaceError, match="0.0 cm long in z"):
        box_of([pose(0, 0, 0.1), pose(0.3, 0.3, 0.1)], 0.0)


def test_the_box_is_replaced_and_the_rest_of_an_earlier_file_stays():
    box = box_of([pose(0, 0, 0), pose(0.3, 0.3, 0.3)], 0.0)
    earlier = "/**/reset_node:\n  ros__parameters:\n    lift_height: 0.18\n"
    once = yaml.safe_load(as_yaml(box, earlier))
    assert once["/**/reset_node"]["ros__parameters"] == {"lift_height": 0.18}
    assert once["/**/command_gate_node"]["ros__parameters"]["box_max"] == [0.3, 0.3, 0.3]
    with pytest.raises(WorkspaceError, match="no parameters"):
        as_yaml(box, "- a list")


def test_a_moving_arm_gives_no_corner():
    moving = [pose(0.001 * step, 0, 0) for step in range(30)]
    with pytest.raises(WorkspaceError, match="moved by 29 mm"):
        corner(moving)
    with pytest.raises(WorkspaceError, match="no pose"):
        corner([])
    np.testing.assert_array_equal(corner([pose(1, 2, 3)] * 5), pose(1, 2, 3))


def test_the_start_pose_is_one_that_gate_and_reset_take_and_crosses_below_the_top():
    box = box_of([pose(0.3, -0.2, 0.02), pose(0.7, 0.2, 0.3)], 0.01)
    text = as_yaml(box, "/**/reset_node: {ros__parameters: {start_joints: [1], automatic: true}}",
                   pose(0.4, 0.0, 0.1, roll=3.1))  # fmt: skip
    reset = yaml.safe_load(text)["/**/reset_node"]["ros__parameters"]
    assert reset.pop("automatic") is True
    config = ResetConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in reset.items()})
    assert config.start_pose == (0.4, 0.0, 0.1, 0.0, 0.0, 0.0)
    assert 0.1 < config.lift_height < 0.29


def test_a_start_pose_outside_the_box_is_refused_with_the_remedy():
    box = box_of([pose(0.3, -0.2, 0.02), pose(0.7, 0.2, 0.3)], 0.01)
    with pytest.raises(WorkspaceError, match="not in the box .* further inside"):
        as_yaml(box, "", pose(0.305, 0.0, 0.1))
