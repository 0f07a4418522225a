"""The oracle says exactly what the simulator knows, or nothing."""

from __future__ import annotations

import pytest

from fosp_sim_bridge.oracle import COST, REWARD, TruthIncomplete, TruthLog, TruthSpan, runs


def log(truth: dict[int, tuple[float, float]], observed: dict[int, int]) -> TruthLog:
    made = TruthLog()
    for stamp, (reward, cost) in truth.items():
        made.truth("e", stamp, reward, cost)
    for step, stamp in observed.items():
        made.observed("e", step, stamp)
    return made


def test_runs_of_equal_values_become_spans() -> None:
    assert runs(COST, [0, 1, 1, 0, 2, 1]) == [
        TruthSpan(COST, 1, 2, 1),
        TruthSpan(COST, 4, 4, 2),
        TruthSpan(COST, 5, 5, 1),
    ]


def test_truth_is_matched_by_stamp_not_by_count() -> None:
    truth = {10: (0.0, 0.0), 20: (0.0, 1.0), 30: (0.0, 0.0), 40: (1.0, 0.0)}
    spans = log(truth, {0: 10, 1: 30, 2: 40}).spans("e", 3)
    assert spans == [TruthSpan(REWARD, 2, 2, 1.0), TruthSpan(COST, 1, 1, 1.0)]


def test_a_gap_in_the_truth_asks_nothing_and_names_the_steps() -> None:
    gappy = log({10: (0.0, 0.0), 30: (0.0, 0.0)}, {0: 10, 1: 20, 2: 30})
    with pytest.raises(TruthIncomplete, match=r"1 of 3 .*\(steps 1\).*by hand"):
        gappy.spans("e", 3)
    with pytest.raises(TruthIncomplete, match="steps 3"):
        log({10: (0.0, 0.0)}, {0: 10, 1: 10, 2: 10}).spans("e", 4)


def test_only_the_latest_episodes_are_remembered() -> None:
    made = TruthLog(remembered=2)
    for name in "abc":
        made.truth(name, 1, 0.0, 0.0)
    assert [made.knows(name) for name in "abc"] == [False, True, True]
