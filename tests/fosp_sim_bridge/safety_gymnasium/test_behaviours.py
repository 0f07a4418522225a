"""The three behaviours differ as the paper's dataset wants them to, on both robots."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_sim_bridge.safety_gymnasium import race
from fosp_sim_bridge.safety_gymnasium.body import BODIES, body_of
from fosp_sim_bridge.safety_gymnasium.survey import survey

SEEDS = 2


@pytest.mark.parametrize("task", ["PointGoal1", "CarGoal1"])
def test_the_cautious_pay_less_than_the_reckless_and_both_earn_more_than_chance(task: str) -> None:
    safe, unsafe = (survey(task, kind, SEEDS) for kind in ("safe", "unsafe"))
    random = survey(task, "random", 1)
    assert np.mean(safe.costs) < np.mean(unsafe.costs)
    assert np.mean(safe.returns) > np.mean(random.returns) + 8.0
    assert np.mean(unsafe.returns) > np.mean(random.returns) + 8.0


def test_on_the_race_course_the_reckless_arrive_and_the_cautious_pay_less() -> None:
    safe, unsafe = (survey("PointRace2", kind, 1) for kind in ("safe", "unsafe"))
    assert unsafe.returns[0] > 10.0  # what the goal alone is worth
    assert safe.returns[0] > 3.0  # around both corners
    assert safe.costs[0] < 0.5 * unsafe.costs[0]


def test_the_course_leads_past_each_turn_to_the_goal() -> None:
    goal = np.array([3.15, 1.05])
    here, places = np.array([-2.3, -2.8]), []
    while not (places and np.array_equal(places[-1], goal)):
        places.append(race.next_place(here, goal))
        here = places[-1]
        assert len(places) < 10
    assert [tuple(place) for place in places[:-1]] == list(race.TURNS)


def test_a_drive_is_a_function_of_its_place_in_the_dataset() -> None:
    assert survey("PointGoal1", "random", 1) == survey("PointGoal1", "random", 1)


@pytest.mark.parametrize("name", BODIES)
def test_full_force_and_turn_stay_within_the_robots_action(name: str) -> None:
    action = BODIES[name].action(1.0, 1.0)
    assert action.shape == (2,)
    assert np.abs(action).max() <= 1.0


def test_a_robot_without_behaviours_is_named() -> None:
    with pytest.raises(ValueError, match=r"SafetyAntGoal1.*Point, Car"):
        body_of("SafetyAntGoal1")
