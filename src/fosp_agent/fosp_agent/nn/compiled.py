"""torch.compile as a switch: the same functions, fused; off by default."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch

from fosp_agent.settings import ConfigError

BACKEND = "inductor"
OPTIONS: dict[str, Any] | None = {"fallback_random": True}
"""Draw with torch's own generator, as the eager step does."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


def compiled(
    function: Callable[Given, Result], device: torch.device, *, enabled: bool
) -> Callable[Given, Result]:
    """The function, compiled at its first call where that is asked for; else the function itself.

    Args:
        function: of tensors; what it draws at random is drawn by torch's own generator either way.
        device: where it runs. On a CPU kernels are built by the C++ compiler.
        enabled: ``training.compile``.

    Raises:
        ConfigError: it is to run on a CPU, and there is no C++ compiler.
    """
    if not enabled:
        return function
    compiler = os.environ.get("CXX", "g++")
    if device.type == "cpu" and shutil.which(compiler) is None:
        raise ConfigError(
            f"training.compile wants a C++ compiler, and {compiler} is not there; install one "
            "(apt install g++), or set training.compile=false"
        )
    return torch.compile(function, dynamic=False, backend=BACKEND, options=OPTIONS)
