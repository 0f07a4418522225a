"""More data from the same data, where the scene's geometry allows it."""

from __future__ import annotations

from dataclasses import replace

import torch

from fosp_agent.settings import ConfigError
from fosp_agent.tensors import TensorBatch
from fosp_agent.training_config import TrainingConfig


def mirrored(batch: TensorBatch, config: TrainingConfig) -> TensorBatch:
    """Half of the sequences as a mirror would show them: image, pose and action alike.

    Unlike shifted images this keeps image and pose in step. Without ``training.mirror_action`` the
    batch itself is returned.

    Raises:
        ConfigError: not one sign for each component of pose and action.
    """
    if not config.mirror_action:
        return batch
    _require_signs("mirror_pose", config.mirror_pose, batch.pose.shape[-1])
    _require_signs("mirror_action", config.mirror_action, batch.action.shape[-1])
    row = (len(batch.image), *[1] * 2)
    flip = torch.rand(row, device=batch.image.device) < 0.5
    goal = batch.goal
    pose, action = (
        torch.tensor(signs, device=batch.image.device)
        for signs in (config.mirror_pose, config.mirror_action)
    )
    return replace(
        batch,
        image=torch.where(flip[..., None, None], batch.image.flip(-1), batch.image),
        pose=torch.where(flip, batch.pose * pose, batch.pose),
        action=torch.where(flip, batch.action * action, batch.action),
        goal=None if goal is None else torch.where(flip[:, 0], goal * pose, goal),
    )


def _require_signs(name: str, signs: tuple[float, ...], size: int) -> None:
    if len(signs) != size:
        raise ConfigError(
            f"training.{name} has {len(signs)} signs for {size} components; give one each"
        )
