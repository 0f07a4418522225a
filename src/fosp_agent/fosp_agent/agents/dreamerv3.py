"""DreamerV3: imagined reward up, whatever it costs.

Hafner et al., "Mastering Diverse Domains through World Models" (2023). Offline, where the world
model can be wrong without ever being told, the imagined reward is lowered by the disagreement of
an ensemble (Yu et al., "MOPO", 2020; Rafailov et al., "LOMPO", 2021).
"""

from __future__ import annotations

import torch
from torch import Tensor

from fosp_agent.agents.model_based import ModelBasedAgent, Posterior
from fosp_agent.agents.protocol import Metrics
from fosp_agent.agents.single_policy import SinglePolicyNetworks
from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.return_following import follow_dynamics, follow_score
from fosp_agent.behavior.returns import imagined_return
from fosp_agent.behavior.state_value import StateValue, value_regression
from fosp_agent.config import AgentConfig
from fosp_agent.nn.optim import Optimizer, RunningRange, frozen
from fosp_agent.tensors import TensorBatch
from fosp_agent.world_model.latent_ensemble import LatentEnsemble


class DreamerV3Networks(SinglePolicyNetworks):
    """World model, V of reward, the ensemble and one policy. Nothing of it knows cost."""

    def __init__(self, config: AgentConfig) -> None:
        super().__init__(config)
        self.reward_value = StateValue(self.feature_size, config)
        self.ensemble = LatentEnsemble(config)
        self.actor = Actor(self.feature_size, config)
        self.reward_range = RunningRange(floor=1.0)

    def state_values(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(..., S) -> V of reward; the cost is unknown and said to be 0, (...) each."""
        value = self.reward_value(features)
        return value, torch.zeros_like(value)


class DreamerV3(ModelBasedAgent[DreamerV3Networks]):
    """Loss of the actor: -((R^lambda - V) / max(1, S) log pi + eta H)."""

    @classmethod
    def build_networks(cls, config: AgentConfig) -> DreamerV3Networks:
        """World model, state value, ensemble and the policy."""
        return DreamerV3Networks(config)

    def _behavior_optimizers(self) -> dict[str, Optimizer]:
        nets, clip = self.networks, self.config.critic.clip
        rate = self.config.dreamerv3.learning_rate
        return {
            "critics": self._critic_optimizer("critics", [nets.reward_value]),
            "ensemble": Optimizer("ensemble", [nets.ensemble], learning_rate=rate, clip=clip),
            "actor": self._actor_optimizer("actor", nets.actor),
        }

    @property
    def penalized(self) -> bool:
        """Whether disagreement counts: offline, and online by ``dreamerv3.ensemble_online``."""
        config = self.config.dreamerv3
        return bool(config.ensemble_penalty) and (config.ensemble_online or not self.finetuning)

    def _learn_behavior(self, posterior: Posterior, data: TensorBatch) -> Metrics:
        nets, critic = self.networks, self.config.critic
        with self._autocast(), frozen([nets.world_model, nets.reward_value, nets.ensemble]):
            rollout = self._imagine(posterior, data)
            reward = self.imagined_reward(rollout)
            loss, metrics = self._actor_loss(rollout, reward)
        metrics["gradient/actor"] = self.optimizers["actor"].step(loss, metrics)
        imagined, signal = rollout.detached(), reward.detach()
        with self._autocast():
            error, returns = value_regression(nets.reward_value, signal, imagined, critic)
            metrics["gradient/critics"] = self.optimizers["critics"].step(
                error, {"critic/reward_v": error}
            )
            metrics |= self._learn_ensemble(posterior)
        nets.reward_range.update(returns)
        nets.reward_value.update_slow(critic.slow_rate)
        metrics |= {"critic/reward_v": float(error.detach()), "value/reward": float(returns.mean())}
        metrics["ensemble/penalty"] = float((rollout.reward - reward).detach().mean())
        return metrics

    def imagined_reward(self, rollout: Rollout) -> Tensor:
        """Predicted reward minus alpha times the ensemble's disagreement: (H, N)."""
        if not self.penalized:
            return rollout.reward
        state = self.networks.world_model.rssm.split(rollout.features[1:])
        disagreement = self.networks.ensemble.disagreement(*state)
        return rollout.reward - self.config.dreamerv3.ensemble_penalty * disagreement

    def _actor_loss(self, rollout: Rollout, reward: Tensor) -> tuple[Tensor, Metrics]:
        nets, critic, config = self.networks, self.config.critic, self.config.actor
        returns = imagined_return(reward, nets.reward_value, rollout, critic)
        scale = nets.reward_range.scale()
        if self.config.dreamerv3.gradient == "score":
            advantage = (returns - nets.reward_value(rollout.features[:-1])) / scale
            loss = follow_score(nets.actor, advantage, rollout, config.entropy, critic)
        else:
            loss = follow_dynamics(nets.actor, returns / scale, rollout, config.entropy, critic)
        metrics = {
            "actor/loss": float(loss.detach()),
            "actor/imagined_reward": float(returns.detach().mean()),
        }
        return loss, metrics

    def _learn_ensemble(self, posterior: Posterior) -> Metrics:
        states = posterior.states
        loss = self.networks.ensemble.loss(states.deter, states.stoch)
        norm = self.optimizers["ensemble"].step(loss, {"loss/ensemble": loss})
        return {"loss/ensemble": float(loss.detach()), "gradient/ensemble": norm}
