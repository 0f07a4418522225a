"""Life of a node's process: start, spin, stop cleanly on a signal."""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Callable
from types import FrameType

import rclpy
from rclpy._rclpy_pybind11 import InvalidHandle, RCLError
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from fosp_agent.errors import UserError
from fosp_agent.ros.heartbeat import Heart

END_PATIENCE = 6.5
"""How long a process may take to end [s]."""


def run(make: Callable[[], Node]) -> None:
    """Make a node and spin it until SIGINT or SIGTERM.

    An error of the user's (a wrong parameter, a missing file) ends the process with one line that
    names it, and exit code 2.
    """
    hear_the_first_interrupt()
    rclpy.init()
    node: Node | None = None
    try:
        node = make()
        # Also: a signal that lands before the executor waits is noticed at the next beat.
        Heart(node)
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (RCLError, InvalidHandle):
        # A signal that lands between two calls of a callback or of the executor.
        if not is_ending():
            raise
    except UserError as problem:
        print(f"error: {problem}", file=sys.stderr, flush=True)
        sys.exit(2)
    except RuntimeError:
        # The same, inside the binding's conversion of a message.
        if not is_ending():
            raise
    finally:
        # Whatever hangs from here on (a thread, the middleware) is named and ended.
        faulthandler.dump_traceback_later(END_PATIENCE, exit=True)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


def hear_the_first_interrupt() -> None:
    """Raise KeyboardInterrupt once. To be called before ``rclpy.init``.

    Ctrl-C reaches every process of a terminal, and `ros2 launch` passes it on besides: the second
    one would interrupt the cleaning up after the first.
    """
    signal.signal(signal.SIGINT, interrupt_once)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def interrupt_once(number: int, _frame: FrameType | None) -> None:
    """A handler that raises KeyboardInterrupt, and ignores the signal from then on."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def is_ending() -> bool:
    """Whether a signal has asked for the end; rclpy itself takes a moment to hear of it."""
    return not rclpy.ok() or signal.getsignal(signal.SIGINT) is signal.SIG_IGN
