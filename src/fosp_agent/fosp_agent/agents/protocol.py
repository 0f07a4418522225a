"""What training needs from any agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.config import AgentConfig
from fosp_agent.nn.optim import Optimizer
from fosp_agent.types import Batch

Metrics = dict[str, float]


class Agent(Protocol):
    """Networks and optimisers; knows nothing of files, nodes or episodes.

    An agent learns offline until ``begin_finetuning`` and online after it. What acts is its
    networks alone (``acting.ActingNetworks``): a weights file holds those.
    """

    config: AgentConfig
    updates: int
    """Gradient steps since the fine-tuning began (or since the beginning)."""

    @property
    def networks(self) -> AgentNetworks:
        """Everything that has weights."""
        ...

    @property
    def optimizers(self) -> Mapping[str, Optimizer]:
        """By name; one for each group of networks that learns from one loss."""
        ...

    def train_step(self, batch: Batch) -> Metrics:
        """One gradient step of everything.

        Returns:
            Metrics by name, all finite.

        Raises:
            NonFiniteLoss: naming the part; that part's weights are as before the step.
        """
        ...

    def begin_finetuning(self) -> None:
        """From now on what is learned is online (Algorithm 1, line 12)."""
        ...

    def adopt(self, networks: AgentNetworks) -> None:
        """Take over the weights of other networks of the same config."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that has state, the random generators of torch excepted."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where ``state_dict`` was taken."""
        ...
