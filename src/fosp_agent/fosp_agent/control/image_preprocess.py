"""One way from camera bytes to the network's input, for training and for acting alike."""

from __future__ import annotations

import torch
from torch import Tensor


def preprocess(image: Tensor) -> Tensor:
    """uint8 (..., H, W, C) in 0..255 -> float32 (..., C, H, W) in [-0.5, 0.5].

    Raises:
        TypeError: the image is not uint8; a float image would be scaled twice.
    """
    if image.dtype != torch.uint8:
        raise TypeError(f"an image must be uint8, got {image.dtype}")
    return image.movedim(-1, -3).float().div_(255.0).sub_(0.5)
