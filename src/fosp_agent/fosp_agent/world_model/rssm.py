"""The recurrent state-space model: what happens next, with and without a look."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fosp_agent.nn.distributions import categorical_kl, sample_one_hot, unimix_log_probs
from fosp_agent.nn.layers import GRUCell, NormedLinear, initialize
from fosp_agent.world_model.motion import Motion
from fosp_agent.world_model.scene_map import SceneMap
from fosp_agent.world_model_config import WorldModelConfig

WAVES = (1.0, 2.0, 4.0)
"""Frequencies, in half turns over the pose range, with which a direct pose is shown."""


def pose_features(pose: Tensor) -> Tensor:
    """The pose, and sine and cosine of its multiples: (..., P) -> (..., P * 7)."""
    waves = [wave(math.pi * f * pose) for f in WAVES for wave in (torch.sin, torch.cos)]
    return torch.cat([pose, *waves], -1)


class State(NamedTuple):
    """Model state s = [h, z], or [h, z, pose]; leading axes as the context says."""

    deter: Tensor
    """(..., D)"""
    stoch: Tensor
    """(..., N * K), one-hot each"""
    pose: Tensor | None = None
    """(..., P) where the pose is part of the state, in units of the pose range; else None."""
    scene: Tensor | None = None
    """(..., F) feature maps of the image, where the camera is known; else None."""
    local: Tensor | None = None
    """(..., L) what they show around the pose."""
    camera: Tensor | None = None
    """(..., 12) projection that the image was seen with; None: ``robot.camera``."""

    def features(self) -> Tensor:
        """(..., S)."""
        parts = [self.deter, self.stoch]
        if self.pose is not None:
            parts.append(pose_features(self.pose))
        if self.local is not None:
            parts.append(self.local)
        return torch.cat(parts, -1)

    def map(self, change: Callable[[Tensor], Tensor]) -> State:
        """The state with every tensor changed."""
        return State(*(None if x is None else change(x) for x in self))  # type: ignore[arg-type]

    def flatten(self) -> State:
        """(B, T, ...) -> (B * T, ...), cut off from the graph."""
        return self.map(lambda x: x.detach().flatten(0, 1))


class RSSM(nn.Module):
    """h_t = f(z_{t-1}, h_{t-1}, a_{t-1}); z_t ~ q(z | h_t, x_t) or p(z | h_t)."""

    stride: Tensor
    low: Tensor
    high: Tensor

    def __init__(
        self,
        embedding: int,
        actions: int,
        config: WorldModelConfig,
        motion: Motion | None = None,
        scene_map: SceneMap | None = None,
    ) -> None:
        """Build the model.

        Args:
            embedding: E.
            actions: A.
            config: sizes.
            motion: how actions move the pose, where it is part of the state.
            scene_map: shows what is around a pose; it belongs to the encoder.
        """
        super().__init__()
        self.latents, self.classes, self.unimix = config.latents, config.classes, config.unimix
        self.kinematic = config.imagination == "kinematic"
        self.deter_size, self.stoch_size = config.deter, config.latents * config.classes
        self.feature_size = self.latent_size = self.deter_size + self.stoch_size
        motion = motion or Motion((), (), ())
        self.feature_size += len(motion.stride) * (1 + 2 * len(WAVES))
        self.local_size = config.scene_units if scene_map is not None else 0
        self.feature_size += self.local_size
        # Not registered: the encoder has its weights already.
        self._scene_map = (scene_map,)
        self.register_buffer("stride", torch.tensor(motion.stride), persistent=False)
        self.register_buffer("low", torch.tensor(motion.low), persistent=False)
        self.register_buffer("high", torch.tensor(motion.high), persistent=False)
        units = config.units
        self.input = NormedLinear(self.stoch_size + actions, units)
        self.cell = GRUCell(units, self.deter_size)
        self.prior_hidden = NormedLinear(self.deter_size, units)
        self.prior_output = nn.Linear(units, self.stoch_size)
        self.look = nn.Linear(embedding, units, bias=False)
        self.recall = nn.Linear(self.deter_size, units, bias=False)
        self.posterior_norm = nn.LayerNorm(units, eps=1e-3)
        self.posterior_output = nn.Linear(units, self.stoch_size)
        self.initial_deter = nn.Parameter(torch.zeros(self.deter_size))
        for layer in (self.prior_output, self.look, self.recall, self.posterior_output):
            initialize(layer)

    def split(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """H and z out of what ``State.features`` made: (..., S) -> (..., D), (..., N * K)."""
        end = self.deter_size + self.stoch_size
        return features[..., : self.deter_size], features[..., self.deter_size : end]

    def initial(self, batch: int) -> State:
        """The learned first state, with the mode of its prior: (B, ...)."""
        deter = torch.tanh(self.initial_deter).expand(batch, -1)
        mode = self.prior(deter).argmax(-1)
        stoch = F.one_hot(mode, self.classes).to(deter.dtype).flatten(-2)
        return State(deter, stoch)

    def prior(self, deter: Tensor) -> Tensor:
        """(..., D) -> log-probabilities (..., N, K)."""
        return self._log_probs(self.prior_output(self.prior_hidden(deter)))

    def posterior(self, deter: Tensor, look: Tensor) -> Tensor:
        """(..., D) and the encoded look (..., U) -> log-probabilities (..., N, K)."""
        hidden = F.silu(self.posterior_norm(self.recall(deter) + look))
        return self._log_probs(self.posterior_output(hidden))

    def advance(self, state: State, action: Tensor) -> Tensor:
        """One step of the deterministic state: (N, ...), (N, A) -> (N, D), float32."""
        x = torch.cat([state.stoch, action], -1)
        deter: Tensor = self.cell(self.input(x), state.deter).float()
        return deter

    def imagine_step(
        self, state: State, action: Tensor, generator: torch.Generator | None = None
    ) -> State:
        """One step without a look: (N, ...), (N, A) -> (N, ...).

        A pose in the state goes where the action sends it (dead reckoning). In kinematic
        imagination nothing else moves, and the pose stays within its bound.
        """
        pose = None if state.pose is None else state.pose + action * self.stride
        if self.kinematic and pose is not None:
            return self.placed(state, pose.clamp(self.low, self.high))
        deter = self.advance(state, action)
        stoch = sample_one_hot(self.prior(deter), generator).flatten(-2)
        after = state._replace(deter=deter, stoch=stoch)
        return after if pose is None else self.placed(after, pose)

    def placed(self, state: State, pose: Tensor) -> State:
        """The state with another pose (..., P), and what the scene shows there."""
        scene_map = self._scene_map[0]
        if scene_map is None or state.scene is None:
            return state._replace(pose=pose)
        return state._replace(pose=pose, local=scene_map.around(state.scene, pose, state.camera))

    def observe_step(
        self, state: State, action: Tensor, look: Tensor, first: Tensor
    ) -> tuple[State, Tensor]:
        """One step with a look.

        Args:
            state: previous state (N, ...).
            action: action taken in it (N, A).
            look: encoded observation (N, U).
            first: (N,) bool; where true, state and action are replaced by their initial values.

        Returns:
            The posterior state (N, ...) and its log-probabilities (N, N, K).
        """
        state, action = self.reset(state, action, first, self.initial(len(first)))
        return self._look(state, action, look)

    def _look(self, state: State, action: Tensor, look: Tensor) -> tuple[State, Tensor]:
        deter = self.advance(state, action)
        log_probs = self.posterior(deter, look)
        return State(deter, sample_one_hot(log_probs).flatten(-2)), log_probs

    @staticmethod
    def reset(state: State, action: Tensor, first: Tensor, start: State) -> tuple[State, Tensor]:
        """Replace state by ``start`` and action by zeros where ``first`` (N,) is true."""
        keep = (~first).unsqueeze(-1)
        deter = torch.where(keep, state.deter, start.deter)
        stoch = torch.where(keep, state.stoch, start.stoch)
        return State(deter, stoch), action * keep

    def observe(
        self, embedding: Tensor, action: Tensor, first: Tensor
    ) -> tuple[State, Tensor, Tensor]:
        """Filter a batch of sequences.

        Args:
            embedding: (B, T, E).
            action: (B, T, A); action[t] is taken after observation t, so step t uses t - 1.
            first: (B, T) bool.

        Returns:
            Posterior states (B, T, ...), posterior and prior log-probabilities (B, T, N, K).
        """
        batch, length = first.shape
        looks = self.look(embedding).unbind(1)
        previous = F.pad(action, (0, 0, 1, 0))[:, :length].unbind(1)
        state = start = self.initial(batch)
        states, posteriors = [], []
        for t in range(length):
            state, before = self.reset(state, previous[t], first[:, t], start)
            state, log_probs = self._look(state, before, looks[t])
            states.append(state)
            posteriors.append(log_probs)
        deter = torch.stack([s.deter for s in states], 1)
        stoch = torch.stack([s.stoch for s in states], 1)
        return State(deter, stoch), torch.stack(posteriors, 1), self.prior(deter)

    def kl_losses(
        self, posterior: Tensor, prior: Tensor, free_nats: float
    ) -> tuple[Tensor, Tensor]:
        """Dynamics and representation KL, each summed over latents, then clipped below.

        Args:
            posterior: log-probabilities (B, T, N, K).
            prior: log-probabilities (B, T, N, K).

        Returns:
            (B, T) each: only the prior learns from the first, only the posterior from the second.
        """
        dynamics = categorical_kl(posterior.detach(), prior)
        representation = categorical_kl(posterior, prior.detach())
        return dynamics.clamp(min=free_nats), representation.clamp(min=free_nats)

    def _log_probs(self, logits: Tensor) -> Tensor:
        shaped = logits.reshape(*logits.shape[:-1], self.latents, self.classes)
        return unimix_log_probs(shaped, self.unimix)
