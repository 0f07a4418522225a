"""A batch on the device, ready for the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from fosp_agent.control.image_preprocess import preprocess
from fosp_agent.types import Batch


@dataclass(frozen=True)
class TensorBatch:
    """See ``types.Batch``; the image is preprocessed and channels come first."""

    image: Tensor
    """(B, T, C, 64, 64) float32 in [-0.5, 0.5]."""
    pose: Tensor
    action: Tensor
    reward: Tensor
    cost: Tensor
    is_first: Tensor
    is_terminal: Tensor
    episode: Tensor | None = None
    intervention: Tensor | None = None
    importance: Tensor | None = None
    exemplary: Tensor | None = None
    goal: Tensor | None = None
    camera: Tensor | None = None
    """(B, 12) projection that each row's images were seen with; None: ``robot.camera``, all."""

    def imitation_weight(self) -> Tensor | float:
        """(B, 1): how much each row counts in imitation, 1 on average; 0 where no row does."""
        if self.exemplary is None:
            return 1.0
        rows = self.exemplary.mean().clamp(min=1.0 / len(self.exemplary))
        return (self.exemplary / rows).unsqueeze(-1)


def to_tensors(batch: Batch, device: torch.device | str = "cpu") -> TensorBatch:
    """Move a batch to the device and preprocess its images there."""

    def optional(array: npt.NDArray[Any] | None) -> Tensor | None:
        return None if array is None else torch.from_numpy(array).to(device)

    return TensorBatch(
        image=preprocess(torch.from_numpy(batch.image).to(device)),
        pose=torch.from_numpy(batch.pose).to(device),
        action=torch.from_numpy(batch.action).to(device),
        reward=torch.from_numpy(batch.reward).to(device),
        cost=torch.from_numpy(batch.cost).to(device),
        is_first=torch.from_numpy(batch.is_first).to(device),
        is_terminal=torch.from_numpy(batch.is_terminal).to(device),
        episode=optional(batch.episode),
        intervention=optional(batch.intervention),
        importance=optional(batch.importance),
        exemplary=optional(batch.exemplary),
        goal=optional(batch.goal),
    )
