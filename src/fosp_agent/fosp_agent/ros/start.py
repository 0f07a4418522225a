"""The executables of all nodes: quick to leave, whether they have begun or have ended."""

from __future__ import annotations

import atexit
import importlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from fosp_agent.ros import middleware

PACKAGE = "fosp_agent.ros"


def main(package: str = PACKAGE) -> None:
    """Run the node whose name the executable has. Does not return.

    A signal that comes while the node is still being imported ends it quietly. Once the node is
    destroyed and the middleware shut down, the process ends without taking the interpreter apart:
    on a busy machine that takes longer than a launcher's patience.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    middleware.settle()
    code = 0
    try:
        importlib.import_module(f"{package}.{Path(sys.argv[0]).stem}").main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Nothing has begun yet that would have to be ended in good order."""
    os._exit(0)
