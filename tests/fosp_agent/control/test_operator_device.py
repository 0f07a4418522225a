"""The operator's device: mapping, dead zone, silence, zeros."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fosp_agent.control.operator_device import DeviceConfig, DeviceError, Function, OperatorDevice

ENABLED, RELEASED = [1, 0, 0, 0, 0, 0], [0] * 6


@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6), st.floats(0, 0.9))
def test_every_motion_lies_within_one_step_and_has_the_sign_of_its_axis(axes, deadzone):
    device = OperatorDevice(DeviceConfig(deadzone=deadzone))
    device.axes(axes, 0.0)
    motion = device.motion(0.0)
    assert (np.abs(motion) <= 1.0).all()
    assert (motion * np.array(axes) >= 0).all()
    assert (motion[np.abs(axes) <= deadzone] == 0).all()


def test_axes_are_chosen_and_turned_around_by_the_mapping():
    config = DeviceConfig(axes=(1, 0, -1, -1, -1, 2), gains=(1, -1, 1, 1, 1, 0.5), deadzone=0.0)
    device = OperatorDevice(config)
    device.axes([0.2, 0.4, 1.0], 0.0)
    np.testing.assert_allclose(device.motion(0.0), [0.4, -0.2, 0, 0, 0, 0.5])


@pytest.mark.parametrize("axes", [[0.5, 0.5], [np.nan] + [0.5] * 5, [np.inf] * 6])
def test_axes_that_do_not_fit_are_refused_and_stop_the_motion(axes):
    device = OperatorDevice(DeviceConfig())
    device.axes([1.0] * 6, 0.0)
    with pytest.raises(DeviceError):
        device.axes(axes, 0.1)
    assert not device.motion(0.1).any()


def test_a_device_that_falls_silent_holds_nothing_and_moves_nothing():
    device = OperatorDevice(DeviceConfig(silence=0.5))
    device.axes([1.0] * 6, 0.0)
    device.buttons(ENABLED, 0.0)
    assert device.held(Function.ENABLE, 0.4)
    assert not device.silent(0.4)
    assert device.silent(0.6)
    assert not device.held(Function.ENABLE, 0.6)
    assert not device.motion(0.6).any()
    assert "fell silent" in device.problem(0.6)


def test_a_device_that_speaks_of_changes_only_is_never_silent():
    device = OperatorDevice(DeviceConfig(silence=0.0))
    device.buttons(ENABLED, 0.0)
    assert device.held(Function.ENABLE, 1e6)


def test_a_device_that_is_there_but_dead_is_named_while_the_button_is_held():
    device = OperatorDevice(DeviceConfig(zeros=3.0))
    for now in np.arange(0.0, 4.0, 0.1):
        device.axes([0.0] * 6, now)
        device.buttons(ENABLED, now)
    assert "all zeros ever since the start" in device.problem(3.9)
    device.axes([0.0, 0.2, 0, 0, 0, 0], 4.0)
    assert device.problem(4.0) == ""


def test_a_still_cap_without_the_button_is_no_problem():
    device = OperatorDevice(DeviceConfig(zeros=3.0))
    for now in np.arange(0.0, 10.0, 0.1):
        device.axes([0.0] * 6, now)
        device.buttons(RELEASED, now)
    assert device.problem(9.9) == ""


def test_a_press_is_told_once():
    device = OperatorDevice(DeviceConfig())
    device.buttons([0, 1, 0, 0, 0, 0], 0.0)
    device.buttons([0, 1, 0, 0, 0, 0], 0.1)
    assert device.presses() == {Function.START}
    assert device.presses() == set()


def test_a_device_never_heard_is_named():
    assert "never heard" in OperatorDevice(DeviceConfig()).problem(10.0)
