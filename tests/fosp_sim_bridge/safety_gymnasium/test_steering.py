"""Where the behaviours head."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_sim_bridge.safety_gymnasium.steering import FAR, free_way, heading_to, pushing_target
from fosp_sim_bridge.safety_gymnasium.surroundings import Surroundings

NOTHING = np.zeros((0, 3))
STILL = np.zeros(2)


def test_the_way_ends_where_the_margin_of_an_obstacle_begins() -> None:
    ahead = np.array([[1.0, 0.0, 0.3]])
    angles = np.array([0.0, np.pi / 2, np.pi])
    assert free_way(angles, ahead, margin=0.1) == pytest.approx([0.6, FAR, FAR])


def test_inside_a_margin_only_the_ways_out_are_free() -> None:
    on_it = np.array([[0.1, 0.0, 0.3]])
    assert free_way(np.array([0.0, np.pi]), on_it, margin=0.0) == pytest.approx([0.0, FAR])


def test_without_obstacles_the_heading_is_the_bearing_of_the_target() -> None:
    target = np.array([1.0, 0.7])
    assert heading_to(target, NOTHING, 0.1, 0.3, STILL) == pytest.approx(np.arctan2(0.7, 1.0))


def test_an_obstacle_in_the_way_is_passed_outside_its_margin() -> None:
    obstacle = np.array([[0.8, 0.05, 0.3]])
    heading = heading_to(np.array([1.6, 0.0]), obstacle, 0.1, 0.0, STILL)
    assert heading < 0.0  # on the nearer side
    assert free_way(np.array([heading]), obstacle, 0.1)[0] >= 1.6


@pytest.mark.parametrize(("box", "pushes"), [((0.5, 0.0), True), ((-0.5, 0.0), False)])
def test_a_box_is_pushed_from_behind_and_driven_around_from_before(box, pushes) -> None:
    goal = np.array([2.0, 0.0])
    around = Surroundings(goal, 0.3, NOTHING, NOTHING, STILL, np.array(box))
    target, obstacle = pushing_target(around)
    assert (obstacle is None) == pushes
    wanted = box[0] if pushes else box[0] - 0.55
    assert target == pytest.approx([wanted, 0.0])
