"""A camera's frame as a JPEG for people, and back."""

from __future__ import annotations

import numpy as np

from fosp_agent.errors import UserError
from fosp_agent.types import ByteArray


def to_jpeg(image: ByteArray, width: int = 320, height: int = 240, quality: int = 85) -> bytes:
    """Frame (H, W, C) uint8, C = 3 or 6, as a JPEG that fits into width x height.

    The sides keep their ratio, and a smaller frame keeps its size. Of two stacked cameras the
    pictures stand side by side.

    Raises:
        UserError: the frame cannot be encoded.
    """
    import cv2

    rgb = image if image.shape[2] == 3 else np.hstack([image[..., :3], image[..., 3:]])
    factor = min(width / rgb.shape[1], height / rgb.shape[0], 1.0)
    if factor < 1.0:
        size = (max(1, round(rgb.shape[1] * factor)), max(1, round(rgb.shape[0] * factor)))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    bgr = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise UserError(
            f"a frame {image.shape} cannot be made a JPEG: wanted is (H, W, 3) or (H, W, 6)"
        )
    return bytes(data)


def from_jpeg(data: bytes) -> ByteArray:
    """The frame (H, W, 3) uint8 RGB of a JPEG.

    Raises:
        UserError: the bytes are no picture.
    """
    import cv2

    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if bgr is None:
        raise UserError(f"{len(data)} bytes are no picture: the recording is damaged there")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
