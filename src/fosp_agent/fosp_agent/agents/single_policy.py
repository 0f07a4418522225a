"""Networks with one policy: it acts, it learns, and there is nothing to choose between."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from torch import Tensor

from fosp_agent.agents.acting import Judgement, Proposals
from fosp_agent.agents.base_networks import SettledNetworks
from fosp_agent.behavior.actor import Actor


class SinglePolicyNetworks(SettledNetworks):
    """World model and one policy; a subclass builds ``actor`` and has values of states."""

    actor: Actor

    @abstractmethod
    def state_values(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(..., S) -> value of reward and of cost, (...) each; 0 where it has none."""

    def learner(self) -> Actor:
        """The one policy."""
        return self.actor

    def policies(self) -> Mapping[str, Actor]:
        """The one policy."""
        return {"policy": self.actor}

    def settle(self, proposals: Proposals) -> Judgement:
        """The first candidate acts, whatever the values.

        The state's values stand for each candidate's; a feasibility of 1 says: no such estimate.
        """
        count = len(proposals.actions)
        reward, cost = self.state_values(proposals.features)
        probability = reward.new_zeros(count)
        probability[0] = 1.0
        return Judgement(0, reward.expand(count), cost.expand(count), probability, 1.0)
