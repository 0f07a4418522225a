"""A sensor's clock in this computer's time."""

from __future__ import annotations

import numpy as np

from fosp_agent.drivers.sensor_clock import SensorClock

MS = 1_000_000


def test_stamps_are_as_regular_as_the_sensors_and_never_after_the_arrival():
    random = np.random.default_rng(0)
    clock, offset = SensorClock(), 5_000_000 * MS
    told, arrivals = [], []
    for number in range(300):
        sensor = number * 33 * MS
        arrival = sensor + offset + int(random.exponential(4) * MS) + 2 * MS
        told.append(clock.host_ns(sensor, arrival))
        arrivals.append(arrival)
    assert (np.array(told) <= np.array(arrivals)).all()
    settled = np.array(told[100:]) - np.arange(100, 300) * 33 * MS - offset
    assert settled.min() >= 2 * MS
    assert settled.max() < 3 * MS
    assert clock.jumps == 0


def test_after_a_jump_of_a_clock_the_offset_is_learned_anew():
    clock = SensorClock()
    for number in range(50):
        clock.host_ns(number * 33 * MS, number * 33 * MS + 2 * MS)
    jumped = clock.host_ns(0, 3_600_000 * MS)
    assert jumped == 3_600_000 * MS
    assert clock.jumps == 1
