"""One source at a time, with a clean hand-over."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.control.command_gate import CommandGate
from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.gate_sources import Button, ButtonState, Operator
from fosp_agent.control.gate_verdict import Reason, Request, RobotState

LOW, HIGH = (0.365, -0.130, 0.018), (0.690, 0.130, 0.125)
CONFIG = GateConfig(box_min=LOW, box_max=HIGH)
CENTRE = np.array([0.5, 0.0, 0.07, 0.0, 0.0, 0.0])
HELD = Operator(enable=ButtonState.PRESSED)
SILENT = Operator(enable=ButtonState.SILENT)
FREE = Operator()
TICK = 100_000_000


def request(source: str, step: int, episode: str = "e") -> Request:
    delta = np.full(6, 0.001)
    return Request(episode, step, step * TICK, source, delta, delta / np.array(CONFIG.action_scale))


def state(step: int, operator: Operator = FREE, episode: str = "e") -> RobotState:
    return RobotState(step * TICK, episode, CENTRE, operator=operator)


def test_the_operator_wins_at_once_and_gives_back_by_releasing() -> None:
    gate = CommandGate(CONFIG)
    assert gate.judge(request("policy", 0), state(0)).accepted
    assert gate.judge(request("policy", 1), state(1, HELD)).reason is Reason.WRONG_SOURCE
    taken = gate.judge(request("teleop", 1), state(1, HELD))
    assert (taken.accepted, taken.source) == (True, "teleop")
    assert gate.judge(request("teleop", 2), state(2, FREE)).reason is Reason.WRONG_SOURCE
    assert gate.judge(request("policy", 2), state(2, FREE)).accepted


def test_a_loser_does_not_use_up_the_step() -> None:
    gate = CommandGate(CONFIG)
    for _ in range(3):
        assert not gate.judge(request("policy", 5), state(5, HELD)).accepted
    assert gate.judge(request("teleop", 5), state(5, HELD)).accepted
    assert gate.vetoes[Reason.WRONG_SOURCE] == 3


def test_a_step_that_one_source_executed_is_not_executed_again_by_another() -> None:
    gate = CommandGate(CONFIG)
    assert gate.judge(request("policy", 5), state(5)).accepted
    again = gate.judge(request("teleop", 5), state(5, HELD))
    assert again.reason is Reason.DUPLICATE
    assert "'policy'" in again.detail


def test_what_was_seen_before_the_hand_over_moves_nothing_after_it() -> None:
    gate = CommandGate(CONFIG)
    gate.judge(request("policy", 0), state(0))
    gate.notice(state(1, HELD))
    gate.notice(state(3, FREE))
    late = gate.judge(request("policy", 2), state(3))
    assert late.reason is Reason.WRONG_SOURCE
    assert "before the hand-over" in late.detail
    assert gate.judge(request("policy", 3), state(3)).accepted


def test_an_enable_button_that_falls_silent_halts_everyone() -> None:
    gate = CommandGate(CONFIG)
    for source in ("policy", "teleop"):
        verdict = gate.judge(request(source, 4), state(4, SILENT))
        assert verdict.reason is Reason.DEAD_MAN
        assert "silent" in verdict.detail


def test_the_reset_moves_the_robot_between_episodes_only() -> None:
    gate = CommandGate(CONFIG)
    assert gate.judge(request("reset", 0, "reset-1"), state(0, episode="")).accepted
    busy = gate.judge(request("reset", 1, "reset-1"), state(1))
    assert busy.reason is Reason.WRONG_SOURCE
    assert gate.judge(request("policy", 1), state(1, episode="")).reason is Reason.NO_EPISODE
    assert gate.judge(request("teleop", 1), state(1, HELD, "")).reason is Reason.NO_EPISODE


def test_hold_to_run_vetoes_every_source_until_the_button_is_held() -> None:
    gate = CommandGate(GateConfig(box_min=LOW, box_max=HIGH, hold_to_run=True))
    pressed = Operator(dead_man=ButtonState.PRESSED)
    for number, dead_man in enumerate((ButtonState.RELEASED, ButtonState.SILENT)):
        verdict = gate.judge(request("policy", number), state(number, Operator(dead_man=dead_man)))
        assert verdict.reason is Reason.DEAD_MAN
    assert gate.judge(request("policy", 9), state(9, pressed)).accepted


def test_a_source_that_is_not_listed_never_moves_the_robot() -> None:
    gate = CommandGate(GateConfig(box_min=LOW, box_max=HIGH, sources=("policy",)))
    refused = gate.judge(request("teleop", 0), state(0, HELD))
    assert refused.reason is Reason.WRONG_SOURCE
    assert "only policy" in refused.detail


@pytest.mark.parametrize(
    ("events", "now", "expected"),
    [
        ([], 0.0, ButtonState.RELEASED),
        ([(True, 0.0)], 0.4, ButtonState.PRESSED),
        ([(True, 0.0)], 0.6, ButtonState.SILENT),
        ([(True, 0.0), (True, 0.5)], 0.9, ButtonState.PRESSED),
        ([(True, 0.0), (False, 0.1)], 9.0, ButtonState.RELEASED),
    ],
)
def test_a_held_button_has_to_be_repeated(
    events: list[tuple[bool, float]], now: float, expected: ButtonState
) -> None:
    button = Button(timeout=0.5)
    for pressed, when in events:
        button.hear(pressed, when)
    assert button.state(now) is expected
