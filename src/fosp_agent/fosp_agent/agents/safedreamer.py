"""SafeDreamer (BSRP-Lag): imagined reward up through the dynamics, imagined cost held down.

Huang et al., "SafeDreamer: Safe Reinforcement Learning with World Models" (ICLR 2024): background
safety-reward planning with a Lagrangian. No planning at acting time, no term on dataset actions.
"""

from __future__ import annotations

from torch import Tensor

from fosp_agent.agents.model_based import ModelBasedAgent, Posterior
from fosp_agent.agents.protocol import Metrics
from fosp_agent.agents.single_policy import SinglePolicyNetworks
from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.lagrangian import AugmentedLagrangian, penalty
from fosp_agent.behavior.returns import imagined_return
from fosp_agent.behavior.state_value import StateValue, value_regression
from fosp_agent.config import AgentConfig
from fosp_agent.nn.optim import Optimizer, RunningRange, frozen
from fosp_agent.tensors import TensorBatch


class SafeDreamerNetworks(SinglePolicyNetworks):
    """World model, V of reward and of cost, the multiplier and one policy."""

    def __init__(self, config: AgentConfig) -> None:
        super().__init__(config)
        self.reward_value = StateValue(self.feature_size, config)
        self.cost_value = StateValue(self.feature_size, config)
        self.lagrangian = AugmentedLagrangian(config.lagrangian)
        self.actor = Actor(self.feature_size, config)
        self.reward_range = RunningRange(floor=1.0)
        self.cost_range = RunningRange(floor=1.0)

    def state_values(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(..., S) -> V of reward and V of cost, (...) each."""
        return self.reward_value(features), self.cost_value(features)


class SafeDreamer(ModelBasedAgent[SafeDreamerNetworks]):
    """Loss of the actor: -(R^lambda / S + eta H) + Psi(C^lambda, lambda_p, mu)."""

    @classmethod
    def build_networks(cls, config: AgentConfig) -> SafeDreamerNetworks:
        """World model, two state values, the multiplier and the policy."""
        return SafeDreamerNetworks(config)

    def _behavior_optimizers(self) -> dict[str, Optimizer]:
        nets = self.networks
        return {
            "critics": self._critic_optimizer("critics", [nets.reward_value, nets.cost_value]),
            "actor": self._actor_optimizer("actor", nets.actor),
        }

    def _learn_behavior(self, posterior: Posterior, data: TensorBatch) -> Metrics:
        nets = self.networks
        with self._autocast(), frozen([nets.world_model, nets.reward_value, nets.cost_value]):
            rollout = self._imagine(posterior, data)
            loss, metrics = self._actor_loss(rollout)
        metrics["gradient/actor"] = self.optimizers["actor"].step(loss, metrics)
        with self._autocast():
            metrics |= self._learn_values(rollout.detached())
        for value in (nets.reward_value, nets.cost_value):
            value.update_slow(self.config.critic.slow_rate)
        return metrics

    def _actor_loss(self, rollout: Rollout) -> tuple[Tensor, Metrics]:
        nets, critic = self.networks, self.config.critic
        loss, metrics = self._follow_reward(nets.reward_value, nets.reward_range, rollout)
        cost = imagined_return(rollout.cost, nets.cost_value, rollout, critic)
        weight = rollout.weight(critic.gamma)
        scale, lasting = nets.cost_range.scale(), rollout.proceed[0].expand_as(cost)
        constraint, measured = penalty(nets.lagrangian, cost, scale, weight, lasting)
        return loss + constraint, metrics | measured

    def _learn_values(self, rollout: Rollout) -> Metrics:
        nets, critic = self.networks, self.config.critic
        reward, returns = value_regression(nets.reward_value, rollout.reward, rollout, critic)
        cost, cost_returns = value_regression(nets.cost_value, rollout.cost, rollout, critic)
        terms = {"critic/reward_v": reward, "critic/cost_v": cost}
        norm = self.optimizers["critics"].step(reward + cost, terms)
        nets.reward_range.update(returns)
        nets.cost_range.update(cost_returns)
        return {name: float(term.detach()) for name, term in terms.items()} | {
            "value/reward": float(returns.mean()),
            "value/cost": float(cost_returns.mean()),
            "gradient/critics": norm,
        }
