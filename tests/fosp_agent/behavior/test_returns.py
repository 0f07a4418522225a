"""Targets: which reward belongs to which step, and where a bootstrap ends."""

from __future__ import annotations

import torch

from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.returns import (
    imagined_return,
    imagined_violation,
    in_sample_target,
    lambda_return,
    one_step_target,
    within_episode,
)
from fosp_agent.behavior_config import CriticConfig
from fosp_agent.tensors import TensorBatch


def test_lambda_return_agrees_with_a_naive_sum_of_n_step_returns():
    horizon, lam = 4, 0.9
    reward, value = torch.randn(horizon, 2), torch.randn(horizon, 2)
    discount = torch.rand(horizon, 2)

    def n_step(start: int, n: int) -> torch.Tensor:
        total, factor = torch.zeros(2), torch.ones(2)
        for k in range(start, start + n):
            total = total + factor * reward[k]
            factor = factor * discount[k]
        return total + factor * value[start + n - 1]

    for start in range(horizon):
        left = horizon - start
        expected = lam ** (left - 1) * n_step(start, left)
        for n in range(1, left):
            expected = expected + (1 - lam) * lam ** (n - 1) * n_step(start, n)
        torch.testing.assert_close(lambda_return(reward, value, discount, lam)[start], expected)


def test_lambda_return_stops_where_an_imagined_state_ends():
    reward, value = torch.ones(3, 1), torch.full((3, 1), 100.0)
    discount = torch.tensor([[0.9], [0.0], [0.9]])
    out = lambda_return(reward, value, discount, 1.0)
    torch.testing.assert_close(out[:2], torch.tensor([[1.9], [1.0]]))


def test_q_at_a_step_regresses_on_the_reward_of_the_next():
    reward = torch.tensor([[7.0, 1.0, 20.0, 300.0]])
    target = one_step_target(reward, torch.zeros(1, 4), torch.zeros(1, 4, dtype=torch.bool), 0.9)
    assert target.tolist() == [[1.0, 20.0, 300.0]]


def test_no_target_crosses_into_another_row():
    rows = torch.tensor([[1000.0], [2000.0], [3000.0]])  # a sentinel a row
    steps = torch.arange(4.0)
    reward, value = rows + steps, rows + 0.5 + steps
    target = one_step_target(reward, value, torch.zeros(3, 4, dtype=torch.bool), 1.0)
    torch.testing.assert_close(target, 2 * rows + 0.5 + 2 * steps[1:])


def test_truncation_keeps_the_bootstrap_and_termination_loses_it():
    terminal = torch.tensor([[False, False, False], [False, False, True]])
    target = one_step_target(torch.zeros(2, 3), torch.full((2, 3), 10.0), terminal, 0.5)
    assert target.tolist() == [[5.0, 5.0], [5.0, 0.0]]


def test_a_pair_across_two_episodes_does_not_count():
    first = torch.tensor([[True, False, True, False]])
    assert within_episode(first).tolist() == [[1.0, 0.0, 1.0]]


def real_rows(terminal: torch.Tensor, first: torch.Tensor) -> TensorBatch:
    """Sequences of which only the boundaries matter."""
    empty = torch.zeros(*first.shape, 0)
    flags = torch.zeros(first.shape)
    return TensorBatch(empty, empty, empty, flags, flags, first, terminal)


def test_in_sample_target_is_the_one_step_target_unless_lambda_is_set():
    none = torch.zeros(2, 5, dtype=torch.bool)
    reward, value = torch.randn(2, 5), torch.randn(2, 5)
    config = CriticConfig(gamma=0.9, in_sample_lambda=0.0)
    expected = one_step_target(reward, value, none, 0.9)
    assert torch.equal(in_sample_target(reward, value, real_rows(none, none), config), expected)


def test_in_sample_lambda_return_carries_a_reward_back_along_its_own_row():
    none = torch.zeros(2, 5, dtype=torch.bool)
    reward = torch.zeros(2, 5)
    reward[0, 4] = 1.0
    config = CriticConfig(gamma=0.5, in_sample_lambda=1.0)
    target = in_sample_target(reward, torch.zeros(2, 5), real_rows(none, none), config)
    torch.testing.assert_close(target[0], torch.tensor([0.125, 0.25, 0.5, 1.0]))
    assert bool((target[1] == 0).all())


def test_in_sample_lambda_return_bootstraps_from_its_own_row():
    """Every value is its row's sentinel, so a return without rewards is nothing else."""
    none = torch.zeros(3, 4, dtype=torch.bool)
    value = torch.tensor([[1000.0], [2000.0], [3000.0]]).expand(3, 4)
    for lam in (0.5, 1.0):
        config = CriticConfig(gamma=1.0, in_sample_lambda=lam)
        target = in_sample_target(torch.zeros(3, 4), value, real_rows(none, none), config)
        torch.testing.assert_close(target, value[:, 1:])


def test_in_sample_lambda_return_stops_at_terminals_and_at_new_episodes():
    none = torch.zeros(1, 5, dtype=torch.bool)
    reward, value = torch.zeros(1, 5), torch.full((1, 5), 10.0)
    reward[0, 4] = 100.0
    config = CriticConfig(gamma=1.0, in_sample_lambda=1.0)
    terminal = none.clone()
    terminal[0, 2] = True
    target = in_sample_target(reward, value, real_rows(terminal, none), config)
    assert target.tolist() == [[0.0, 0.0, 110.0, 110.0]]
    first = none.clone()
    first[0, 3] = True
    target = in_sample_target(reward, value, real_rows(none, first), config)
    assert target[0, 1].item() == 10.0


def rollout_of(violation: torch.Tensor, proceed: torch.Tensor) -> Rollout:
    """H + 1 states of which only contacts and ends are known."""
    nothing = torch.zeros(len(violation) - 1, violation.shape[1])
    return Rollout(violation[..., None], nothing[..., None], nothing, nothing, violation, proceed)


def test_an_imagined_state_after_which_nothing_follows_ends_the_return_that_arrives_with_it():
    ends = torch.tensor([[1.0], [0.0], [1.0]])
    rollout = rollout_of(torch.zeros(3, 1), ends)
    config = CriticConfig(gamma=0.5, return_lambda=0.5)
    found = imagined_return(torch.ones(2, 1), lambda x: x[..., 0] + 100, rollout, config)
    torch.testing.assert_close(found, torch.tensor([[1.0], [51.0]]))


def test_imagined_violations_are_those_of_the_steps_that_are_reached():
    violation = torch.tensor([[0.1], [0.2], [0.4], [0.8]])
    everywhere = imagined_violation(rollout_of(violation, torch.ones(4, 1)))
    torch.testing.assert_close(everywhere, torch.tensor([1.4]))
    ends = torch.tensor([[1.0], [1.0], [0.0], [1.0]])
    torch.testing.assert_close(imagined_violation(rollout_of(violation, ends)), torch.tensor([0.6]))


def test_a_root_that_violates_already_counts_nothing():
    violation = torch.tensor([[0.9, 0.1], [0.5, 0.5]])
    found = imagined_violation(rollout_of(violation, torch.ones(2, 2)))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.5]))
