"""Recovery RL, model-based: a task policy that knows no cost, and one that leads out of danger.

Thananjeyan et al., "Recovery RL: Safe Reinforcement Learning with Learned Recovery Zones" (2021).
The recovery policy is learnt in imagination beside the task policy instead of planned at each step.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from fosp_agent.agents.acting import Judgement, Proposals
from fosp_agent.agents.base_networks import SettledNetworks
from fosp_agent.agents.model_based import ModelBasedAgent, Posterior
from fosp_agent.agents.protocol import Metrics
from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.reachability import discounted_violation
from fosp_agent.behavior.returns import within_episode
from fosp_agent.behavior.risk import RiskCritic, risk_loss, risk_target
from fosp_agent.behavior.state_value import StateValue, value_regression
from fosp_agent.config import AgentConfig
from fosp_agent.nn.optim import Optimizer, RunningRange, frozen
from fosp_agent.tensors import TensorBatch

TASK, RECOVERY = "task", "recovery"


class RecoveryNetworks(SettledNetworks):
    """World model, V of reward, Q_risk and both policies."""

    def __init__(self, config: AgentConfig) -> None:
        super().__init__(config)
        self.reward_value = StateValue(self.feature_size, config)
        self.risk = RiskCritic(self.feature_size, config)
        self.task = Actor(self.feature_size, config)
        self.recovery = Actor(self.feature_size, config)
        self.reward_range = RunningRange(floor=1.0)

    def learner(self) -> Actor:
        """The task policy."""
        return self.task

    def policies(self) -> Mapping[str, Actor]:
        """Both."""
        return {TASK: self.task, RECOVERY: self.recovery}

    def settle(self, proposals: Proposals) -> Judgement:
        """The recovery policy's candidate acts where Q_risk of the task policy's is too high."""
        features, names, actions = proposals
        risk = self.risk(features.expand(len(actions), -1), actions)
        task = names.index(TASK) if TASK in names else 0
        too_risky = bool(risk[task] > self.config.recovery_rl.threshold)
        chosen = names.index(RECOVERY) if too_risky and RECOVERY in names else task
        probability = risk.new_zeros(len(actions))
        probability[chosen] = 1.0
        value = self.reward_value(features).expand(len(actions))
        return Judgement(chosen, value, risk, probability, 1 - float(risk[task]))

    def act(self, features: Tensor) -> Tensor:
        """What the two policies do together, drawn: (..., S) -> (..., A), without a graph."""
        with torch.no_grad():
            task, recovery = self.task(features).sample(), self.recovery(features).sample()
            return self.safer(features, task, recovery)

    def safer(self, features: Tensor, task: Tensor, recovery: Tensor) -> Tensor:
        """The recovery action where the task action is too risky.

        (..., S) and twice (..., A) -> (..., A).
        """
        too_risky = self.risk(features, task) > self.config.recovery_rl.threshold
        return torch.where(too_risky.unsqueeze(-1), recovery, task)

    def violation_ahead(self, features: Tensor) -> Tensor | None:
        """(..., S) -> Q_risk of the likeliest action (...)."""
        action = self.safer(features, self.task(features).mean, self.recovery(features).mean)
        risk: Tensor = self.risk(features, action)
        return risk

    def violation_label(self, cost: Tensor) -> Tensor:
        """Q_risk counts from the next state on, which is not discounted: (B, T) -> (B, T)."""
        ahead = discounted_violation(cost, self.config.recovery_rl.gamma)
        return torch.cat([ahead[:, 1:], torch.zeros_like(ahead[:, :1])], 1)


class RecoveryRL(ModelBasedAgent[RecoveryNetworks]):
    """Loss of the task policy: -(R^lambda / S + eta H); of the recovery policy: Q_risk - eta H."""

    @classmethod
    def build_networks(cls, config: AgentConfig) -> RecoveryNetworks:
        """World model, state value, Q_risk and the two policies."""
        return RecoveryNetworks(config)

    def _behavior_optimizers(self) -> dict[str, Optimizer]:
        nets = self.networks
        return {
            "critics": self._critic_optimizer("critics", [nets.reward_value]),
            "risk": self._critic_optimizer("risk", [nets.risk]),
            "actor": self._actor_optimizer("actor", nets.task),
            "recovery": self._actor_optimizer("recovery", nets.recovery),
        }

    def _learn_behavior(self, posterior: Posterior, data: TensorBatch) -> Metrics:
        nets, critic = self.networks, self.config.critic
        with self._autocast(), frozen([nets.world_model, nets.reward_value, nets.risk]):
            rollout = self._imagine(posterior, data)
            loss, metrics = self._follow_reward(nets.reward_value, nets.reward_range, rollout)
            recovery_loss, measured = self._recovery_loss(rollout)
        metrics |= measured
        metrics["gradient/actor"] = self.optimizers["actor"].step(loss, metrics)
        metrics["gradient/recovery"] = self.optimizers["recovery"].step(recovery_loss, measured)
        imagined = rollout.detached()
        with self._autocast():
            error, returns = value_regression(nets.reward_value, imagined.reward, imagined, critic)
            metrics["gradient/critics"] = self.optimizers["critics"].step(
                error, {"critic/reward_v": error}
            )
            metrics |= self._learn_risk(posterior, data, imagined)
        nets.reward_range.update(returns)
        nets.reward_value.update_slow(critic.slow_rate)
        nets.risk.update_slow(critic.slow_rate)
        return metrics | {
            "critic/reward_v": float(error.detach()),
            "value/reward": float(returns.mean()),
        }

    def _recovery_loss(self, rollout: Rollout) -> tuple[Tensor, Metrics]:
        """Q_risk of the recovery policy's own actions, wherever the imagination leads."""
        features = rollout.features[:-1].detach()
        policy = self.networks.recovery(features)
        risk = self.networks.risk(features, policy.sample())
        loss = (risk - self.config.actor.entropy * policy.entropy()).mean()
        return loss, {"recovery/risk": float(risk.detach().mean())}

    def _learn_risk(self, posterior: Posterior, data: TensorBatch, rollout: Rollout) -> Metrics:
        """On labels where there are real steps, on the cost head's probability in imagination."""
        risk, gamma = self.networks.risk, self.config.recovery_rl.gamma
        real = risk_loss(
            risk,
            posterior.features[:, :-1],
            data.action[:, :-1],
            risk_target(
                (data.cost[:, 1:] > 0).float(),
                self._following_risk(posterior.features[:, 1:]),
                (~data.is_terminal[:, 1:]).float(),
                gamma,
            ),
            within_episode(data.is_first),
        )
        imagined = risk_loss(
            risk,
            rollout.features[:-1],
            rollout.action,
            risk_target(
                rollout.violation[1:],
                self._following_risk(rollout.features[1:]),
                rollout.proceed[1:],
                gamma,
            ),
            rollout.weight(self.config.critic.gamma),
        )
        norm = self.optimizers["risk"].step(
            real + imagined, {"risk/real": real, "risk/imagined": imagined}
        )
        return {"loss/risk": float((real + imagined).detach()), "gradient/risk": norm}

    def _following_risk(self, features: Tensor) -> Tensor:
        """Slow Q_risk of what both policies do together in the next states: (..., S) -> (...)."""
        nets = self.networks
        return nets.risk.slow_risk(features, nets.act(features))
