"""The executables of all nodes. A signal ends a node that is still being imported quietly."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType

PACKAGE = "fosp_agent.ros"


def main(package: str = PACKAGE) -> None:
    """Run the node whose name the executable has."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    importlib.import_module(f"{package}.{Path(sys.argv[0]).stem}").main()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Nothing has begun yet that would have to be ended in good order."""
    os._exit(0)
