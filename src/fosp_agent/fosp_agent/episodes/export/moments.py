"""Mean, deviation, least and greatest of rows that pass by."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Moments:
    """Running statistics of the columns of (N, D) rows."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = self._squares = np.zeros(0)
        self._least = self._most = np.zeros(0)

    def add(self, rows: npt.NDArray[Any]) -> None:
        """Take in (N, D) rows."""
        values = rows.astype(np.float64)
        total, squares = values.sum(0), (values**2).sum(0)
        least, most = values.min(0), values.max(0)
        if self.count:
            total, squares = total + self._sum, squares + self._squares
            least, most = np.minimum(least, self._least), np.maximum(most, self._most)
        self._sum, self._squares, self._least, self._most = total, squares, least, most
        self.count += len(values)

    def summary(self, image: bool) -> dict[str, Any]:
        """min, max, mean, std of (D,), or (3, 1, 1) for images, and count (1,)."""
        mean = self._sum / self.count
        deviation = np.sqrt(np.maximum(self._squares / self.count - mean**2, 0.0))
        named = {"min": self._least, "max": self._most, "mean": mean, "std": deviation}
        shape = (-1, 1, 1) if image else (-1,)
        found: dict[str, Any] = {name: v.reshape(shape).tolist() for name, v in named.items()}
        return found | {"count": [self.count]}
