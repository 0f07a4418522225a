"""What the world model makes of what is seen: reconstruction, the next steps, rewards and costs.

Loads the weights by itself, so that looking costs the acting policy nothing. Single-threaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fosp_agent.console.board import History
from fosp_agent.control.image_preprocess import preprocess
from fosp_agent.errors import UserError
from fosp_agent.training.weights import load_weights
from fosp_agent.types import ByteArray, Episode, FloatArray
from fosp_agent.world_model.rssm import State

Vector = npt.NDArray[np.float64]

HORIZON = 15
"""Imagined steps."""


class DoesNotFit(UserError):
    """Images or actions are of other sizes than the weights."""


@dataclass(frozen=True)
class Vision:
    """What the model sees and expects. Index 0 of every array is now, 1 to H are imagined."""

    episode_id: str
    step: int
    version: int
    policy: str
    frames: ByteArray
    """(H + 1, 64, 64, C); the first is the reconstruction of what is seen now."""
    places: Vector
    """(H + 1, 3) positions of the end effector [m]; (H + 1, 0) for robots without a pose."""
    reward: list[float]
    """(H + 1) expected reward."""
    cost: list[float]
    """(H + 1) probability of any cost, in [0, 1]."""


class Foresight:
    """One weights file, looked through."""

    def __init__(self, path: Path) -> None:
        """Load a file. Raises WeightsError."""
        torch.set_num_threads(1)
        loaded = load_weights(path)
        self._networks = loaded.networks.eval().requires_grad_(False)
        self._robot = loaded.config.robot
        self._forgets = loaded.config.world_model.memory == "observation"
        camera = np.asarray(self._robot.camera, np.float64)
        self.camera: Vector | None = camera.reshape(3, 4) if camera.size == 12 else None
        """Projection (3, 4) of the base frame [m] into the observed image [pixel], where known."""
        self.version = loaded.info.version
        self.sha256 = loaded.info.sha256

    @torch.inference_mode()
    def look_ahead(self, history: History, horizon: int = HORIZON) -> Vision:
        """Imagine the next steps from the newest observation, by the policy that acted last.

        Raises:
            DoesNotFit: the observations are of another size than the weights'.
        """
        self._check(history.images, history.actions.shape[1])
        torch.manual_seed(history.step)
        state = self._state(history)
        policies = self._networks.policies()
        name = history.policy if history.policy in policies else list(policies)[-1]
        model, features = self._networks.world_model, [state.features()]
        states, actions = [state], []
        for _ in range(horizon):
            actions.append(policies[name](features[-1]).mean)
            state = model.rssm.imagine_step(state, actions[-1])
            states.append(state)
            features.append(state.features())
        seen = torch.cat(features)  # (H + 1, S)
        return Vision(
            history.episode_id,
            history.step,
            self.version,
            name,
            self._pictures(seen),
            self._places(states, torch.cat(actions), history.poses[-1]),
            _numbers(model.reward(seen)),
            _numbers(model.cost.probability(seen)),
        )

    @torch.inference_mode()
    def judge(self, episode: Episode) -> tuple[list[float], list[float]]:
        """Expected reward (T,) and probability of cost (T,) of a whole recorded episode.

        Raises:
            DoesNotFit: as of `look_ahead`.
        """
        self._check(episode.image, episode.action.shape[1])
        torch.manual_seed(0)
        model = self._networks.world_model
        look, scene = self._look(episode.image, episode.pose)
        action = torch.from_numpy(episode.action)
        state, features = model.rssm.initial(1), []
        pose = torch.from_numpy(episode.pose)
        for t in range(len(episode)):
            first = torch.tensor([t == 0 or self._forgets])
            state, _ = model.rssm.observe_step(state, action[t - 1 : t] if t else action[:1],
                                               look[t : t + 1], first)  # fmt: skip
            seen_there = None if scene is None else scene[t : t + 1]
            state = model.with_pose(state, pose[t : t + 1], seen_there)
            features.append(state.features())
        seen = torch.cat(features)
        return _numbers(model.reward(seen)), _numbers(model.cost.probability(seen))

    def _state(self, history: History) -> State:
        """The model state after the history: (1, ...)."""
        begin = len(history.images) - 1 if self._forgets else 0
        model = self._networks.world_model
        look, scene = self._look(history.images[begin:], history.poses[begin:])
        pose = torch.from_numpy(history.poses[begin:])
        action = torch.from_numpy(history.actions[begin:])
        state = model.rssm.initial(1)
        zero = torch.zeros(1, self._robot.action_size)
        for t in range(len(look)):
            before = action[t - 1 : t] if t else zero
            state, _ = model.rssm.observe_step(
                state, before, look[t : t + 1], torch.tensor([t == 0])
            )
            seen_there = None if scene is None else scene[t : t + 1]
            state = model.with_pose(state, pose[t : t + 1], seen_there)
        return state

    def _look(self, images: ByteArray, poses: FloatArray) -> tuple[Tensor, Tensor | None]:
        """(T, 64, 64, C), (T, P) -> (T, U), and the scene map (T, F) where there is one."""
        model = self._networks.world_model
        pixels = preprocess(torch.from_numpy(np.ascontiguousarray(images))).unsqueeze(0)
        sense = torch.from_numpy(np.ascontiguousarray(poses, np.float32)).unsqueeze(0)
        embedding, scene = model.encoder(pixels, sense)
        look: Tensor = model.rssm.look(embedding)
        return look[0], None if scene is None else scene[0]

    def _pictures(self, features: Tensor) -> ByteArray:
        """(T, S) -> (T, 64, 64, C) uint8."""
        decoded = self._networks.world_model.decoder.reconstruct(features.unsqueeze(0))[0]
        pixels = ((decoded + 0.5) * 255).clamp(0, 255).round().byte()
        out: ByteArray = pixels.movedim(1, -1).numpy()
        return out

    def _places(self, states: list[State], actions: Tensor, pose: FloatArray) -> Vector:
        """Where the end effector is in each state: (H + 1, 3) [m].

        By the pose in the states where there is one, else by dead reckoning from ``pose`` (P,) with
        the actions (H, A).
        """
        robot, known = self._robot, [s.pose for s in states if s.pose is not None]
        if robot.pose_size < 3:
            return np.zeros((len(states), 0))
        if known:
            units = torch.cat(known)[:, :3].double().numpy()
            return np.asarray(units * robot.pose_scale[:3] + robot.pose_center[:3])
        moves = actions[:, :3].double().numpy() * robot.action_scale[:3]
        return np.asarray(pose[:3] + np.vstack([np.zeros(3), moves.cumsum(0)]))

    def _check(self, images: ByteArray, actions: int) -> None:
        robot = self._robot
        wanted = (robot.image_size, robot.image_size, robot.image_channels)
        if images.shape[1:] != wanted or actions not in (0, robot.action_size):
            raise DoesNotFit(
                f"images {images.shape[1:]} and actions of {actions} components; the weights are "
                f"for {wanted} and {robot.action_size}"
            )


def _numbers(values: Tensor) -> list[float]:
    return [round(float(value), 4) for value in values.flatten()]
