"""Policy expansion: which candidate acts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fosp_agent.behavior.policy_expansion import choose, choose_by, value_scales

ONES = (torch.tensor(1.0), torch.tensor(1.0))


def share_of_second(reward: Tensor, cost: Tensor, scales: tuple[Tensor, Tensor] = ONES) -> float:
    source = torch.Generator().manual_seed(0)
    picks = [
        choose(reward, cost, scales, 10.0, greedy=False, generator=source) for _ in range(1000)
    ]
    return sum(p.index for p in picks) / len(picks)


def test_the_probability_is_the_softmax_of_both_scaled_values():
    reward, cost = torch.tensor([1.0, 3.0]), torch.tensor([0.2, 0.1])
    scales = (torch.tensor(10.0), torch.tensor(0.5))
    score = torch.tensor([0.1 - 0.4, 0.3 - 0.2])
    choice = choose(reward, cost, scales, 10.0, greedy=True)
    torch.testing.assert_close(choice.probability, torch.softmax(10 * score, 0))
    assert choice.index == 1


def test_a_candidate_that_reward_strongly_favours_acts_nearly_always():
    assert share_of_second(torch.tensor([0.0, 0.5]), torch.zeros(2)) > 0.95


def test_a_costly_candidate_loses():
    assert share_of_second(torch.zeros(2), torch.tensor([0.0, 0.5])) < 0.05


def test_a_small_cost_range_is_not_drowned_by_a_large_reward():
    reward, cost = torch.tensor([30.0, 30.3]), torch.tensor([0.1, 1.0])
    assert share_of_second(reward, cost, (torch.tensor(30.0), torch.tensor(1.0))) < 0.05


def test_equal_candidates_take_turns():
    assert 0.4 < share_of_second(torch.ones(2), torch.ones(2)) < 0.6


def test_a_generator_decides_the_choice():
    def draws() -> list[int]:
        source = torch.Generator().manual_seed(5)
        zero = torch.zeros(2)
        return [
            choose(zero, zero, ONES, 1.0, greedy=False, generator=source).index for _ in "12345"
        ]

    assert draws() == draws()


def test_scales_are_the_running_ranges_or_the_papers_bounds(make_config):
    ranges = (torch.tensor(3.0), torch.tensor(4.0))
    assert value_scales(make_config(), *ranges, 80) == ranges
    bound = make_config({"expansion.scale": "bound", "critic.gamma": 0.5})
    for scale in value_scales(bound, *ranges, 2):
        assert scale.item() == pytest.approx(1 + 0.5 + 0.25)


def test_what_is_ruled_out_never_acts_even_where_all_others_are_alike():
    score = torch.tensor([-torch.inf, 3.0, 1.0])
    choice = choose_by(score, 0.0, greedy=False, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(choice.probability, torch.tensor([0.0, 0.5, 0.5]))
    assert choice.index in (1, 2)
