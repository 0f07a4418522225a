"""More data from the same data, where the scene's geometry allows it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fosp_agent.config import AgentConfig, RobotConfig
from fosp_agent.control.projection import Vector
from fosp_agent.control.reflection import reflection
from fosp_agent.settings import ConfigError
from fosp_agent.tensors import TensorBatch

PLACES = (9, 9, 4)
"""Along x, y and z: where a mirrored image is brought in line with the camera."""


class Mirror:
    """Shows half of the sequences as a mirror would: image, pose and action alike.

    Unlike shifted images this keeps image and pose in step.
    """

    def __init__(self, config: AgentConfig) -> None:
        """Mirror by ``training.mirror_pose`` and ``mirror_action``; empty: nothing.

        Raises:
            ConfigError: not one sign for each component of pose and action, or images are to be
                aligned with a camera that is not known.
        """
        robot, training = config.robot, config.training
        self.enabled = bool(training.mirror_action)
        if not self.enabled:
            return
        _require_signs("mirror_pose", training.mirror_pose, robot.pose_size)
        _require_signs("mirror_action", training.mirror_action, robot.action_size)
        self._pose = torch.tensor(training.mirror_pose)
        self._action = torch.tensor(training.mirror_action)
        aligned = training.mirror_aligned
        self._view = mirror_view(robot, training.mirror_pose) if aligned else None

    def __call__(self, batch: TensorBatch) -> TensorBatch:
        """The batch with some of its rows mirrored; the batch itself where nothing is."""
        if not self.enabled:
            return batch
        device = batch.image.device
        row = (len(batch.image), *[1] * 2)
        flip = torch.rand(row, device=device) < 0.5
        pose, action, goal = self._pose.to(device), self._action.to(device), batch.goal
        rows, view = flip.flatten(), self._view
        image = batch.image.clone()
        image[rows] = self._image(batch.image[rows])
        camera: Tensor | None = None
        if view is not None:
            camera = torch.where(flip[:, 0], view.mirrored.to(device), view.camera.to(device))
        return replace(
            batch,
            image=image,
            pose=torch.where(flip, batch.pose * pose, batch.pose),
            action=torch.where(flip, batch.action * action, batch.action),
            goal=None if goal is None else torch.where(flip[:, 0], goal * pose, goal),
            camera=camera,
        )

    def _image(self, image: Tensor) -> Tensor:
        """What a mirror shows of images (N, T, C, H, W)."""
        flipped = image.flip(-1)
        return flipped if self._view is None else self._view.turned(flipped)


class MirrorView(NamedTuple):
    """Mirrored images as the camera would see the mirrored scene; see ``control/reflection.py``."""

    camera: Tensor
    """(12,) the camera's projection."""
    mirrored: Tensor
    """(12,) of places in the mirror into images that are flipped and turned."""
    grid: Tensor
    """(1, H, W, 2) where in a flipped image each pixel of the turned one is found."""

    def turned(self, image: Tensor) -> Tensor:
        """A flipped image (B, T, C, H, W), shifted to where the camera would see it."""
        flat = image.flatten(0, 1)
        grid = self.grid.to(flat.device).expand(len(flat), -1, -1, -1)
        return F.grid_sample(flat, grid, padding_mode="border", align_corners=True).view_as(image)


def mirror_view(robot: RobotConfig, signs: tuple[float, ...]) -> MirrorView:
    """How flipped images are turned, so that the places where the robot works are in line.

    Args:
        robot: its camera and its poses.
        signs: of the pose in the mirror.

    Raises:
        ConfigError: the camera is not known.
    """
    if len(robot.camera) != 12 or robot.pose_size < 3:
        raise ConfigError(
            "training.mirror_aligned needs robot.camera, the projection of a position into the "
            "image: calibrate the camera (./safereach calibrate); or switch it off, if the camera "
            "looks along the robot's plane of symmetry; or mirror nothing (training.mirror_pose=[] "
            "training.mirror_action=[])"
        )
    camera, side = np.array(robot.camera).reshape(3, 4), robot.image_size
    found = reflection(camera, _places(robot), side, signs)
    u, v = np.meshgrid(np.arange(side), np.arange(side))
    pixels = np.stack([u, v, np.ones_like(u)], -1) @ found.to_flipped
    grid = torch.tensor(pixels / (side - 1) * 2 - 1).float().unsqueeze(0)
    mirrored = torch.tensor(found.matrix).float().flatten()
    return MirrorView(torch.tensor(robot.camera), mirrored, grid)


def _places(robot: RobotConfig) -> Vector:
    """Positions all over the poses (N, 3) [m]."""
    center, scale = np.array(robot.pose_center[:3]), np.array(robot.pose_scale[:3])
    low, high = (np.array(bound[:3]) for bound in robot.pose_box())
    low = np.where(np.isfinite(low), low, center - scale)
    high = np.where(np.isfinite(high), high, center + scale)
    axes = [np.linspace(*ends) for ends in zip(low, high, PLACES, strict=True)]
    return np.asarray(np.stack(np.meshgrid(*axes), -1).reshape(-1, 3))


def _require_signs(name: str, signs: tuple[float, ...], size: int) -> None:
    if len(signs) != size:
        raise ConfigError(
            f"training.{name} has {len(signs)} signs for {size} components; give one each"
        )
