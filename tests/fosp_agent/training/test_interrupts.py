"""A gradient step is taken whole or not at all."""

from __future__ import annotations

import os
import signal

import pytest

from fosp_agent.training.interrupts import uninterrupted


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(autouse=True)
def by_default():
    """SIGINT as Python has it, whatever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_for_the_end():
    done = False
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        interrupt()
        done = True
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_does_not():
    done = False
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        interrupt()
        interrupt()
        done = True
    assert not done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_inside_is_what_is_raised():
    with pytest.raises(ZeroDivisionError), uninterrupted():
        interrupt()
        _ = 1 / 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
