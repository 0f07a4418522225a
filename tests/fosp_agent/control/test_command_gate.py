"""The gate: what it may never let through, and what it says about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fosp_agent.control.command_gate import CommandGate
from fosp_agent.control.gate_limits import GateConfig, GateConfigError
from fosp_agent.control.gate_verdict import Reason, Request, RobotState, Verdict

LOW = np.array([0.365, -0.130, 0.018, -0.25, -0.25, -0.35])
HIGH = np.array([0.690, 0.130, 0.125, 0.25, 0.25, 0.35])
CONFIG = GateConfig(box_min=tuple(LOW), box_max=tuple(HIGH))
SCALE = np.array(CONFIG.action_scale)
CENTRE = (LOW + HIGH) / 2
SECOND = 1_000_000_000


def request(delta: np.ndarray, step: int = 0, stamp_ns: int | None = None) -> Request:
    delta = np.asarray(delta, np.float64)
    stamp = step * SECOND // 10 if stamp_ns is None else stamp_ns
    return Request("e", step, stamp, "policy", delta, delta / np.resize(SCALE, delta.size))


def state(pose: np.ndarray | None = CENTRE, now_ns: int = 0) -> RobotState:
    return RobotState(now_ns, "e", pose)


def judge(delta: np.ndarray, pose: np.ndarray | None = CENTRE, **config: object) -> Verdict:
    return CommandGate(replace(CONFIG, **config)).judge(request(delta), state(pose))


anything = st.floats(width=64, allow_nan=True, allow_infinity=True)
inside = st.tuples(*(st.floats(low, high) for low, high in zip(LOW, HIGH, strict=True)))
around = st.tuples(*(st.floats(low - 0.1, high + 0.1) for low, high in zip(LOW, HIGH, strict=True)))
normalized = st.tuples(*[st.floats(-1.0, 1.0, width=32)] * 6)


@given(st.lists(anything, min_size=0, max_size=8), around)
def test_no_request_ever_yields_a_non_finite_or_too_long_command(
    delta: list[float], pose: tuple[float, ...]
) -> None:
    verdict = judge(np.array(delta), np.array(pose))
    assert np.isfinite(verdict.delta).all()
    assert (np.abs(verdict.delta) <= SCALE + 1e-9).all()
    if verdict.accepted:
        assert verdict.target is not None
        assert np.isfinite(verdict.target).all()
        assert (np.abs(verdict.target - pose) <= SCALE + 1e-9).all()


@given(normalized, inside)
def test_from_inside_the_box_no_target_is_ever_outside(
    action: tuple[float, ...], pose: tuple[float, ...]
) -> None:
    verdict = judge(np.array(action) * SCALE, np.array(pose))
    assert verdict.accepted
    assert verdict.target is not None
    assert (verdict.target >= LOW).all()
    assert (verdict.target <= HIGH).all()


@given(normalized, around)
def test_from_outside_the_box_every_accepted_target_is_inside_it(
    action: tuple[float, ...], pose: tuple[float, ...]
) -> None:
    verdict = judge(np.array(action) * SCALE, np.array(pose))
    if verdict.accepted:
        assert verdict.target is not None
        assert (verdict.target >= LOW).all()
        assert (verdict.target <= HIGH).all()


@given(normalized, inside)
def test_the_executed_delta_leads_from_the_pose_to_the_target(
    action: tuple[float, ...], pose: tuple[float, ...]
) -> None:
    verdict = judge(np.array(action) * SCALE, np.array(pose))
    np.testing.assert_allclose(np.array(pose) + verdict.delta, verdict.target, atol=1e-12)
    np.testing.assert_allclose(verdict.normalized * SCALE, verdict.delta, atol=1e-12)


@given(normalized)
def test_an_unclipped_action_is_executed_exactly_as_the_network_asked(
    action: tuple[float, ...],
) -> None:
    asked = np.array(action, np.float32)
    verdict = judge(asked.astype(np.float64) * SCALE)
    np.testing.assert_array_equal(verdict.normalized.astype(np.float32), asked)


def test_a_target_beyond_the_border_is_clipped_onto_it_and_says_so() -> None:
    pose = CENTRE.copy()
    pose[0] = HIGH[0] - 0.004
    verdict = judge(np.array([0.01, 0.002, 0, 0, 0, 0]), pose)
    assert verdict.accepted
    assert verdict.target is not None
    assert verdict.target[0] == HIGH[0]
    np.testing.assert_allclose(verdict.delta, [0.004, 0.002, 0, 0, 0, 0], atol=1e-12)
    assert "clipped" in verdict.detail


def test_far_outside_the_box_nothing_moves_and_near_it_the_way_back_is_one_step() -> None:
    far, near = CENTRE.copy(), CENTRE.copy()
    far[1], near[1] = HIGH[1] + 0.05, HIGH[1] + 0.015
    for dy in (0.01, 0.0, -0.01):
        refused = judge(np.array([0, dy, 0, 0, 0, 0]), far)
        assert refused.reason is Reason.OUTSIDE_BOX
        assert "by hand" in refused.detail
        back = judge(np.array([0, dy, 0, 0, 0, 0]), near)
        assert back.target is not None
        assert back.target[1] <= HIGH[1]


@pytest.mark.parametrize(
    ("delta", "reason"),
    [
        ([np.nan, 0, 0, 0, 0, 0], Reason.NOT_FINITE),
        ([0, 0, np.inf, 0, 0, 0], Reason.NOT_FINITE),
        ([0.0] * 5, Reason.WRONG_SIZE),
        ([0.011, 0, 0, 0, 0, 0], Reason.STEP_TOO_LARGE),
    ],
)
def test_a_bad_delta_is_vetoed_with_its_reason_and_holds_still(
    delta: list[float], reason: Reason
) -> None:
    gate = CommandGate(CONFIG)
    verdict = gate.judge(request(np.array(delta)), state())
    assert verdict.reason is reason
    assert verdict.detail
    assert not verdict.delta.any()
    assert verdict.target is not None
    np.testing.assert_array_equal(verdict.target, CENTRE)
    assert gate.veto_count == 1


@pytest.mark.parametrize("broken", ["delta", "normalized"])
def test_what_is_not_a_number_is_refused_wherever_it_stands(broken: str) -> None:
    asked = request(np.zeros(6))
    wrong = replace(asked, **{broken: np.array([0, 0, np.nan, 0, 0, 0])})
    verdict = CommandGate(CONFIG).judge(wrong, state())
    assert verdict.reason is Reason.NOT_FINITE
    assert not verdict.delta.any()


def test_a_veto_holds_the_arm_where_it_was_last_sent_not_where_it_lags() -> None:
    gate = CommandGate(CONFIG)
    sent = gate.judge(request(np.array([0.01, 0, 0, 0, 0, 0])), state())
    assert sent.target is not None
    lagging = state(CENTRE + np.array([0.004, 0, 0, 0, 0, 0]), now_ns=SECOND // 10)
    refused = gate.judge(request(np.full(6, np.nan), 1), lagging)
    assert refused.reason is Reason.NOT_FINITE
    assert refused.target is not None
    np.testing.assert_array_equal(refused.target, sent.target)


TURN = np.array([0, 0, 0, 0, 0, SCALE[5]])
SLIDE = np.array([SCALE[0], 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("limits", "refused", "passes", "reason"),
    [
        ({"max_turn_rate": 0.5 * SCALE[5] / CONFIG.period}, TURN, SLIDE, Reason.TOO_FAST),
        ({"max_speed": 0.5 * SCALE[0] / CONFIG.period}, SLIDE, TURN, Reason.TOO_FAST),
        ({"max_turn_jerk": 0.5 * SCALE[5] / CONFIG.period**3}, TURN, SLIDE, Reason.TOO_JERKY),
        ({"max_jerk": 0.5 * SCALE[0] / CONFIG.period**3}, SLIDE, TURN, Reason.TOO_JERKY),
    ],
)
def test_sliding_and_turning_each_have_limits_of_their_own(
    limits: dict[str, float], refused: np.ndarray, passes: np.ndarray, reason: Reason
) -> None:
    assert judge(refused, **limits).reason is reason
    assert judge(passes, **limits).accepted


def test_an_old_or_future_observation_is_not_acted_upon() -> None:
    still = np.zeros(6)
    old = CommandGate(CONFIG).judge(request(still, stamp_ns=0), state(now_ns=SECOND))
    early = CommandGate(CONFIG).judge(request(still, stamp_ns=SECOND), state(now_ns=0))
    assert (old.reason, early.reason) == (Reason.STALE, Reason.STALE)
    assert "1.000 s" in old.detail


def test_without_a_box_or_a_pose_the_gate_is_not_armed() -> None:
    assert judge(np.zeros(6), box_min=(), box_max=()).reason is Reason.NOT_ARMED
    assert judge(np.zeros(6), None).reason is Reason.NOT_ARMED
    assert judge(np.zeros(6), np.full(6, np.nan)).reason is Reason.NOT_ARMED


def test_only_the_running_episode_moves_the_robot() -> None:
    asked = request(np.zeros(6))
    other = replace(asked, episode_id="another")
    assert CommandGate(CONFIG).judge(other, state()).reason is Reason.NO_EPISODE
    assert CommandGate(CONFIG).judge(asked, RobotState(0)).reason is Reason.NO_EPISODE


def test_an_alarm_vetoes_everything_and_is_named() -> None:
    alarm = (Reason.TWO_GATES, "target_pose has 2 publishers")
    verdict = CommandGate(CONFIG).judge(request(np.zeros(6)), replace(state(), alarm=alarm))
    assert (verdict.reason, verdict.detail) == alarm


def test_an_old_pose_is_not_a_start_for_a_motion() -> None:
    old = replace(state(now_ns=SECOND), pose_stamp_ns=0)
    verdict = CommandGate(CONFIG).judge(request(np.zeros(6), stamp_ns=SECOND), old)
    assert verdict.reason is Reason.STALE
    assert "measured pose is 1.000 s old" in verdict.detail


def test_vetoes_are_counted_by_reason() -> None:
    gate = CommandGate(CONFIG)
    gate.judge(request(np.full(6, np.nan), 0), state())
    gate.judge(request(np.full(6, 9.0), 1), state())
    gate.judge(request(np.full(6, 9.0), 2), state())
    assert gate.vetoes == {Reason.NOT_FINITE: 1, Reason.STEP_TOO_LARGE: 2}
    assert gate.veto_count == 3


def test_two_steps_in_quick_succession_are_too_fast() -> None:
    gate = CommandGate(CONFIG)
    delta = np.array([0.01, 0, 0, 0, 0, 0])
    assert gate.judge(request(delta, 0, stamp_ns=0), state()).accepted
    soon = gate.judge(request(delta, 1, stamp_ns=SECOND // 50), state(now_ns=SECOND // 50))
    assert soon.reason is Reason.TOO_FAST


def test_a_held_decision_is_executed_as_no_motion_and_the_verdict_says_why() -> None:
    held = replace(request(np.zeros(6)), note="shield: none of 2 candidates will do")
    verdict = CommandGate(CONFIG).judge(held, state())
    assert verdict.accepted
    assert not verdict.delta.any()
    assert "none of 2 candidates will do" in verdict.detail


def test_a_repeated_request_gets_the_first_answer_and_an_older_one_none() -> None:
    gate = CommandGate(CONFIG)
    first = gate.judge(request(np.full(6, 0.005), 1), state())
    again = gate.judge(request(np.full(6, -0.005), 1), state(CENTRE + 0.01))
    assert again.repeated
    assert again.accepted
    np.testing.assert_array_equal(again.target, first.target)
    assert gate.judge(request(np.zeros(6), 0), state()).reason is Reason.DUPLICATE


def test_a_veto_for_want_of_an_episode_is_not_remembered() -> None:
    gate = CommandGate(CONFIG)
    asked = request(np.zeros(6))
    assert not gate.judge(asked, RobotState(0, "", CENTRE)).accepted
    assert gate.judge(asked, state()).accepted


def test_a_robot_without_a_pose_gets_its_action_clipped_to_one() -> None:
    gate = CommandGate(GateConfig(action_scale=(1.0, 1.0), use_pose=False))
    asked = Request("e", 0, 0, "policy", np.array([0.5, -3.0]), np.array([0.5, -3.0]))
    verdict = gate.judge(asked, RobotState(0, "e"))
    assert verdict.accepted
    assert verdict.target is None
    np.testing.assert_array_equal(verdict.delta, [0.5, -1.0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"box_min": (0.0,) * 3},
        {"box_min": (1.0,) * 3, "box_max": (0.0,) * 3},
        {"step_limit": (0.01,)},
        {"action_scale": (0.01, 0.0, 0.01, 1, 1, 1)},
        {"action_scale": (1.0, 1.0)},
        {"period": 0.0},
    ],
)
def test_contradicting_limits_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(GateConfigError):
        GateConfig(**wrong)  # type: ignore[arg-type]


def test_while_the_operator_holds_nothing_moves_and_letting_go_goes_on() -> None:
    gate = CommandGate(CONFIG)
    small = SCALE / 2
    gate.held = True
    verdict = gate.judge(request(small, step=0), state())
    assert verdict.reason is Reason.HELD
    np.testing.assert_array_equal(verdict.delta, 0)
    gate.held = False
    assert gate.judge(request(small, step=1), state(now_ns=SECOND // 10)).accepted
