"""A jump of the clock is noticed, and forgotten in time."""

from __future__ import annotations

import pytest

from fosp_agent.control.clock_watch import ClockWatch

SECOND = 1_000_000_000


def looks(*pairs: tuple[float, float]) -> list[float | None]:
    watch = ClockWatch(largest=0.1, settle=1.0)
    return [watch.look(int(now * SECOND), steady) for now, steady in pairs]


def test_a_clock_that_runs_is_no_jump_however_rarely_it_is_looked_at() -> None:
    assert looks((100, 0), (100.1, 0.1), (160.15, 60.1)) == [None, None, None]


@pytest.mark.parametrize("jump", [3.0, -3.0])
def test_a_jump_is_seen_with_its_sign_and_stands_until_it_has_settled(jump: float) -> None:
    seen = looks((100, 0), (100.1 + jump, 0.1), (100.9 + jump, 0.9), (101.2 + jump, 1.2))
    assert seen[0] is None
    assert seen[1] == pytest.approx(jump)
    assert seen[2] == pytest.approx(jump)
    assert seen[3] is None
