"""From a camera's frame to the size that policies see, the same way when training and acting."""

from __future__ import annotations

import numpy as np

from fosp_agent.errors import UserError
from fosp_agent.types import ByteArray


class ImageTooSmall(UserError):
    """A frame has fewer pixels than the policy needs."""


def to_policy_size(image: ByteArray, size: int = 64) -> ByteArray:
    """Frame (H, W, C) uint8 to (size, size, C) by averaging areas; equal sizes pass untouched.

    A frame that is not square is stretched.

    Raises:
        ImageTooSmall: a side is shorter than ``size``.
    """
    height, width = image.shape[:2]
    if (height, width) == (size, size):
        return image
    if min(height, width) < size:
        raise ImageTooSmall(
            f"the frame is {width}x{height}, the policy needs {size}x{size}: "
            "set a larger resolution at the camera"
        )
    import cv2

    resized: ByteArray = np.asarray(
        cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.uint8
    )
    return resized
