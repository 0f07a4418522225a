"""What the networks of all agents have in common: a world model, and policies that act."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fosp_agent.agents.acting import Judgement, Proposals
from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.reachability import discounted_violation
from fosp_agent.config import AgentConfig
from fosp_agent.world_model.world_model import WorldModel


class AgentNetworks(nn.Module, ABC):
    """Everything of an agent that has weights, in one module and so in one state dict."""

    def __init__(self, config: AgentConfig) -> None:
        super().__init__()
        self.config = config
        self.world_model = WorldModel(config)

    @property
    def feature_size(self) -> int:
        """S."""
        return self.world_model.rssm.feature_size

    @property
    def expanded(self) -> bool:
        """Whether a second policy was added for fine-tuning; only FOSP does that."""
        return False

    def expand(self) -> None:
        """Add the policy of the fine-tuning.

        Raises:
            RuntimeError: this agent has none.
        """
        raise RuntimeError(
            f"the agent {self.config.agent!r} has no policy expansion: its own policy goes on "
            "learning"
        )

    @abstractmethod
    def policies(self) -> Mapping[str, Actor]:
        """The policies that propose actions; see ``ActingNetworks``."""

    @abstractmethod
    def judge(
        self, proposals: Proposals, *, greedy: bool, generator: torch.Generator | None = None
    ) -> Judgement:
        """Score the candidates of one state and choose; see ``ActingNetworks``."""

    @abstractmethod
    def learner(self) -> Actor:
        """The policy that learns the task."""

    def violation_ahead(self, features: Tensor) -> Tensor | None:  # noqa: ARG002
        """(..., S) -> probability of a violation from here on (...); None: it has no such guess."""
        return None

    def violation_label(self, cost: Tensor) -> Tensor:
        """What ``violation_ahead`` is to be, from the labels of whole episodes.

        max_k gamma_u^(k-t) 1{cost_k > 0} over the rest of each row: (B, T) -> (B, T) in [0, 1].
        """
        return discounted_violation(cost, self.config.reachability.gamma)


class SettledNetworks(AgentNetworks):
    """Networks whose choice among the candidates of a state is never drawn."""

    def judge(
        self,
        proposals: Proposals,
        *,
        greedy: bool,  # noqa: ARG002
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Judgement:
        """Greedy or not, the same candidate acts."""
        return self.settle(proposals)

    @abstractmethod
    def settle(self, proposals: Proposals) -> Judgement:
        """Score the candidates of one state and choose."""
