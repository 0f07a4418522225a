"""Courses through the world model: who acts in them, what they are worth, which are dropped."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.agents.networks import FospNetworks
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.planning import (
    Courses,
    Itinerary,
    Stage,
    follow,
    imagined_return,
    least_costly,
    least_violating,
    score_courses,
    surviving,
    violation_ahead,
)
from fosp_agent.world_model.rssm import State

H, A = 4, 6
GAMMA = 0.9
ONE = torch.tensor(1.0)


def courses(**values: list[float]) -> Courses:
    """Courses of which the given numbers are known; the others are zero."""
    count = len(next(iter(values.values())))
    names = ("q_reward", "q_cost", "reward", "cost", "violation", "feasibility")
    columns = [torch.tensor(values.get(name, [0.0] * count)) for name in names]
    return Courses(tuple("abcdefgh"[:count]), torch.zeros(H, count, A), *columns)


def rollout(count: int = 2, **changes: Tensor) -> Rollout:
    zeros = torch.zeros(H, count)
    values: dict[str, Any] = {
        "features": torch.zeros(H + 1, count, 3),
        "action": torch.zeros(H, count, A),
        "reward": zeros,
        "cost": zeros,
        "violation": torch.zeros(H + 1, count),
        "proceed": torch.ones(H + 1, count),
    }
    return Rollout(**(values | changes))


@pytest.fixture
def networks(make_config) -> FospNetworks:
    return FospNetworks(make_config(), expanded=True).eval().requires_grad_(False)


@pytest.fixture
def state(networks: FospNetworks) -> State:
    return networks.world_model.rssm.initial(1)


def test_each_course_goes_on_with_its_own_policy_and_the_written_ones_as_written():
    written = torch.full((H, 1, A), 0.7)
    written[2] = -0.7
    itinerary = Itinerary(("one", "one", "two", "plan"), torch.zeros(3, A), written)
    act = itinerary.acting(
        {"one": lambda x: x[:, :A] + 1, "two": lambda x: x[:, :A] + 2}, particles=2
    )
    features = torch.zeros(8, 10)
    first = act(0, features)
    assert first[:, 0].tolist() == pytest.approx([0] * 6 + [0.7] * 2)
    assert act(2, features)[:, 0].tolist() == pytest.approx([1] * 4 + [2] * 2 + [-0.7] * 2)


def test_particles_of_a_course_are_averaged(networks: FospNetworks, state: State):
    written = torch.zeros(H, 2, A)
    itinerary = Itinerary(("a", "b"), torch.zeros(0, A), written)

    def violation(particles: int) -> Tensor:
        config = PlanningConfig(horizon=H, particles=particles)
        generator = torch.Generator().manual_seed(1)
        return follow(Stage(networks, {}, state), config, GAMMA, itinerary, generator).violation

    assert violation(1)[0] != violation(1)[1]
    one, other = violation(400)
    torch.testing.assert_close(one, other, rtol=0.05, atol=0.01)


def test_following_needs_no_randomness_but_its_own(networks: FospNetworks, state: State):
    itinerary = Itinerary(("new",) * 3, torch.zeros(3, A), torch.zeros(H, 0, A))
    policies = {"new": lambda features: networks.learner()(features).mode}

    def run() -> Courses:
        generator = torch.Generator().manual_seed(1)
        config = PlanningConfig(horizon=H)
        return follow(Stage(networks, policies, state), config, GAMMA, itinerary, generator)

    before = torch.get_rng_state()
    one = run()
    assert torch.equal(torch.get_rng_state(), before)
    torch.randn(3)
    assert all(torch.equal(a, b) for a, b in zip(one[1:], run()[1:], strict=True))


def test_violation_is_the_chance_of_any_cost_ahead_the_present_not_included(
    networks: FospNetworks,
):
    ahead = torch.tensor([[0.9, 0.9], [0.1, 0.0], [0.0, 0.5], [0.2, 0.0], [0.0, 0.5]])
    found = violation_ahead(rollout(violation=ahead), networks.reachability, PlanningConfig())
    torch.testing.assert_close(found, torch.tensor([1 - 0.9 * 0.8, 0.75]))


def test_beyond_the_horizon_reachability_may_count(networks: FospNetworks):
    features = torch.randn(H + 1, 2, networks.world_model.rssm.feature_size)
    config = PlanningConfig(violation_tail="reachability")
    found = violation_ahead(rollout(features=features), networks.reachability, config)
    torch.testing.assert_close(found, networks.reachability(features[-1]))


def test_an_imagined_return_is_discounted_and_ends_in_the_value():
    class Two:
        """Everything is worth 2."""

        def v(self, features: Tensor) -> Tensor:
            return torch.full(features.shape[:-1], 2.0)

    reward = torch.ones(H, 2)
    proceed = torch.ones(H + 1, 2)
    proceed[2:, 1] = 0.0  # the second course ends in state 2
    found = imagined_return(reward, rollout(proceed=proceed), Two(), GAMMA)  # type: ignore[arg-type]
    whole = 1 + GAMMA + GAMMA**2 + GAMMA**3 + 2 * GAMMA**4
    torch.testing.assert_close(found, torch.tensor([whole, 1 + GAMMA]))


def test_courses_above_the_limit_and_those_that_are_no_number_are_dropped():
    found = surviving(courses(violation=[0.1, 0.5, 0.51, float("nan")]), 0.5)
    assert found.tolist() == [True, True, False, False]


def test_the_least_violating_course_is_a_number():
    assert least_violating(courses(violation=[float("nan"), 0.9, 0.8])) == 2


def test_the_least_costly_course_is_a_number():
    found = courses(cost=[float("nan"), 0.9, 0.8], violation=[0.0, 0.0, 1.0])
    assert least_costly(found) == 2


def test_a_score_is_of_the_first_action_or_of_the_imagined_returns():
    found = courses(q_reward=[2.0, 0.0], q_cost=[1.0, 0.0], reward=[0.0, 3.0], cost=[0.0, 4.0])
    scales = torch.tensor(2.0), torch.tensor(4.0)
    by_value = score_courses(found, PlanningConfig(), scales)
    by_return = score_courses(found, PlanningConfig(choice="return"), scales)
    assert by_value.tolist() == [0.75, 0.0]
    assert by_return.tolist() == [0.0, 0.5]


def test_predicted_violation_lowers_the_score_where_it_is_given_weight():
    found = courses(q_reward=[1.0, 1.0], violation=[0.0, 0.5])
    weighed = score_courses(found, PlanningConfig(violation_weight=2.0), (ONE, ONE))
    assert weighed.tolist() == [1.0, 0.0]
