"""What the image shows where a pose is: pixel-aligned features.

The encoder's latents hold the scene as a whole, and heads that read them learn by heart where
things stood. Whether the gripper would touch something at a pose is a local question: project the
pose into the image with the camera's calibration, and look at the encoder's first feature maps
there and around. The answer is then the same wherever the thing stands.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fosp_agent.config import RobotConfig
from fosp_agent.nn.layers import NormedLinear
from fosp_agent.settings import ConfigError
from fosp_agent.world_model_config import WorldModelConfig

OFFSETS = ((0, 0), (-4, 0), (4, 0), (0, -4), (0, 4), (-9, 0), (9, 0), (0, -9), (0, 9))
"""Where to look around the projected pose: (u, v) [pixel of the observed image]."""
MAPS = ((1, 2), (2, 4))
"""Channels (in units of the CNN's depth) and stride [pixel] of the encoder's maps that are kept."""


class SceneMap(nn.Module):
    """Feature maps kept with a state, and a look at them from any pose."""

    camera: Tensor
    center: Tensor
    scale: Tensor
    offsets: Tensor

    def __init__(self, robot: RobotConfig, config: WorldModelConfig) -> None:
        """Build from ``robot.camera``.

        Raises:
            ConfigError: the camera is not a 3 x 4 matrix, or the pose is not part of the state.
        """
        super().__init__()
        if len(robot.camera) != 12 or not config.direct_pose or robot.pose_size < 3:
            raise ConfigError(
                f"robot.camera has {len(robot.camera)} numbers; a projection has 12 (3 x 4, row by "
                "row), and it needs world_model.direct_pose and a position. Empty: no scene map"
            )
        matrix = torch.tensor(robot.camera).view(3, 4)
        self.register_buffer("camera", matrix, persistent=False)
        self.register_buffer("center", torch.tensor(robot.pose_center[:3]), persistent=False)
        self.register_buffer("scale", torch.tensor(robot.pose_scale[:3]), persistent=False)
        self.register_buffer("offsets", torch.tensor(OFFSETS).float(), persistent=False)
        self.pixels = robot.image_size
        self.shapes = [
            (share * config.cnn_depth, robot.image_size // stride) for share, stride in MAPS
        ]
        channels = sum(channel for channel, _ in self.shapes)
        self.reduce = NormedLinear(len(OFFSETS) * channels, config.scene_units)

    def pack(self, maps: list[Tensor]) -> Tensor:
        """Maps (N, c, h, w) each -> (N, F), as a state keeps them."""
        return torch.cat([m.flatten(1).float() for m in maps], -1)

    def project(self, pose: Tensor) -> Tensor:
        """Position of a pose (..., P), in units of the pose range, in the image: (..., 2) [pixel].

        (0, 0) is the centre of the upper left pixel.
        """
        place = pose[..., :3] * self.scale + self.center
        seen = F.pad(place, (0, 1), value=1.0) @ self.camera.T
        return seen[..., :2] / seen[..., 2:].clamp(min=1e-6)

    def around(self, scene: Tensor, pose: Tensor) -> Tensor:
        """What the scene shows around a pose: (..., F), (..., P) -> (..., L)."""
        lead = pose.shape[:-1]
        with torch.autocast(pose.device.type, enabled=False):
            points = (self.project(pose.float()).unsqueeze(-2) + self.offsets + 0.5) / self.pixels
            grid = (2 * points - 1).reshape(-1, 1, len(OFFSETS), 2)
            flat = scene.reshape(-1, scene.shape[-1]) if scene.stride(0) else scene[:1]
            local = torch.cat([look(m, grid) for m in self._unpack(flat)], -1)
        out: Tensor = self.reduce(local).float()
        return out.view(*lead, -1)

    def _unpack(self, flat: Tensor) -> list[Tensor]:
        """(M, F) -> maps (M, c, h, w)."""
        sizes = [channels * side * side for channels, side in self.shapes]
        parts = torch.split(flat, sizes, -1)
        return [
            part.reshape(-1, channels, side, side)
            for part, (channels, side) in zip(parts, self.shapes, strict=True)
        ]


def look(maps: Tensor, grid: Tensor) -> Tensor:
    """Bilinear samples: (M, c, h, w), (N, 1, K, 2) -> (N, K * c); M is N, or 1 for all."""
    if len(maps) == 1 and len(grid) > 1:
        samples = F.grid_sample(
            maps, grid.permute(1, 0, 2, 3), padding_mode="border", align_corners=False
        )  # (1, c, N, K)
        return samples[0].permute(1, 2, 0).flatten(1)
    samples = F.grid_sample(maps, grid, padding_mode="border", align_corners=False)  # (N, c, 1, K)
    return samples[:, :, 0].transpose(1, 2).flatten(1)
