"""The world model and its loss (eq. 1)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from fosp_agent.config import AgentConfig
from fosp_agent.nn.layers import MLP
from fosp_agent.nn.sequence_return import sequence_return
from fosp_agent.tensors import TensorBatch
from fosp_agent.world_model.cost_ensemble import EnsembleCost, cost_head
from fosp_agent.world_model.decoder import Decoder
from fosp_agent.world_model.encoder import Encoder
from fosp_agent.world_model.heads import ContinueHead, RewardHead
from fosp_agent.world_model.lookahead import look_ahead, look_back, look_elsewhere
from fosp_agent.world_model.motion import pose_motion
from fosp_agent.world_model.rssm import RSSM, State

RETURN_LAMBDA = 0.95
"""Mixing factor of the return that the latents are taught to hold."""


class Filtered(NamedTuple):
    """What a batch looks like from inside."""

    states: State
    """Posterior states (B, T, ...), with their graph."""
    losses: dict[str, Tensor]
    """(B, T) each, unscaled; the image's for the decoded frames only, and
    the cloning's without the last step, whose action may be a stand-in."""


class WorldModel(nn.Module):
    """Encoder, RSSM, decoder and three heads."""

    def __init__(self, config: AgentConfig) -> None:
        super().__init__()
        model = config.world_model
        self.config = model
        self.decoded_share = config.training.decoded_share
        self.encoder = Encoder(config.robot, model)
        self.rssm = RSSM(
            self.encoder.size,
            config.robot.action_size,
            model,
            motion=pose_motion(config),
            scene_map=self.encoder.scene_map,
        )
        features = self.rssm.feature_size
        self.decoder = Decoder(features, config.robot, model)
        # With a scene map, contact is a question of the place alone: heads that see the latents
        # learn few contacts by heart. The reward keeps to the latents, which so learn the goal.
        skip = self.rssm.latent_size if self.encoder.scene_map is not None else 0
        self.reward = RewardHead(features, model, blind=self.rssm.local_size)
        self.cost = cost_head(features, model, skip)
        self.proceed = ContinueHead(features, model)
        self.cloning: MLP | None = None
        if model.cloning_scale:
            actions = config.robot.action_size
            self.cloning = MLP(features, actions, layers=model.layers, units=model.units)
        self.to_come: RewardHead | None = None
        self.gamma = config.critic.gamma
        if model.return_scale:
            self.to_come = RewardHead(features, model, blind=self.rssm.local_size)
        self.cost_to_come: RewardHead | None = None
        self.cost_gamma = config.reachability.gamma
        if model.cost_return_scale:
            self.cost_to_come = RewardHead(features, model)
        self.scales = self._scales(config)

    def filter(self, batch: TensorBatch) -> Filtered:
        """Run the batch through the model and score every prediction."""
        embedding, scene = self.encoder(batch.image, batch.pose)
        first = self._forget(batch.is_first) if self.training else batch.is_first
        states, posterior, prior = self.rssm.observe(embedding, batch.action, first)
        states = self.with_pose(states, batch.pose, scene, batch.camera)
        features = states.features()
        dynamics, representation = self.rssm.kl_losses(posterior, prior, self.config.free_nats)
        losses = {
            "dynamics": dynamics,
            "representation": representation,
            **self._signal_losses(states, batch),
            "continue": self.proceed.loss(features, batch.is_terminal),
            **self.decoder.losses(
                features,
                batch.image,
                self.encoder.normalize_pose(batch.pose),
                self.decoded_share if self.training else 1.0,
            ),
        }
        if self.cloning is not None:
            predicted = torch.tanh(self.cloning(features[:, :-1]).float())
            error = (predicted - batch.action[:, :-1]).square().sum(-1)
            losses["cloning"] = error * batch.imitation_weight()
        if self.to_come is not None:
            losses["return"] = self._return_loss(
                self.to_come, batch.reward, self.gamma, states, batch
            )
        if self.cost_to_come is not None:
            losses["cost_return"] = self._return_loss(
                self.cost_to_come, batch.cost, self.cost_gamma, states, batch
            )
        return Filtered(states, losses)

    def _return_loss(
        self, head: RewardHead, signal: Tensor, gamma: float, states: State, batch: TensorBatch
    ) -> Tensor:
        """Regression on the lambda-return of a signal (B, T) along the sequence: (B, T - 1)."""
        with torch.no_grad():
            value = head(states.features())
            target = sequence_return(
                signal, value, batch.is_terminal, batch.is_first, gamma, RETURN_LAMBDA
            )
        varied = self.varied(states, batch) if self.training else None
        features = states.features() if varied is None else varied
        return head.loss(features[:, :-1], target)

    def _scales(self, config: AgentConfig) -> dict[str, float]:
        """Weight of each loss, of those parts that there are."""
        model = self.config
        scales = {
            "dynamics": model.dynamics_scale,
            "representation": model.representation_scale,
            "image": 1.0,
            "reward": model.reward_scale,
            "cost": model.cost_scale,
            "continue": 1.0,
        }
        if config.robot.pose_size:
            scales["pose"] = model.pose_scale
        if self.cloning is not None:
            scales["cloning"] = model.cloning_scale
        if self.to_come is not None:
            scales["return"] = model.return_scale
        if self.cost_to_come is not None:
            scales["cost_return"] = model.cost_return_scale
        return scales

    def _signal_losses(self, states: State, batch: TensorBatch) -> dict[str, Tensor]:
        """Reward's and cost's losses, (B, T) each, on this pose and perhaps on a later one."""
        here = states if states.pose is None else self._blurred(states, states.pose)
        features = here.features()
        losses = {
            "reward": self.reward.loss(features, batch.reward),
            "cost": self._cost_loss(features, batch.cost, batch),
        }
        if self.config.lookahead and self.training:
            ahead = look_ahead(states, batch)
            features = self._blurred(states, ahead.pose).features()
            reward = self.reward.loss(features, ahead.reward)
            cost = self._cost_loss(features, ahead.cost, batch)
            losses = {
                "reward": 0.5 * (losses["reward"] + ahead.weight * reward),
                "cost": 0.5 * (losses["cost"] + ahead.weight * cost),
            }
        if self.config.goal_apart and self.training and batch.goal is not None:
            losses["reward"] = losses["reward"] + self._goal_loss(states, batch.goal)
        return losses

    def _goal_loss(self, states: State, goal: Tensor) -> Tensor:
        """Reward's loss (B, T) at the goals (B, P) [m], [rad] of this and of other episodes."""
        placed = self.encoder.in_range(goal)
        length = states.deter.shape[1]
        there = look_elsewhere(placed, goal[:, :3], length, self.config.goal_apart)
        features = self._blurred(states, there.pose).features()
        return there.weight * self.reward.loss(features, there.reward)

    def varied(self, states: State, batch: TensorBatch) -> Tensor | None:
        """Features (B, T, S) of the same steps, otherwise seen: see ``Posterior.varied``.

        None where neither ``lookahead`` nor ``pose_noise`` is on.
        """
        if states.pose is None or not (self.config.lookahead or self.config.pose_noise):
            return None
        seen = look_back(states, batch) if self.config.lookahead else states
        noise = self.config.pose_noise * torch.randn_like(states.pose)
        return self.rssm.placed(seen, states.pose + noise).features()

    def _blurred(self, states: State, pose: Tensor) -> State:
        """The states at a pose (B, T, P), with noise on it while training."""
        noise = self.config.pose_noise
        if not noise or not self.training:
            return states if pose is states.pose else self.rssm.placed(states, pose)
        return self.rssm.placed(states, pose + noise * torch.randn_like(pose))

    def with_pose(
        self, state: State, pose: Tensor, scene: Tensor | None, camera: Tensor | None = None
    ) -> State:
        """The state with the observed pose (..., P) [m], [rad], where it is a part of it.

        Args:
            state: latents alone.
            pose: observed.
            scene: (..., F) the observed image's scene map, where there is one.
            camera: (B, 12) projections of a batch's rows; None: ``robot.camera``.
        """
        if not self.config.direct_pose:
            return state
        if camera is not None and scene is not None:
            state = state._replace(camera=camera.unsqueeze(1).expand(-1, pose.shape[1], -1))
        return self.rssm.placed(state._replace(scene=scene), self.encoder.in_range(pose))

    def _cost_loss(self, features: Tensor, cost: Tensor, batch: TensorBatch) -> Tensor:
        """(B, T, S) -> (B, T); an ensemble's members learn from their own share of the episodes."""
        if isinstance(self.cost, EnsembleCost):
            return self.cost.loss(features, cost, batch.episode)
        return self.cost.loss(features, cost)

    def _forget(self, is_first: Tensor) -> Tensor:
        """(B, T) -> (B, T): further fresh starts, with ``forget_probability`` each."""
        probability = self.config.forget_probability
        if not probability:
            return is_first
        return is_first | (torch.rand(is_first.shape, device=is_first.device) < probability)

    def total(self, losses: dict[str, Tensor]) -> Tensor:
        """Scale and sum the losses, averaged over batch and time: ().

        Raises:
            KeyError: the losses and their scales do not have the same names.
        """
        if losses.keys() != self.scales.keys():
            raise KeyError(f"losses {sorted(losses)} do not match scales {sorted(self.scales)}")
        total = sum(self.scales[name] * loss.mean() for name, loss in losses.items())
        assert isinstance(total, Tensor)
        return total
