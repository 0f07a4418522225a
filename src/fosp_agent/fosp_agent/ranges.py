"""Which numbers a setting may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, both included; of an array, each component.

    Annotates a field of a node's parameters: ``rate: Annotated[float, Range(1.0, 100.0)] = 10.0``.
    """

    low: float
    high: float

    def holds(self, value: float | Iterable[float]) -> bool:
        """Whether a number, or every one of some, lies within; NaN never does."""
        if isinstance(value, Iterable):
            return all(self.holds(one) for one in value)
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"
