"""How good a predicted probability is: does it rank, and does it mean what it says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

BINS = 10
"""Bins of equal width over [0, 1]."""


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram: what was predicted, and what came, bin by bin; NaN where empty."""

    predicted: FloatArray
    """(bins,) mean prediction."""
    observed: FloatArray
    """(bins,) mean outcome."""
    share: FloatArray
    """(bins,) share of all predictions; sums to 1."""

    @property
    def error(self) -> float:
        """Expected calibration error: the gaps' mean, weighted by share; in [0, 1]."""
        inside = self.share > 0
        gaps = np.abs(self.predicted[inside] - self.observed[inside])
        return float((self.share[inside] * gaps).sum())


@dataclass(frozen=True)
class Quality:
    """What is to be known about one predicted signal."""

    total: int
    positives: int
    auc: float
    """NaN where all outcomes are alike."""
    at_positives: float
    """Mean prediction where the event came; NaN where it never did."""
    at_negatives: float
    reliability: Reliability | None
    """None for a prediction that is no probability."""

    @property
    def calibration_error(self) -> float:
        """Expected calibration error; NaN for a prediction that is no probability."""
        return self.reliability.error if self.reliability else float("nan")


def area_under_curve(score: FloatArray, positive: BoolArray) -> float:
    """ROC AUC by ranks, ties averaged; NaN where a class is missing: (N,), (N,) -> number."""
    hits, misses = int(positive.sum()), int((~positive).sum())
    if hits == 0 or misses == 0:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))


def reliability(probability: FloatArray, outcome: FloatArray, bins: int = BINS) -> Reliability:
    """Sort predictions into bins: (N,), (N,) -> diagram.

    Args:
        probability: in [0, 1].
        outcome: 0 or 1, or in between where the prediction is of a discounted event.
        bins: of equal width.
    """
    index = np.clip((probability * bins).astype(int), 0, bins - 1)
    count = np.bincount(index, minlength=bins).astype(np.float64)
    with np.errstate(invalid="ignore"):
        predicted = np.bincount(index, probability, minlength=bins) / count
        observed = np.bincount(index, outcome, minlength=bins) / count
    return Reliability(predicted, observed, count / max(1, len(probability)))


def calibration_error(probability: FloatArray, outcome: FloatArray, bins: int = BINS) -> float:
    """Expected calibration error: (N,), (N,) -> number in [0, 1]."""
    return reliability(probability, outcome, bins).error


def quality(score: FloatArray, positive: BoolArray) -> Quality:
    """Of a score that only ranks, such as an expected reward: (N,), (N,)."""
    return _quality(score, positive, None)


def probability_quality(
    probability: FloatArray, positive: BoolArray, outcome: FloatArray | None = None
) -> Quality:
    """Of a probability: (N,), (N,), (N,).

    Args:
        probability: in [0, 1].
        positive: whether the event came.
        outcome: what the probability should be on average, where that is not ``positive``.
    """
    wanted = positive.astype(np.float64) if outcome is None else outcome
    return _quality(probability, positive, reliability(probability, wanted))


def _quality(score: FloatArray, positive: BoolArray, diagram: Reliability | None) -> Quality:
    return Quality(
        total=len(score),
        positives=int(positive.sum()),
        auc=area_under_curve(score, positive),
        at_positives=_mean(score[positive]),
        at_negatives=_mean(score[~positive]),
        reliability=diagram,
    )


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else float("nan")
