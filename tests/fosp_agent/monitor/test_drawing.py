"""The scene as marks in space."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.episode_story import HIGH, LOW, SCALE, START, action, observation, running, told
from fosp_agent.monitor.drawing import GROUPS, STRETCH, draw
from fosp_agent.monitor.marks import Mark, Shape, box_edges
from fosp_agent.monitor.palette import ACTORS, VETO, of_risk
from fosp_agent.monitor.scene import Scene


def group(name: str, scene: Scene) -> list[Mark]:
    return [mark for mark in draw(scene) if mark.group == name]


def test_every_group_is_drawn_of_an_episode_with_a_veto():
    assert {mark.group for mark in draw(told(4, veto=2))} == set(GROUPS)


def test_of_nothing_seen_nothing_is_drawn():
    assert draw(Scene(SCALE)) == []


def test_the_workspace_is_the_twelve_edges_of_its_box():
    edges = box_edges(LOW.tolist(), HIGH.tolist()).reshape(12, 2, 3)
    lengths = np.sort(np.linalg.norm(edges[:, 1] - edges[:, 0], axis=1))
    np.testing.assert_allclose(lengths, np.sort(np.repeat(HIGH - LOW, 4)))
    assert len({tuple(sorted(map(tuple, edge.round(6)))) for edge in edges}) == 12


def test_the_candidate_that_acts_is_opaque_and_thicker_and_each_has_its_policys_colour():
    arrows = group("candidates", told(2))
    acting, other = sorted(arrows, key=lambda mark: -mark.color[3])
    assert acting.color == (*ACTORS["new"], 1.0)
    assert other.color[:3] == ACTORS["offline"]
    assert acting.size[0] > other.size[0]
    assert other.color[3] < 1.0
    np.testing.assert_allclose(acting.points[1] - acting.points[0], [STRETCH * 0.01, 0, 0])


def test_the_imagined_path_begins_green_and_reddens_with_the_expected_cost():
    (path, dots) = group("imagined", told(3))
    assert path.colors[0][:3] == of_risk(0.0)
    assert path.colors[-1][:3] == of_risk(0.3)
    assert len(path.colors) == len(path.points) == len(dots.points)


def test_a_veto_is_a_red_ball_with_its_reason():
    ball, reason = group("vetoes", told(3, veto=2))
    assert ball.color[:3] == VETO
    assert reason.text == "step too large"


def test_a_path_of_one_place_is_no_line():
    assert group("executed", told(1)) == []


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_a_viewer_would_refuse_is_left_out_and_the_rest_stays(number: float):
    scene = told(3)
    wild = action(3)
    scene.ask(type(wild)(**{**vars(wild), "delta": np.full(6, number), "candidates": ()}))
    drawn = draw(scene)
    assert drawn
    assert all(mark.finite for mark in drawn)


def test_lines_of_the_status_lie_above_each_other_in_reading_order():
    texts = [mark for mark in group("status", told(3)) if mark.shape is Shape.TEXT]
    texts.sort(key=lambda mark: -mark.at[2])
    assert texts[0].text.startswith("original, step")
    assert len({mark.at[2] for mark in texts}) == len(texts)


def test_the_tools_finger_follows_its_orientation():
    scene = Scene(SCALE)
    scene.hear_session(running())
    seen = observation(0)
    tilted = np.array([*START, 0.3, 0.0, 0.0])
    scene.see(type(seen)(**{**vars(seen), "pose": tilted}))
    (finger,) = (mark for mark in group("tool", scene) if mark.shape is Shape.CUBE)
    assert np.array(finger.at)[1] < START[1] - 0.005  # rolled about x: its top leans to -y
    np.testing.assert_allclose(np.linalg.norm(finger.turn), 1.0)
