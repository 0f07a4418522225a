"""A policy is compared with the robot by what the nodes tell of both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fosp_agent.config import load_preset
from fosp_agent.control.checkup import Level
from fosp_agent.control.policy_fit import IMAGE, POSE, SCALE, Surface, compare, heard, surface_of

ARM = surface_of(load_preset("small").robot)
SIZES = st.integers(1, 4096)
SCALES = st.lists(st.floats(1e-4, 10.0), max_size=8).map(tuple)
SURFACES = st.builds(
    Surface,
    st.none() | st.tuples(SIZES, SIZES, SIZES),
    st.none() | st.integers(0, 16),
    st.none() | SCALES,
)


def levels(policy: Surface, robot: Surface) -> dict[str, Level]:
    return {finding.what: finding.level for finding in compare(policy, robot)}


@given(surface=SURFACES)
def test_what_a_node_tells_is_heard_and_fits_itself(surface: Surface):
    told = heard([surface.values()])
    assert (told.image, told.pose_size) == (surface.image, surface.pose_size)
    assert all(level is Level.GREEN for level in levels(surface, told).values())
    assert len(levels(surface, told)) == len(surface.values())


def test_parts_told_by_several_nodes_make_one_robot():
    parts = [Surface(image=ARM.image), Surface(pose_size=6), Surface(action_scale=ARM.action_scale)]
    others = {"vetoes": "3", "/camera/image [Hz]": "30.0"}
    assert heard([others, *(part.values() for part in parts)]) == ARM


@pytest.mark.parametrize(
    ("line", "other"),
    [
        (IMAGE, replace(ARM, image=(64, 64, 6))),
        (POSE, replace(ARM, pose_size=0)),
        (SCALE, replace(ARM, action_scale=(0.02, 0.01, 0.01, 0.05, 0.05, 0.05))),
        (SCALE, replace(ARM, action_scale=(0.01, 0.01))),
        (SCALE, replace(ARM, action_scale=())),
    ],
)
def test_exactly_the_part_that_differs_is_red_and_has_a_remedy(line: str, other: Surface):
    found = levels(ARM, other)
    assert {what for what, level in found.items() if level is Level.RED} == {line}
    assert all(one.remedy for one in compare(ARM, other) if one.level is Level.RED)


@pytest.mark.parametrize("other", [Surface(), Surface(image=ARM.image)])
def test_what_one_side_does_not_tell_is_not_compared(other: Surface):
    assert set(levels(ARM, other)) == set(other.values())
    assert set(levels(other, ARM)) == set(other.values())
