"""Imports ``safety_gymnasium`` 1.0.0, also on Python 3.11 and later.

Its data classes have arrays as defaults, which Python 3.11 refuses. During that one import, an
array default becomes a factory of copies.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from fosp_sim_bridge.safety_gymnasium.scenery import furnish


def _with_array_factories(cls: type) -> type:
    """Replace array defaults of a class body by factories."""
    for name in inspect.get_annotations(cls):
        default = cls.__dict__.get(name)
        if isinstance(default, np.ndarray):
            setattr(cls, name, dataclasses.field(default_factory=default.copy))
    return cls


@contextmanager
def _array_defaults() -> Iterator[None]:
    """``dataclasses.dataclass`` accepts array defaults meanwhile."""
    original = dataclasses.dataclass

    def lenient(cls: type | None = None, /, **options: Any) -> Any:
        def decorate(inner: type) -> type:
            return original(**options)(_with_array_factories(inner))

        decorator: Callable[[type], type] = decorate
        return decorator if cls is None else decorator(cls)

    dataclasses.dataclass = lenient  # type: ignore[assignment]
    try:
        yield
    finally:
        dataclasses.dataclass = original


@lru_cache(maxsize=1)
def load() -> ModuleType:
    """The module ``safety_gymnasium``, with our scenery.

    Raises:
        RuntimeError: it is not installed.
    """
    try:
        module = _imported()
    except ModuleNotFoundError as error:
        raise RuntimeError(
            f"safety-gymnasium is not installed ({error}); run `make setup`"
        ) from error
    furnish(module)
    return module


def _imported() -> ModuleType:
    if sys.version_info < (3, 11):
        return importlib.import_module("safety_gymnasium")
    with _array_defaults():
        return importlib.import_module("safety_gymnasium")
