"""What the image shows where a pose is: pixel-aligned features.

The encoder's latents hold the scene as a whole, and heads that read them learn by heart where
things stood. Whether the gripper would touch something at a pose is a local question: project the
pose into the image with the camera's calibration, and look at the encoder's first feature maps
there and around. The answer is then the same wherever the thing stands.

Around the pixel of a raised pose the image may show neither where a thing stands nor where it
ends, and how far away it is stays open. What the table shows below the pose, and around that, says
where it stands.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fosp_agent.config import RobotConfig
from fosp_agent.nn.layers import NormedLinear
from fosp_agent.settings import ConfigError
from fosp_agent.world_model_config import WorldModelConfig

OFFSETS = ((0, 0), (-4, 0), (4, 0), (0, -4), (0, 4), (-9, 0), (9, 0), (0, -9), (0, 9))
"""Where to look around the projected pose: (u, v) [pixel of the observed image]."""
CIRCLE = tuple((math.cos(k * math.pi / 4), math.sin(k * math.pi / 4)) for k in range(8))
RING = ((0.0, 0.0), *CIRCLE)
"""Where to look on the table: (x, y) beside the place below the pose, in units of the ring."""
MAPS = ((1, 2), (2, 4))
"""Channels (in units of the CNN's depth) and stride [pixel] of the encoder's maps that are kept."""


class SceneMap(nn.Module):
    """Feature maps kept with a state, and a look at them from any pose."""

    camera: Tensor
    center: Tensor
    scale: Tensor
    offsets: Tensor
    ring: Tensor

    def __init__(self, robot: RobotConfig, config: WorldModelConfig) -> None:
        """Build from ``robot.camera``.

        Raises:
            ConfigError: the camera is not a 3 x 4 matrix, the pose is not part of the state, or
                the ring is negative.
        """
        super().__init__()
        _check(robot, config)
        matrix = torch.tensor(robot.camera).view(3, 4)
        self.register_buffer("camera", matrix, persistent=False)
        self.register_buffer("center", torch.tensor(robot.pose_center[:3]), persistent=False)
        self.register_buffer("scale", torch.tensor(robot.pose_scale[:3]), persistent=False)
        self.register_buffer("offsets", torch.tensor(OFFSETS).float(), persistent=False)
        ring = torch.tensor(RING if config.scene_ring else ()).view(-1, 2) * config.scene_ring
        self.register_buffer("ring", ring, persistent=False)
        self.table_height = robot.table_height
        self.pixels = robot.image_size
        self.depth = config.cnn_depth
        self.shapes = [
            (share * config.cnn_depth, robot.image_size // stride) for share, stride in MAPS
        ]
        channels = sum(channel for channel, _ in self.shapes)
        self.looks = len(OFFSETS) + len(ring)
        self.reduce = NormedLinear(self.looks * channels, config.scene_units)

    def pack(self, maps: list[Tensor]) -> Tensor:
        """Maps (N, c, h, w) each -> (N, F), as a state keeps them: pixel by pixel."""
        return torch.cat([m.permute(0, 2, 3, 1).flatten(1).float() for m in maps], -1)

    def project(self, pose: Tensor, camera: Tensor | None = None) -> Tensor:
        """Position of a pose (..., P), in units of the pose range, in the image: (..., 2) [pixel].

        (0, 0) is the centre of the upper left pixel.

        Args:
            pose: the place.
            camera: (..., 12) projections of each image; None: ``robot.camera``.
        """
        return self._pixel(self._place(pose), camera)

    def _place(self, pose: Tensor) -> Tensor:
        """Of a pose (..., P) in units of the pose range: (..., 3) [m]."""
        return pose[..., :3] * self.scale + self.center

    def _pixel(self, place: Tensor, camera: Tensor | None) -> Tensor:
        """Of a place (..., 3) [m]: (..., 2)."""
        place = F.pad(place, (0, 1), value=1.0)
        if camera is None:
            seen = place @ self.camera.T
        else:
            seen = (camera.view(*camera.shape[:-1], 3, 4) @ place.unsqueeze(-1)).squeeze(-1)
        return seen[..., :2] / seen[..., 2:].clamp(min=1e-6)

    def around(self, scene: Tensor, pose: Tensor, camera: Tensor | None = None) -> Tensor:
        """What the scene shows around a pose: (..., F), (..., P) -> (..., L).

        Args:
            scene: packed maps.
            pose: the place.
            camera: (..., 12) projection of each image; None: ``robot.camera``.
        """
        lead = pose.shape[:-1]
        with torch.autocast(pose.device.type, enabled=False):
            points = (self.looked_at(pose.float(), camera) + 0.5) / self.pixels
            shared = scene.stride(0) == 0
            flat = scene[:1] if shared else scene.reshape(-1, scene.shape[-1])
            local = self._look(flat, points.reshape(-1, self.looks, 2))
        out: Tensor = self.reduce(local).float()
        return out.view(*lead, -1)

    def looked_at(self, pose: Tensor, camera: Tensor | None) -> Tensor:
        """Pixels that are looked at from a pose: (..., P) -> (..., K, 2).

        Around the pose's own, and, with a ring, those of the table below it.

        Args:
            pose: in units of the pose range.
            camera: (..., 12) projection of each image; None: ``robot.camera``.
        """
        seen = self.project(pose, camera).unsqueeze(-2) + self.offsets
        if not len(self.ring):
            return seen
        below = F.pad(self._place(pose)[..., None, :2] + self.ring, (0, 1), value=self.table_height)
        table = self._pixel(below, None if camera is None else camera.unsqueeze(-2))
        return torch.cat([seen, table], -2)

    def _look(self, flat: Tensor, points: Tensor) -> Tensor:
        """Bilinear samples of every map: (M, F), (N, K, 2) -> (N, K * c summed over the maps).

        M is N, or 1 for all. A state keeps its maps as rows of ``depth`` channels, some rows a
        pixel; a sample is the weighted sum of four pixels' rows. Beyond the border it is the
        border's.

        Args:
            flat: maps, as packed.
            points: (u, v) in [0, 1] over the image.
        """
        count, rows = len(points), flat.shape[1] // self.depth
        scene = torch.arange(count if len(flat) > 1 else 1, device=flat.device)
        first = (scene * rows).view(-1, 1, 1, 1)
        indices, weights = [], []
        for channels, side in self.shapes:
            share = channels // self.depth
            corner, weight = corners(points, side)  # (N, K, 4)
            part = torch.arange(share, device=flat.device).unsqueeze(-1)
            index = first + corner.unsqueeze(-2) * share + part  # (N, K, share, 4)
            indices.append(index.flatten(1, 2))
            weights.append(weight.unsqueeze(-2).expand_as(index).flatten(1, 2))
            first = first + share * side * side
        index, weight = torch.cat(indices, 1), torch.cat(weights, 1)  # (N, R, 4)
        samples = F.embedding_bag(
            index.flatten(0, 1),
            flat.reshape(-1, self.depth),
            per_sample_weights=weight.flatten(0, 1),
            mode="sum",
        )
        return samples.view(count, -1)


def _check(robot: RobotConfig, config: WorldModelConfig) -> None:
    if len(robot.camera) != 12 or not config.direct_pose or robot.pose_size < 3:
        raise ConfigError(
            f"robot.camera has {len(robot.camera)} numbers; a projection has 12 (3 x 4, row by "
            "row), and it needs world_model.direct_pose and a position. Empty: no scene map"
        )
    if config.scene_ring < 0:
        raise ConfigError(
            f"world_model.scene_ring is {config.scene_ring:g}; give a distance [m], or 0 not to "
            "look at the table"
        )


def corners(points: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """The four pixels around each point, row by row, and their bilinear weights.

    Args:
        points: (..., 2), (u, v) in [0, 1] over the image; beyond, the border is taken.
        side: of the map [pixel].

    Returns:
        Pixel numbers (..., 4) and weights (..., 4), which sum to 1.
    """
    place = (points * side - 0.5).clamp(0, side - 1)
    low = place.detach().floor().clamp(max=side - 2)
    x, y = (place - low).unbind(-1)
    pixel = (low[..., 1] * side + low[..., 0]).long()
    corner = torch.arange(4, device=points.device)
    neighbours = corner % 2 + corner // 2 * side
    weights = torch.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y], -1)
    return pixel.unsqueeze(-1) + neighbours, weights
