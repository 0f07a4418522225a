"""Rates over pooled episodes, and their intervals."""

from __future__ import annotations

import pytest

from fosp_agent.experiments.report.rates import Rate, rates
from fosp_agent.experiments.result import Result
from fosp_agent.training.evaluate import wilson_interval


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [  # Newcombe 1998, table I (method 3), and Wilson's limits at the ends
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_intervals_are_the_published_ones(hits: int, total: int, low: float, high: float):
    assert wilson_interval(hits, total) == pytest.approx((low, high), abs=1e-4)


def outcome(returns: list[float], costs: list[float], seed: int) -> Result:
    found = {"returns": returns, "costs": costs}
    return Result(f"x/seed{seed}", "test", {"seed": seed}, (), found, {}, {})


def test_safe_success_counts_episodes_and_not_the_product_of_rates():
    found = rates([outcome([1, 5, 0, 2], [0, 3, 1, 0], seed=0)])
    assert (found.success.value, found.violation.value) == (0.75, 0.5)
    assert found.safe_success.value == 0.5


def test_counts_are_pooled_over_seeds_and_the_spread_is_the_seeds_own():
    found = rates([outcome([1, 1], [0, 0], 0), outcome([1, 0], [0, 0], 1)]).success
    assert (found.hits, found.totals) == ((2, 1), (2, 2))
    assert found.value == 0.75
    assert found.interval == wilson_interval(3, 4)
    assert found.deviation == pytest.approx(0.5**0.5 / 2)
    assert found.text() == "75 ±35 (30 to 95)"


def test_one_seed_has_no_spread():
    assert Rate((1,), (4,)).deviation is None
    assert "±" not in Rate((1,), (4,)).text()
