"""FOSP: one gradient step of Algorithm 1, offline and online."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.behavior.critics import CriticPair, Samples, q_loss, v_loss
from fosp_agent.behavior.imagination import Rollout, imagine
from fosp_agent.behavior.offline import advantage_weight, cloning_loss
from fosp_agent.behavior.online import score_loss, signed_weight, value_loss
from fosp_agent.behavior.reachability import reachability_loss, reachability_target
from fosp_agent.behavior.returns import lambda_return, one_step_target, within_episode
from fosp_agent.config import AgentConfig
from fosp_agent.nn.optim import Optimizer, frozen
from fosp_agent.tensors import TensorBatch, to_tensors
from fosp_agent.types import Batch
from fosp_agent.world_model.rssm import State

Metrics = dict[str, float]


class Posterior(NamedTuple):
    """Real sequences as the world model sees them; no graph."""

    states: State
    """(B, T, ...)"""
    features: Tensor
    """(B, T, S)"""


class Fosp:
    """Networks and optimisers; knows nothing of files, nodes or episodes."""

    def __init__(self, config: AgentConfig, *, device: str = "cpu") -> None:
        self.config = config
        self.device = torch.device(device)
        self.networks = FospNetworks(config).to(self.device)
        self.updates = 0
        """Gradient steps since the expansion (or since the beginning)."""
        self._build_optimizers()

    def _build_optimizers(self) -> None:
        nets, config = self.networks, self.config
        model, critic, actor = config.world_model, config.critic, config.actor
        self.optimizers = {
            "world model": Optimizer(
                "world model",
                [nets.world_model],
                learning_rate=model.learning_rate,
                clip=model.clip,
            ),
            "critics": Optimizer(
                "critics",
                [nets.reward_critic, nets.cost_critic],
                learning_rate=critic.learning_rate,
                clip=critic.clip,
            ),
            "reachability": Optimizer(
                "reachability",
                [nets.reachability],
                learning_rate=config.reachability.learning_rate,
                clip=critic.clip,
            ),
            "actor": Optimizer(
                "actor",
                [nets.learner()],
                learning_rate=actor.learning_rate,
                clip=actor.clip,
                weight_decay=actor.weight_decay,
            ),
        }

    def expand(self) -> None:
        """Begin fine-tuning: freeze the offline policy, create the new one (Algorithm 1, l. 12)."""
        self.networks.expand()
        self.networks.to(self.device)
        self.updates = 0
        self._build_optimizers()

    def train_step(self, batch: Batch) -> Metrics:
        """One gradient step of everything.

        Returns:
            Metrics by name, all finite.

        Raises:
            NonFiniteLoss: naming the part; that part's weights are as before the step.
        """
        data = to_tensors(batch, self.device)
        posterior, metrics = self._learn_world_model(data)
        metrics |= self._learn_behavior(posterior, data)
        self.updates += 1
        return metrics

    def state_dict(self) -> dict[str, Any]:
        """Everything that has state, the random generators of torch excepted."""
        return {
            "networks": self.networks.state_dict(),
            "optimizers": {k: o.adam.state_dict() for k, o in self.optimizers.items()},
            "updates": self.updates,
            "expanded": self.networks.expanded,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where ``state_dict`` was taken."""
        if state["expanded"] and not self.networks.expanded:
            self.expand()
        self.networks.load_state_dict(state["networks"])
        for name, optimizer in self.optimizers.items():
            optimizer.adam.load_state_dict(state["optimizers"][name])
        self.updates = int(state["updates"])

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.config.training.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _learn_world_model(self, data: TensorBatch) -> tuple[Posterior, Metrics]:
        model = self.networks.world_model
        with self._autocast():
            filtered = model.filter(data)
            loss = model.total(filtered.losses)
        norm = self.optimizers["world model"].step(loss)
        states = filtered.states.map(torch.Tensor.detach)
        metrics = {f"loss/{name}": float(x.detach().mean()) for name, x in filtered.losses.items()}
        metrics["gradient/world_model"] = norm
        return Posterior(states, states.features()), metrics

    def _learn_behavior(self, posterior: Posterior, data: TensorBatch) -> Metrics:
        nets = self.networks
        others = [nets.world_model, *nets.behaviors()]
        with self._autocast(), frozen(others):
            rollout = self._imagine(posterior, data)
            actor_loss, metrics = self._actor_loss(posterior, data, rollout)
        metrics["gradient/actor"] = self.optimizers["actor"].step(actor_loss)
        with self._autocast():
            metrics |= self._learn_critics(posterior, data, detached(rollout))
            metrics |= self._learn_reachability(posterior, data, detached(rollout))
        for pair in (nets.reward_critic, nets.cost_critic):
            pair.update_slow(self.config.critic.slow_rate)
        return metrics

    def _imagine(self, posterior: Posterior, data: TensorBatch) -> Rollout:
        training = self.config.training
        start = posterior.states.flatten()
        root_proceed = (~data.is_terminal).float().flatten()
        total = len(root_proceed)
        if 0 < training.imagination_starts < total:
            index = torch.randperm(total, device=self.device)[: training.imagination_starts]
            start = start.map(lambda x: x[index])
            root_proceed = root_proceed[index]
        nets = self.networks
        return imagine(nets.world_model, nets.learner(), start, root_proceed, training.horizon)

    def _actor_loss(
        self, posterior: Posterior, data: TensorBatch, rollout: Rollout
    ) -> tuple[Tensor, Metrics]:
        nets, config = self.networks, self.config.actor
        penalty, metrics = self._penalty(rollout)
        if config.imagined_reward or config.imagined_cost:
            penalty = penalty + self._imagined_loss(rollout, metrics)
        if not nets.expanded:
            imitation = self._offline_loss(posterior, data, metrics)
        else:
            imitation = self._online_loss(rollout, metrics)
            if config.online_cloning:
                cloning = self._offline_loss(posterior, data, metrics)
                imitation = imitation + config.online_cloning * cloning
        metrics["actor/loss"] = float(imitation.detach())
        return imitation + penalty, metrics

    def _offline_loss(self, posterior: Posterior, data: TensorBatch, metrics: Metrics) -> Tensor:
        """First part of eq. 20, on every pair (s_t, a_t) with a successor in its row."""
        nets, config = self.networks, self.config.actor
        features = posterior.features[:, :-1].flatten(0, 1)
        action = data.action[:, :-1].flatten(0, 1)
        with torch.no_grad():
            reward, cost = nets.advantages(features, action)
            feasibility = nets.reachability.feasibility(features)
            weight = advantage_weight(reward, cost, feasibility, config)
        metrics["actor/weight"] = float(weight.mean())
        metrics["actor/weight_clipped"] = float((weight >= config.weight_clip).float().mean())
        metrics["actor/feasibility"] = float(feasibility.mean())
        return cloning_loss(nets.learner(), features, action, weight, config.entropy)

    def _online_loss(self, rollout: Rollout, metrics: Metrics) -> Tensor:
        """Eq. 23 on imagined states, by score function or through Q."""
        nets, config = self.networks, self.config.actor
        features = rollout.features[:-1].detach().flatten(0, 1)
        feasibility = nets.reachability.feasibility(features)
        if config.online_gradient == "score":
            action = rollout.action.detach().flatten(0, 1)
            with torch.no_grad():
                weight = signed_weight(*nets.advantages(features, action), feasibility, config)
            loss = score_loss(nets.learner(), features, action, weight, config.entropy)
        else:
            action = nets.learner()(features).sample()
            weight = signed_weight(*nets.advantages(features, action), feasibility, config)
            loss = value_loss(weight, nets.learner(), features, config.entropy)
        metrics["actor/weight"] = float(weight.detach().mean())
        metrics["actor/feasibility"] = float(feasibility.mean())
        return loss

    def _imagined_loss(self, rollout: Rollout, metrics: Metrics) -> Tensor:
        """Beyond the paper: imagined returns, followed through the dynamics, in both stages.

        The weighted cloning of eq. 20 never sees the states that its own errors lead to; these do.
        """
        nets, config = self.networks, self.config.actor
        weight = rollout.weight(self.config.critic.gamma)
        reward = self._imagined_return(nets.reward_critic, rollout.reward, rollout)
        cost = self._imagined_return(nets.cost_critic, rollout.cost, rollout)
        gain = config.imagined_reward * reward / nets.reward_value_range.scale()
        loss = config.imagined_cost * cost / nets.cost_value_range.scale() - gain
        metrics["actor/imagined_reward"] = float(reward.detach().mean())
        metrics["actor/imagined_cost"] = float(cost.detach().mean())
        return (weight * loss).mean()

    def _imagined_return(self, pair: CriticPair, signal: Tensor, rollout: Rollout) -> Tensor:
        """Lambda-return (H, N) of an imagined signal (H, N), with the graph of the dynamics."""
        config = self.config.critic
        discount = config.gamma * rollout.proceed[1:]
        return lambda_return(signal, pair.v(rollout.features[1:]), discount, config.return_lambda)

    def _penalty(self, rollout: Rollout) -> tuple[Tensor, Metrics]:
        """Second part of eq. 20: Phi(cost return) * u, and the multiplier's update (eq. 27)."""
        nets = self.networks
        cost_return = self._imagined_return(nets.cost_critic, rollout.cost, rollout)[0]
        scale = nets.cost_value_range.scale()
        excess = nets.lagrangian.constraint(cost_return, scale)
        feasibility = nets.reachability.feasibility(rollout.features[0])
        penalty = (nets.lagrangian.term(excess) * feasibility).mean()
        nets.lagrangian.update(excess.detach().mean())
        metrics = {
            "lagrangian/cost_return": float(cost_return.detach().mean()),
            "lagrangian/multiplier": float(nets.lagrangian.multiplier),
            "lagrangian/penalty": float(penalty.detach()),
        }
        return penalty, metrics

    def _samples(
        self,
        pair: CriticPair,
        reward: Tensor,
        signal: Tensor,
        data: TensorBatch,
        posterior: Posterior,
        rollout: Rollout,
    ) -> list[Samples]:
        """Real pairs with one-step targets, imagined pairs with lambda-returns; for one signal.

        Args:
            pair: the critics of this signal.
            reward: (B, T) labels of the signal.
            signal: (H, N) imagined signal.
            data: the batch.
            posterior: its states.
            rollout: imagined steps without a graph.
        """
        config = self.config.critic
        with torch.no_grad():
            value = pair.v(rollout.features[1:])
            discount = config.gamma * rollout.proceed[1:]
            imagined = Samples(
                rollout.features[:-1],
                rollout.action,
                lambda_return(signal, value, discount, config.return_lambda),
                rollout.weight(config.gamma),
            )
            real = Samples(
                posterior.features[:, :-1],
                data.action[:, :-1],
                one_step_target(reward, pair.v(posterior.features), data.is_terminal, config.gamma),
                within_episode(data.is_first),
            )
        return [imagined, real] if config.in_sample else [imagined]

    def _learn_critics(self, posterior: Posterior, data: TensorBatch, rollout: Rollout) -> Metrics:
        nets, config = self.networks, self.config.critic
        sources = {
            "reward": (nets.reward_critic, data.reward, rollout.reward, config.expectile),
            "cost": (nets.cost_critic, data.cost, rollout.cost, config.cost_expectile),
        }
        total = torch.zeros((), device=self.device)
        metrics: Metrics = {}
        for name, (pair, labels, signal, kappa) in sources.items():
            samples = self._samples(pair, labels, signal, data, posterior, rollout)
            q = torch.stack([q_loss(pair, s, config.slow_regularizer) for s in samples]).sum()
            v = torch.stack([v_loss(pair, s, kappa, config.slow_target) for s in samples]).sum()
            total = total + q + v
            metrics[f"critic/{name}_q"] = float(q.detach())
            metrics[f"critic/{name}_v"] = float(v.detach())
            metrics[f"value/{name}"] = float(samples[-1].target.mean())
        metrics["gradient/critics"] = self.optimizers["critics"].step(total)
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
        real, imagined = posterior.features.transpose(0, 1), rollout.features
        labels = (data.cost > 0).float().transpose(0, 1)
        follows = within_episode(data.is_first).transpose(0, 1)
        with torch.no_grad():
            alive = (~data.is_terminal[:, -1]).float()
            targets = (
                reachability_target(labels, network(real[-1]) * alive, follows, config.gamma),
                reachability_target(
                    rollout.violation, network(imagined[-1]), rollout.proceed[1:], config.gamma
                ),
            )
        loss = reachability_loss(network, real, targets[0])
        loss = loss + reachability_loss(network, imagined, targets[1])
        norm = self.optimizers["reachability"].step(loss)
        return {"loss/reachability": float(loss.detach()), "gradient/reachability": norm}


def detached(rollout: Rollout) -> Rollout:
    """The same roll-out without its graph."""
    return Rollout(*(x.detach() for x in rollout))
