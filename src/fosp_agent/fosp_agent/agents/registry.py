"""Agents by name: what ``agent`` in the config chooses from."""

from __future__ import annotations

from typing import Any

import torch

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.agents.dreamerv3 import DreamerV3
from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.model_based import ModelBasedAgent
from fosp_agent.agents.protocol import Agent
from fosp_agent.agents.recovery_rl import RecoveryRL
from fosp_agent.agents.safedreamer import SafeDreamer
from fosp_agent.config import AgentConfig

AGENTS: dict[str, type[ModelBasedAgent[Any]]] = {
    "fosp": Fosp,
    "safedreamer": SafeDreamer,
    "dreamerv3": DreamerV3,
    "recovery_rl": RecoveryRL,
}


def make_agent(config: AgentConfig, device: torch.device | str = "cpu") -> Agent:
    """The agent that ``config.agent`` names, untrained."""
    return AGENTS[config.agent](config, device=device)


def make_networks(config: AgentConfig, *, expanded: bool = False) -> AgentNetworks:
    """The networks of the agent that ``config.agent`` names, untrained.

    Raises:
        RuntimeError: expanded, but the agent has no policy expansion.
    """
    networks: AgentNetworks = AGENTS[config.agent].build_networks(config)
    if expanded:
        networks.expand()
    return networks
