"""What arrives too seldom, or cannot be used, is named for as long as it is so."""

from __future__ import annotations

from fosp_agent.control.input_watch import WINDOW, InputWatch

FRAMES, POSES = "image", "pose"


def fed(rates: dict[str, float], seconds: float = 5.0, **least: float) -> InputWatch:
    watch = InputWatch({FRAMES: 0.0, POSES: 0.0, **least})
    for topic, rate in rates.items():
        for tick in range(int(seconds * rate)):
            watch.arrived(topic, tick / rate)
    return watch


def test_rates_are_those_of_the_last_moments():
    watch = fed({FRAMES: 30.0, POSES: 100.0})
    rates = watch.rates(5.0)
    assert abs(rates[FRAMES] - 30.0) < 1.0
    assert abs(rates[POSES] - 100.0) < 1.0
    assert watch.rates(5.0 + 2 * WINDOW) == {FRAMES: 0.0, POSES: 0.0}


def test_the_topic_that_comes_too_seldom_is_named_with_both_rates():
    watch = fed({FRAMES: 30.0, POSES: 20.0}, image=10.0, pose=50.0)
    problem = watch.problem(5.0)
    assert problem.startswith("pose comes at 20")
    assert "50 Hz are needed" in problem


def test_a_topic_never_heard_is_too_seldom_and_where_nothing_is_asked_nothing_is_missed():
    assert "image comes at 0.0 Hz" in fed({}, image=10.0).problem(0.0)
    assert fed({}).problem(0.0) == ""


def test_what_could_not_be_used_is_named_for_a_while_although_it_comes_often_enough():
    watch = fed({FRAMES: 30.0}, image=10.0)
    watch.complain("image encoding 'mono16', expected rgb8", 5.0)
    assert "mono16" in watch.problem(5.0 + WINDOW)
    for tick in range(100):
        watch.arrived(FRAMES, 5.0 + tick / 30)
    assert watch.problem(5.0 + WINDOW + 0.1) == ""
