"""Image and pose in, embedding out."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fosp_agent.config import RobotConfig
from fosp_agent.nn.distributions import symlog
from fosp_agent.nn.layers import MLP, ChannelNorm, initialize
from fosp_agent.settings import ConfigError
from fosp_agent.world_model.scene_map import SceneMap
from fosp_agent.world_model_config import WorldModelConfig

SMALLEST = 4
"""Side of the smallest feature map [pixel]; images are 16 times that."""


class ImageEncoder(nn.Module):
    """Four strided convolutions: (N, C, 64, 64) -> (N, 4 * 4 * 8 depth)."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        sizes = [channels, depth, 2 * depth, 4 * depth, 8 * depth]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            conv = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
            initialize(conv)
            layers += [conv, ChannelNorm(outputs), nn.SiLU()]
        self.layers = nn.Sequential(*layers)
        self.size = SMALLEST * SMALLEST * sizes[-1]

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(N, C, 64, 64) -> (N, E), and the first two feature maps (N, c, h, w)."""
        out = image.contiguous(memory_format=torch.channels_last)
        maps = []
        for layer in self.layers:
            out = layer(out)
            if isinstance(layer, nn.SiLU):
                maps.append(out)
        return out.permute(0, 2, 3, 1).flatten(1), maps[:2]


class Encoder(nn.Module):
    """Both senses, concatenated."""

    center: Tensor
    scale: Tensor

    def __init__(self, robot: RobotConfig, config: WorldModelConfig) -> None:
        super().__init__()
        self.image = ImageEncoder(robot.image_channels, config.cnn_depth)
        self.size = self.image.size
        self.pose: MLP | None = None
        if robot.pose_size:
            self.pose = MLP(robot.pose_size, config.units, layers=config.layers, units=config.units)
            self.size += config.units
        self.scene_map = SceneMap(robot, config) if robot.camera else None
        center, scale = pose_range(robot)
        self.register_buffer("center", torch.tensor(center), persistent=False)
        self.register_buffer("scale", torch.tensor(scale), persistent=False)

    def normalize_pose(self, pose: Tensor) -> Tensor:
        """(..., P) [m], [rad] -> (..., P), about [-1, 1] over the workspace, then symlog."""
        return symlog(self.in_range(pose))

    def in_range(self, pose: Tensor) -> Tensor:
        """(..., P) [m], [rad] -> (..., P) in units of the pose range."""
        return (pose - self.center) / self.scale

    def forward(self, image: Tensor, pose: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, T, C, 64, 64), (B, T, P) -> (B, T, E), and the scene map (B, T, F) or None."""
        lead = image.shape[:2]
        flat, maps = self.image(image.flatten(0, 1))
        embedding = flat.unflatten(0, lead)
        scene: Tensor | None = None
        if self.scene_map is not None:
            scene = self.scene_map.pack(maps).view(*lead, -1)
        if self.pose is None:
            return embedding, scene
        sense = F.silu(self.pose(self.normalize_pose(pose)))
        return torch.cat([embedding, sense.to(embedding.dtype)], -1), scene


def pose_range(robot: RobotConfig) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Centre and scale of the pose, (P,) each; empty for a robot without one.

    Raises:
        ConfigError: their sizes are not the pose's.
    """
    if not robot.pose_size:
        return (), ()
    for name, values in (("center", robot.pose_center), ("scale", robot.pose_scale)):
        if len(values) != robot.pose_size:
            raise ConfigError(
                f"robot.pose_{name} has {len(values)} numbers, robot.pose_size is "
                f"{robot.pose_size}; give one a component"
            )
    return robot.pose_center, robot.pose_scale
