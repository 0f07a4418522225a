"""Agents whose every network has something to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from fosp_agent.agents.fosp import Fosp

AgentFactory = Callable[..., Fosp]


@pytest.fixture
def make_agent(make_config) -> AgentFactory:
    """Makes an agent; the outputs that begin at zero are random, the ranges are one."""

    def make(overrides: dict[str, Any] | None = None, *, expanded: bool = False) -> Fosp:
        torch.manual_seed(1)
        agent = Fosp(make_config(overrides))
        nets = agent.networks
        for pair in (nets.reward_critic, nets.cost_critic):
            for network in (pair.q, pair.v):
                torch.nn.init.normal_(network.mlp.output.weight, std=0.3)
            pair.slow_q.load_state_dict(pair.q.state_dict())
        for values in (
            nets.reward_advantage_range,
            nets.cost_advantage_range,
            nets.reward_value_range,
            nets.cost_value_range,
        ):
            values.high.fill_(1.0)
            values.updates.fill_(1)
        if expanded:
            agent.expand()
        return agent

    return make
