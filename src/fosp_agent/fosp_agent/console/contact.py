"""When the arm touched something, by the force that was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fosp_agent.episodes import schema
from fosp_agent.episodes.reader import Recording
from fosp_agent.episodes.streams import decode_wrench
from fosp_agent.types import FloatArray

LEAST_FORCE = 0.3
"""A contact presses with more than this [N] ..."""
ABOVE_NOISE = 2.0
"""... and with so many times the most that the sensor said while nothing was touched."""
FREE_STEPS = 5
"""The arm begins in the open: what these steps say is the sensor's own offset and noise."""


@dataclass(frozen=True)
class Contact:
    """What pressed on the arm."""

    force: FloatArray
    """(T,) largest since the observation before, without the sensor's offset [N]."""
    threshold: float
    """More than this is a contact [N]."""

    def to_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {"force": np.round(self.force, 2).tolist(), "threshold": self.threshold}


def contact_of(recording: Recording) -> Contact | None:
    """The contacts of an episode; None where no force was recorded.

    Args:
        recording: read with its streams.
    """
    found = [message for message in recording.streams if message.topic == schema.WRENCHES]
    stamps = np.array([record.stamp_ns for record in recording.steps()], np.int64)
    if not found or not len(stamps):
        return None
    times = np.array([message.stamp_ns for message in found], np.int64)
    forces = np.stack([decode_wrench(message.data)[:3] for message in found])  # (N, 3)
    step = np.searchsorted(stamps, times)  # the first observation that is not earlier
    free = step <= FREE_STEPS
    offset = np.median(forces[free] if free.any() else forces, axis=0)
    size = np.linalg.norm(forces - offset, axis=1).astype(np.float32)
    largest = np.zeros(len(stamps), np.float32)
    inside = step < len(stamps)
    np.maximum.at(largest, step[inside], size[inside])
    noise = float(size[free].max(initial=0.0))
    return Contact(largest, round(max(LEAST_FORCE, ABOVE_NOISE * noise), 2))
