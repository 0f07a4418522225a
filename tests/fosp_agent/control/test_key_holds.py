"""Keys of a terminal as a joystick."""

from __future__ import annotations

from fosp_agent.control.key_holds import AXES, KeyHolds


def test_a_stroke_moves_for_a_moment_and_holds_the_enable_button():
    keys = KeyHolds(hold=0.15)
    keys.stroke("w", 0.0)
    assert keys.axes(0.1) == [1.0, 0, 0, 0, 0, 0]
    assert keys.buttons(0.1)[0] == 1
    assert keys.axes(0.2) == [0.0] * 6
    assert keys.buttons(0.2) == [0] * 6


def test_opposite_keys_cancel_out_and_every_axis_has_both_directions():
    keys = KeyHolds()
    for key in AXES:
        keys.stroke(key, 0.0)
    assert keys.axes(0.0) == [0.0] * 6


def test_marks_do_not_move():
    keys = KeyHolds()
    keys.stroke("g", 0.0)
    assert keys.axes(0.0) == [0.0] * 6
    assert keys.buttons(0.0) == [0, 0, 0, 0, 1, 0]
