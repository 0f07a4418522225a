"""Life of a node's process: start, spin, stop cleanly on a signal."""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Callable

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
        if rclpy.ok():
            raise
    except UserError as problem:
        print(f"error: {problem}", file=sys.stderr, flush=True)
        sys.exit(2)
    except RuntimeError:
        # The same, inside the binding's conversion of a message.
        if rclpy.ok():
            raise
    finally:
        # Whatever hangs from here on (a thread, the middleware) is named and ended.
        faulthandler.dump_traceback_later(END_PATIENCE, exit=True)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
