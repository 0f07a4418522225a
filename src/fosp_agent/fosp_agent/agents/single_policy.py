"""Judging where there is nothing to choose between."""

from __future__ import annotations

from torch import Tensor

from fosp_agent.agents.acting import Judgement, Proposals


def the_only_policy(proposals: Proposals, reward: Tensor, cost: Tensor) -> Judgement:
    """The first candidate acts, whatever the values.

    Args:
        proposals: K candidates, all of one policy.
        reward: (1,) value of the state.
        cost: (1,) value of the state.

    Returns:
        The state's values as each candidate's, and a feasibility of 1: no such estimate.
    """
    count = len(proposals.actions)
    probability = reward.new_zeros(count)
    probability[0] = 1.0
    return Judgement(0, reward.expand(count), cost.expand(count), probability, 1.0)
