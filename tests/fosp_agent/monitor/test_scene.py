"""What is kept of an episode for drawing."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.episode_story import SCALE, START, action, observation, running, told, verdict, vision
from fosp_agent.episodes.records import DUPLICATE
from fosp_agent.monitor.scene import MOST_VETOES, Scene
from fosp_agent.monitor.words import status


def test_the_path_is_the_places_seen_each_by_who_brought_the_tool_there():
    scene = told(4)
    np.testing.assert_allclose(
        [one.place[0] - START[0] for one in scene.path], [0, 0.01, 0.02, 0.03]
    )
    assert [one.actor for one in scene.path] == ["", "offline", "new", "offline"]


def test_an_observation_that_is_not_newer_adds_nothing():
    scene = told(3)
    scene.see(observation(1))
    assert len(scene.path) == 3


def test_a_new_episode_clears_everything_and_late_words_of_the_old_one_are_not_heard():
    scene = told(4, veto=2)
    scene.hear_session(running("e2"))
    assert (scene.path, scene.vetoed, scene.vision, scene.action) == ([], 0, None, None)
    scene.see(observation(5))
    scene.answer(verdict(5, 4))
    scene.expect(vision(5))
    assert (scene.path, scene.vetoed, scene.vision) == ([], 0, None)


def test_a_veto_is_kept_where_the_tool_would_have_gone_and_a_repeated_answer_is_not():
    scene = told(3, veto=2)
    (refusal,) = scene.refusals
    np.testing.assert_allclose(refusal.place, [0.52, 0.01, 0.08])
    assert refusal.reason == "step too large"
    scene.answer(verdict(2, DUPLICATE))
    assert scene.vetoed == 1


def test_the_memory_of_vetoes_is_bounded_and_their_count_is_not():
    scene = told(1)
    for step in range(1, 200):
        scene.ask(action(step))
        scene.answer(verdict(step, 4))
    assert len(scene.refusals) == MOST_VETOES
    assert scene.vetoed == 199


def test_each_candidate_is_a_motion_in_metres_and_exactly_one_acts():
    scene = told(2)
    moves = scene.moves()
    assert [policy for policy, _, _ in moves] == ["offline", "new"]
    assert [acts for *_, acts in moves] == [False, True]
    np.testing.assert_allclose(moves[1][1], [0.01, 0, 0])


def test_an_operators_request_is_its_own_only_candidate():
    scene = Scene(SCALE)
    request = action(0)
    scene.ask(type(request)(**{**vars(request), "candidates": (), "source": "teleop"}))
    assert [(policy, acts) for policy, _, acts in scene.moves()] == [("teleop", True)]
    assert scene.actor == "teleop"


def test_a_robot_without_a_pose_has_no_place_and_no_path():
    scene = Scene((1.0, 1.0))
    scene.see(observation(0, pose=False))
    assert scene.place is None
    assert scene.path == []


def test_the_words_tell_step_actor_feasibility_cost_and_the_veto():
    lines = [line.text for line in status(told(3, veto=2))]
    assert lines[0] == "original, step 2 of 80"
    assert lines[1].startswith("offline acts")
    assert "feasibility 0.80" in lines
    assert any(line.startswith("cost now 0.00, soon 0.30") for line in lines)
    assert lines[-2:] == ["VETO: step too large", "the limit is 0.02 m"]


def test_the_words_grow_redder_with_the_risk():
    def red(cost: float) -> float:
        scene = told(3)
        scene.expect(vision(2, cost))
        found = next(line for line in status(scene) if line.text.startswith("cost"))
        return found.color[0] - found.color[1]

    assert red(0.0) < red(0.5) < red(1.0)


@pytest.mark.parametrize("feasibility", [float("nan"), 0.5])
def test_a_feasibility_that_is_not_estimated_is_not_told(feasibility: float):
    scene = told(1)
    scene.ask(action(1, u=feasibility))
    told_of = any("feasibility" in line.text for line in status(scene))
    assert told_of is np.isfinite(feasibility).item()
