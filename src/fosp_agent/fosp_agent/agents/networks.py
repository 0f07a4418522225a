"""All networks of FOSP in one module, so that one state dict holds everything that acts."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fosp_agent.agents.acting import EPISODE_STEPS, Judgement, Proposals
from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.critics import CriticPair
from fosp_agent.behavior.lagrangian import AugmentedLagrangian
from fosp_agent.behavior.policy_expansion import choose, value_scales
from fosp_agent.behavior.reachability import Reachability
from fosp_agent.config import AgentConfig
from fosp_agent.nn.optim import RunningRange


class FospNetworks(AgentNetworks):
    """World model, critics, reachability, multipliers, both policies and running ranges."""

    def __init__(self, config: AgentConfig, *, expanded: bool = False) -> None:
        super().__init__(config)
        features = self.feature_size
        # How far the target is does not depend on what stands beside the gripper.
        blind = self.world_model.rssm.local_size
        self.reward_critic = CriticPair(features, config, blind=blind)
        self.cost_critic = CriticPair(features, config)
        self.reachability = Reachability(features, config)
        self.lagrangian = AugmentedLagrangian(config.lagrangian)
        self.offline = Actor(features, config)
        self.new: Actor | None = None
        self.reward_advantage_range = RunningRange()
        self.cost_advantage_range = RunningRange()
        self.reward_value_range = RunningRange()
        self.cost_value_range = RunningRange(floor=1.0)
        if expanded:
            self.expand()

    @property
    def expanded(self) -> bool:
        """Whether the new policy exists."""
        return self.new is not None

    def expand(self) -> None:
        """Freeze the offline policy and create the new one, which shares no storage with it."""
        if self.new is not None:
            raise RuntimeError("the policy has been expanded already")
        self.offline.requires_grad_(False)
        if self.config.actor.online_init == "copy":
            self.new = copy.deepcopy(self.offline).requires_grad_(True)
        else:
            self.new = Actor(self.feature_size, self.config)

    def learner(self) -> Actor:
        """The policy that learns: the offline one until the expansion, then the new one."""
        return self.offline if self.new is None else self.new

    def policies(self) -> Mapping[str, Actor]:
        """One candidate each: the offline policy, and the new one where it exists (eq. 21)."""
        return {"offline": self.offline} | ({} if self.new is None else {"new": self.new})

    def judge(
        self, proposals: Proposals, *, greedy: bool, generator: torch.Generator | None = None
    ) -> Judgement:
        """Choose by softmax over the values (eq. 21-22); see ``ActingNetworks``."""
        actions = proposals.actions
        repeated = proposals.features.expand(len(actions), -1)
        q_reward = self.reward_critic.action_value(repeated, actions)
        q_cost = self.cost_critic.action_value(repeated, actions)
        ranges = self.reward_value_range.scale(), self.cost_value_range.scale()
        choice = choose(
            q_reward,
            q_cost,
            value_scales(self.config, *ranges, EPISODE_STEPS),
            self.config.expansion.inverse_temperature,
            greedy=greedy,
            generator=generator,
        )
        feasibility = float(self.reachability.feasibility(proposals.features))
        return Judgement(choice.index, q_reward, q_cost, choice.probability, feasibility)

    def violation_ahead(self, features: Tensor) -> Tensor | None:
        """(..., S) -> p of the reachability estimation (...)."""
        probability: Tensor = self.reachability(features)
        return probability

    def advantages(self, features: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """A = Q - V of reward and cost, in units of their running ranges: (..., S), (..., A).

        The graph runs through the action, where it has one.
        """
        reward = self.reward_critic.action_value(features, action) - self.reward_critic.v(features)
        cost = self.cost_critic.action_value(features, action) - self.cost_critic.v(features)
        if not self.config.actor.normalize_advantage:
            return reward, cost
        return (
            reward / self.reward_advantage_range.scale(),
            cost / self.cost_advantage_range.scale(),
        )

    def behaviors(self) -> list[nn.Module]:
        """Everything but the world model and the policies."""
        return [self.reward_critic, self.cost_critic, self.reachability]


def fingerprint(module: nn.Module) -> str:
    """SHA-256 over names and values of all parameters and buffers."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
