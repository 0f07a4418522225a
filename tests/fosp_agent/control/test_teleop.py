"""Teleoperation: at most one motion a step, marks become spans."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.control.operator_device import DeviceConfig, DeviceError, Function, OperatorDevice
from fosp_agent.control.teleop import Teleop, TeleopConfig
from fosp_agent.episodes.labels import Span

ENABLE, REWARD, COST = 0, 4, 5


def operator(**config: object) -> tuple[OperatorDevice, Teleop]:
    device = OperatorDevice(DeviceConfig(deadzone=0.0))
    return device, Teleop(TeleopConfig(**config), device)


def press(device: OperatorDevice, now: float, *buttons: int) -> None:
    device.buttons([int(index in buttons) for index in range(6)], now)


def test_an_observation_is_answered_once_with_the_scaled_motion():
    device, teleop = operator()
    device.axes([1.0, -0.5, 0, 0, 0, 0.2], 0.0)
    press(device, 0.0, ENABLE)
    teleop.observed("a", 0, 77, False, 0.0)
    request = teleop.request(0.0)
    assert (request.episode_id, request.step, request.stamp_ns, request.source) == (
        "a", 0, 77, "teleop",
    )  # fmt: skip
    np.testing.assert_allclose(request.delta, [0.01, -0.005, 0, 0, 0, 0.01])
    assert teleop.request(0.0) is None
    teleop.observed("a", 0, 77, False, 0.1)
    assert teleop.request(0.1) is None


def test_released_the_operator_asks_for_no_motion_once_and_for_motion_when_pressing_later():
    device, teleop = operator(alone=True)
    device.axes([1.0] * 6, 0.0)
    press(device, 0.0)
    teleop.observed("a", 0, 1, False, 0.0)
    assert not teleop.request(0.0).delta.any()
    assert teleop.request(0.1) is None
    press(device, 0.2, ENABLE)
    assert teleop.request(0.2).delta.any()


def test_beside_a_policy_the_released_operator_asks_for_nothing():
    device, teleop = operator(alone=False)
    press(device, 0.0)
    teleop.observed("a", 0, 1, False, 0.0)
    assert teleop.request(0.0) is None


def test_requests_keep_the_pace():
    device, teleop = operator(pace=0.1)
    press(device, 0.0, ENABLE)
    asked = []
    for step, now in enumerate(np.arange(0.0, 0.45, 0.03)):
        press(device, now, ENABLE)
        teleop.observed("a", step, step, False, now)
        asked += [now] if teleop.request(now) else []
    assert len(asked) == 4
    assert (np.diff(asked) >= 0.1).all()


def test_nothing_is_asked_after_the_last_observation_or_the_end():
    device, teleop = operator()
    press(device, 0.0, ENABLE)
    teleop.observed("a", 80, 1, True, 0.0)
    assert teleop.request(0.0) is None
    teleop.observed("b", 0, 1, False, 0.0)
    teleop.over()
    assert teleop.request(0.0) is None


def test_a_step_is_marked_by_a_button_that_was_down_at_any_time_since_the_step_before():
    device, teleop = operator()
    for step in range(10):
        now = step * 0.1
        press(device, now, *([REWARD] if 4 <= step <= 6 else []))
        teleop.listen(now)
        teleop.observed("a", step, step, False, now)
        if step == 1:  # a tap between two observations
            press(device, now + 0.02, COST)
            teleop.listen(now + 0.02)
            press(device, now + 0.04)
            teleop.listen(now + 0.04)
    assert teleop.spans("a", 10) == [Span("reward", 4, 7), Span("cost", 2, 2)]


def test_marks_past_the_recorded_end_are_left_out():
    device, teleop = operator()
    for step in range(5):
        press(device, step * 0.1, REWARD)
        teleop.observed("a", step, step, False, step * 0.1)
    assert teleop.spans("a", 3) == [Span("reward", 0, 2)]


def test_episodes_do_not_share_marks():
    device, teleop = operator()
    press(device, 0.0, REWARD)
    teleop.observed("a", 0, 0, False, 0.0)
    press(device, 0.1)
    teleop.over()
    teleop.observed("b", 0, 1, False, 0.2)
    assert teleop.spans("b", 1) == []


def test_a_device_that_is_gone_says_nothing_of_its_buttons():
    device, teleop = operator()
    press(device, 0.0, ENABLE)
    assert teleop.button(Function.ENABLE, 0.1) is True
    assert teleop.button(Function.ENABLE, 0.9) is None


def test_a_second_pad_marks_and_starts_but_does_not_enable():
    device, pad = OperatorDevice(DeviceConfig()), OperatorDevice(DeviceConfig())
    teleop = Teleop(TeleopConfig(alone=False), device, [pad])
    press(device, 0.0)
    pad.buttons([1, 1, 0, 0, 1, 0], 0.0)
    assert Function.START in teleop.listen(0.0)
    teleop.observed("a", 0, 0, False, 0.0)
    assert teleop.spans("a", 1) == [Span("reward", 0, 0)]
    assert teleop.button(Function.ENABLE, 0.0) is False
    assert teleop.request(0.0) is None


@pytest.mark.parametrize("scale", [(), (1.0,) * 7])
def test_an_action_scale_of_another_size_is_refused(scale):
    with pytest.raises(DeviceError):
        TeleopConfig(action_scale=scale)


def test_a_robot_of_two_motions_takes_the_first_two():
    device, teleop = operator(action_scale=(1.0, 1.0))
    device.axes([0.5, -1.0, 1, 1, 1, 1], 0.0)
    press(device, 0.0, ENABLE)
    teleop.observed("a", 0, 0, False, 0.0)
    np.testing.assert_allclose(teleop.request(0.0).delta, [0.5, -1.0])
