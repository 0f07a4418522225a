"""FOSP: one gradient step of Algorithm 1, offline and online."""

from __future__ import annotations

import torch
from torch import Tensor

from fosp_agent.agents.critic_learning import Signal, critic_loss, critic_samples
from fosp_agent.agents.model_based import ModelBasedAgent, Posterior
from fosp_agent.agents.networks import FospNetworks
from fosp_agent.agents.protocol import Metrics
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.lagrangian import penalty
from fosp_agent.behavior.offline import advantage_weight, cloning_loss
from fosp_agent.behavior.online import score_loss, signed_weight, value_loss
from fosp_agent.behavior.reachability import reachability_loss, reachability_target
from fosp_agent.behavior.returns import imagined_return, imagined_violation, within_episode
from fosp_agent.config import AgentConfig
from fosp_agent.nn import distributed
from fosp_agent.nn.optim import Optimizer, frozen
from fosp_agent.tensors import TensorBatch


class Fosp(ModelBasedAgent[FospNetworks]):
    """Safe policy learnt offline, expanded by a new one online."""

    @classmethod
    def build_networks(cls, config: AgentConfig) -> FospNetworks:
        """World model, four critics, reachability, the multiplier and the policies."""
        return FospNetworks(config)

    def _behavior_optimizers(self) -> dict[str, Optimizer]:
        nets, config = self.networks, self.config
        return {
            "critics": self._critic_optimizer("critics", [nets.reward_critic, nets.cost_critic]),
            "reachability": Optimizer(
                "reachability",
                [nets.reachability],
                learning_rate=config.reachability.learning_rate,
                clip=config.critic.clip,
            ),
            "actor": self._actor_optimizer("actor", nets.learner()),
        }

    def begin_finetuning(self) -> None:
        """Freeze the offline policy and create the new one (Algorithm 1, l. 12), once.

        Without policy expansion (ablation) the offline policy itself goes on learning, alone.
        """
        super().begin_finetuning()
        if self.config.expansion.enabled and not self.networks.expanded:
            self._expand()

    def expand(self) -> None:
        """Begin fine-tuning with a new policy, whatever the config says.

        Raises:
            RuntimeError: there is one already.
        """
        self._expand()
        super().begin_finetuning()

    @property
    def online(self) -> bool:
        """Whether the policy that learns follows eq. 23; otherwise it follows eq. 20."""
        direct = self.finetuning and self.config.expansion.direct_loss == "online"
        return self.networks.expanded or direct

    def _learn_behavior(self, posterior: Posterior, data: TensorBatch) -> Metrics:
        nets = self.networks
        others = [nets.world_model, *nets.behaviors()]
        with self._autocast(), frozen(others):
            rollout = self._imagine(posterior, data)
            actor_loss, metrics = self._actor_loss(posterior, data, rollout)
        metrics["gradient/actor"] = self.optimizers["actor"].step(actor_loss, metrics)
        with self._autocast():
            metrics |= self._learn_critics(posterior, data, rollout.detached())
            metrics |= self._learn_reachability(posterior, data, rollout.detached())
        for pair in (nets.reward_critic, nets.cost_critic):
            pair.update_slow(self.config.critic.slow_rate)
        return metrics

    def _actor_loss(
        self, posterior: Posterior, data: TensorBatch, rollout: Rollout
    ) -> tuple[Tensor, Metrics]:
        config = self.config.actor
        constraint, metrics = self._penalty(rollout)
        if config.imagined_reward or config.imagined_cost or config.imagined_violation:
            constraint = constraint + self._imagined_loss(rollout, metrics)
        if not self.online:
            imitation = self._offline_loss(posterior, data, metrics)
        else:
            imitation = self._online_loss(rollout, metrics)
            if config.online_cloning:
                cloning = self._offline_loss(posterior, data, metrics)
                imitation = imitation + config.online_cloning * cloning
        imitation = imitation + self._intervention_loss(posterior, data, metrics)
        metrics["actor/loss"] = float(imitation.detach())
        return imitation + constraint, metrics

    def _offline_loss(self, posterior: Posterior, data: TensorBatch, metrics: Metrics) -> Tensor:
        """First part of eq. 20, on every pair (s_t, a_t) with a successor in its row."""
        nets, config = self.networks, self.config.actor
        features = posterior.varied[:, :-1].flatten(0, 1)
        action = data.action[:, :-1].flatten(0, 1)
        with torch.no_grad():
            reward, cost = nets.advantages(features, action)
            if config.center_advantage:
                reward, cost = (a - distributed.mean(a.mean()) for a in (reward, cost))
            feasibility = nets.reachability.feasibility(features)
            weight = advantage_weight(reward, cost, feasibility, config)
            weight = (weight.view(len(data.action), -1) * data.imitation_weight()).flatten()
        metrics["actor/weight"] = float(weight.mean())
        metrics["actor/weight_clipped"] = float((weight >= config.weight_clip).float().mean())
        metrics["actor/feasibility"] = float(feasibility.mean())
        return cloning_loss(nets.learner(), features, action, weight, config.entropy)

    def _intervention_loss(
        self, posterior: Posterior, data: TensorBatch, metrics: Metrics
    ) -> Tensor:
        """Beyond the paper: -log pi(a_t|s_t) over the steps at which an operator took over.

        They are demonstrations of what to do where the policy was about to err, whatever the
        critics think of them: the weight is 1.
        """
        scale = self.config.actor.intervention_cloning
        nothing = torch.zeros((), device=self.device)
        if not self.finetuning or not scale or data.intervention is None:
            return nothing
        chosen = data.intervention[:, :-1].flatten().float()
        metrics["actor/interventions"] = float(chosen.mean())
        features = posterior.features[:, :-1].flatten(0, 1)
        action = data.action[:, :-1].flatten(0, 1)
        weight = chosen / chosen.mean().clamp(min=1.0 / len(chosen))  # the mean is over the chosen
        loss = cloning_loss(self.networks.learner(), features, action, weight, 0.0)
        metrics["actor/intervention_loss"] = float(loss.detach())
        return scale * loss

    def _online_loss(self, rollout: Rollout, metrics: Metrics) -> Tensor:
        """Eq. 23 on imagined states, by score function or through Q."""
        nets, config = self.networks, self.config.actor
        features = rollout.features[:-1].detach().flatten(0, 1)
        reached = rollout.weight(gamma=1.0).flatten()
        feasibility = nets.reachability.feasibility(features)
        if config.online_gradient == "score":
            action = rollout.action.detach().flatten(0, 1)
            with torch.no_grad():
                weight = signed_weight(*nets.advantages(features, action), feasibility, config)
            loss = score_loss(nets.learner(), features, action, weight, config.entropy, reached)
        else:
            action = nets.learner()(features).sample()
            weight = signed_weight(*nets.advantages(features, action), feasibility, config)
            loss = value_loss(weight, nets.learner(), features, config.entropy, reached)
        metrics["actor/weight"] = float(weight.detach().mean())
        metrics["actor/feasibility"] = float(feasibility.mean())
        return loss

    def _imagined_loss(self, rollout: Rollout, metrics: Metrics) -> Tensor:
        """Beyond the paper: what is imagined from the roots, followed through the dynamics.

        The weighted cloning of eq. 20 never sees the states that its own errors lead to; these do.
        """
        nets, config = self.networks, self.config.actor
        critic = self.config.critic
        reward = imagined_return(rollout.reward, nets.reward_critic.v, rollout, critic)[0]
        violation = imagined_violation(rollout)
        metrics["actor/imagined_reward"] = float(reward.detach().mean())
        metrics["actor/imagined_violation"] = float(violation.detach().mean())
        gain = config.imagined_reward * reward / nets.reward_value_range.scale()
        loss = config.imagined_violation * violation - gain
        if config.imagined_cost:
            cost = imagined_return(rollout.cost, nets.cost_critic.v, rollout, critic)[0]
            metrics["actor/imagined_cost"] = float(cost.detach().mean())
            loss = loss + config.imagined_cost * cost / nets.cost_value_range.scale()
        return (loss * rollout.proceed[0]).mean()

    def _penalty(self, rollout: Rollout) -> tuple[Tensor, Metrics]:
        """Second part of eq. 20: Phi(cost return) * u, and the multiplier's update (eq. 27)."""
        nets = self.networks
        cost = imagined_return(rollout.cost, nets.cost_critic.v, rollout, self.config.critic)[0]
        feasibility = nets.reachability.feasibility(rollout.features[0])
        scale, lasting = nets.cost_value_range.scale(), rollout.proceed[0]
        return penalty(nets.lagrangian, cost, scale, feasibility * lasting, lasting)

    def _learn_critics(self, posterior: Posterior, data: TensorBatch, rollout: Rollout) -> Metrics:
        nets, config = self.networks, self.config.critic
        signals = (
            Signal("reward", nets.reward_critic, data.reward, rollout.reward, config.expectile),
            Signal("cost", nets.cost_critic, data.cost, rollout.cost, config.cost_expectile),
        )
        total = torch.zeros((), device=self.device)
        metrics: Metrics = {}
        for signal in signals:
            samples = critic_samples(signal, posterior, data, rollout, config)
            loss, measured = critic_loss(signal, samples, config)
            total = total + loss
            metrics |= measured
        metrics["gradient/critics"] = self.optimizers["critics"].step(total, metrics)
        self._update_ranges(posterior, data)
        return metrics

    @torch.no_grad()
    def _update_ranges(self, posterior: Posterior, data: TensorBatch) -> None:
        nets = self.networks
        features, action = posterior.features[:, :-1], data.action[:, :-1]
        pairs = (
            (nets.reward_critic, nets.reward_value_range, nets.reward_advantage_range),
            (nets.cost_critic, nets.cost_value_range, nets.cost_advantage_range),
        )
        for pair, values, advantages in pairs:
            q = pair.action_value(features, action)
            values.update(q)
            advantages.update(q - pair.v(features))

    def _learn_reachability(
        self, posterior: Posterior, data: TensorBatch, rollout: Rollout
    ) -> Metrics:
        network, config = self.networks.reachability, self.config.reachability
        real, imagined = posterior.varied.transpose(0, 1), rollout.features
        labels = (data.cost > 0).float().transpose(0, 1)
        weight = data.importance if config.debias else None  # (B,), of (T, B)
        follows = within_episode(data.is_first).transpose(0, 1)
        with torch.no_grad():
            alive = (~data.is_terminal[:, -1]).float()
            targets = (
                reachability_target(labels, network(real[-1]) * alive, follows, config.gamma),
                reachability_target(
                    rollout.violation,
                    network(imagined[-1]) * rollout.proceed[-1],
                    rollout.proceed[:-1],
                    config.gamma,
                ),
            )
        terms = {
            "reachability/real": reachability_loss(network, real, targets[0], weight),
            "reachability/imagined": reachability_loss(network, imagined, targets[1]),
        }
        loss = terms["reachability/real"] + terms["reachability/imagined"]
        norm = self.optimizers["reachability"].step(loss, terms)
        return {"loss/reachability": float(loss.detach()), "gradient/reachability": norm}
