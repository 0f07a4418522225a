"""Model state in, image and pose out."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from fosp_agent.config import RobotConfig
from fosp_agent.nn.layers import MLP, ChannelNorm, initialize
from fosp_agent.world_model.encoder import SMALLEST
from fosp_agent.world_model_config import WorldModelConfig


class ImageDecoder(nn.Module):
    """Four transposed convolutions: (N, S) -> (N, C, 64, 64), values about [-0.5, 0.5]."""

    def __init__(self, inputs: int, channels: int, depth: int) -> None:
        super().__init__()
        self.top = 8 * depth
        self.linear = nn.Linear(inputs, SMALLEST * SMALLEST * self.top)
        initialize(self.linear)
        sizes = [8 * depth, 4 * depth, 2 * depth, depth]
        layers: list[nn.Module] = []
        for i, o in pairwise(sizes):
            conv = nn.ConvTranspose2d(i, o, 4, stride=2, padding=1, bias=False)
            initialize(conv)
            layers += [conv, ChannelNorm(o), nn.SiLU()]
        last = nn.ConvTranspose2d(depth, channels, 4, stride=2, padding=1)
        initialize(last)
        self.layers = nn.Sequential(*layers, last)

    def forward(self, features: Tensor) -> Tensor:
        """(N, S) -> (N, C, 64, 64)."""
        x = self.linear(features).unflatten(-1, (SMALLEST, SMALLEST, self.top))
        out: Tensor = self.layers(x.permute(0, 3, 1, 2))
        return out


class Decoder(nn.Module):
    """Both senses from the model state."""

    def __init__(self, features: int, robot: RobotConfig, config: WorldModelConfig) -> None:
        super().__init__()
        self.image = ImageDecoder(features, robot.image_channels, config.cnn_depth)
        self.pose: MLP | None = None
        if robot.pose_size:
            self.pose = MLP(features, robot.pose_size, layers=config.layers, units=config.units)

    def losses(
        self, features: Tensor, image: Tensor, pose: Tensor, share: float = 1.0
    ) -> dict[str, Tensor]:
        """Squared errors, summed over pixels and over the (normalised) pose.

        Args:
            features: (B, T, S).
            image: (B, T, C, 64, 64) preprocessed.
            pose: (B, T, P) normalised.
            share: of the T frames whose images are decoded, drawn anew at each call.

        Returns:
            The loss of each sense, float32: "pose" (B, T), "image" (B, share * T).
        """
        shown, seen = features, image
        if share < 1.0:
            length = features.shape[1]
            index = torch.randperm(length, device=features.device)[: max(1, round(share * length))]
            shown, seen = features[:, index], image[:, index]
        predicted = self.image(shown.flatten(0, 1)).float().unflatten(0, shown.shape[:2])
        losses = {"image": (predicted - seen).square().sum((-3, -2, -1))}
        if self.pose is not None:
            losses["pose"] = (self.pose(features).float() - pose).square().sum(-1)
        return losses

    def reconstruct(self, features: Tensor) -> Tensor:
        """(B, T, S) -> (B, T, C, 64, 64)."""
        with torch.no_grad():
            image: Tensor = self.image(features.flatten(0, 1)).float()
        return image.reshape(*features.shape[:2], *image.shape[1:])
