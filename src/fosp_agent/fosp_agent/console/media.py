"""Pictures for the page: single frames, and an episode as one sheet of frames."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from fosp_agent.types import ByteArray

COLUMNS = 9
"""Frames a row of a sheet."""


def visible(image: ByteArray) -> ByteArray:
    """Frame (H, W, C) for people: (H, W, 3), or (H, 2 W, 3) with both cameras side by side."""
    if image.shape[2] == 3:
        return image
    return np.concatenate([image[..., :3], image[..., 3:6]], axis=1)


def jpeg(image: ByteArray, quality: int = 85, widest: int = 640) -> bytes:
    """Picture (H, W, 3) uint8 as JPEG, made smaller where it is wider than ``widest`` pixels."""
    picture = Image.fromarray(np.ascontiguousarray(image))
    if picture.width > widest:
        height = round(picture.height * widest / picture.width)
        picture = picture.resize((widest, height), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def sheet(images: Sequence[ByteArray] | ByteArray, columns: int = COLUMNS) -> ByteArray:
    """Frames (T, H, W, C) in rows of ``columns``: (ceil(T / columns) H, columns W', 3)."""
    frames = [visible(image) for image in images]
    height, width, _ = frames[0].shape
    rows = -(-len(frames) // columns)
    canvas = np.zeros((rows * height, columns * width, 3), np.uint8)
    for index, frame in enumerate(frames):
        top, left = height * (index // columns), width * (index % columns)
        canvas[top : top + height, left : left + width] = frame
    return canvas


def strip(images: Sequence[ByteArray]) -> ByteArray:
    """Frames side by side in one row."""
    return sheet(images, columns=len(images))
