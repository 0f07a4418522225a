"""Publishes a terminal's keys as sensor_msgs/Joy."""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import rclpy
from sensor_msgs.msg import Joy

from fosp_agent.control.key_holds import HELP, KeyHolds
from fosp_agent.ros.qos import RELIABLE

PERIOD = 0.04
"""Between two messages [s]."""


def publish_keys(topic: str, deflection: float, namespace: str) -> None:
    """Read keys and publish them until q or Ctrl-C; the terminal is left as it was."""
    rclpy.init()
    node = rclpy.create_node("keyboard", namespace=namespace or None)
    publisher = node.create_publisher(Joy, topic, RELIABLE)
    keys = KeyHolds(deflection=deflection)
    print(HELP, flush=True)
    try:
        with raw(sys.stdin.fileno()) as terminal:
            for struck in strokes(terminal):
                now = time.monotonic()
                if "q" in struck:
                    return
                for key in struck:
                    keys.stroke(key, now)
                joy = Joy(axes=keys.axes(now), buttons=keys.buttons(now))
                joy.header.stamp = node.get_clock().now().to_msg()
                publisher.publish(joy)
    except KeyboardInterrupt:
        return
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def strokes(terminal: int) -> Iterator[str]:
    """What was struck in each period; mostly nothing."""
    due = time.monotonic()
    while True:
        due = max(due + PERIOD, time.monotonic())
        struck = ""
        while (left := due - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                data = os.read(terminal, 64)
                if not data:
                    return
                struck += data.decode(errors="ignore")
        yield struck


@contextmanager
def raw(terminal: int) -> Iterator[int]:
    """Keys one by one and unseen, for the length of a ``with``; Ctrl-C still works."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield terminal
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
