"""Freed memory that stays with the process; the C library is asked, not its documentation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fosp_agent.training import allocator

SOURCES = Path(allocator.__file__).parents[2]
AFTER_FREEING = """
import resource
from fosp_agent.training.allocator import keep_freed_memory
if {keep}:
    assert keep_freed_memory()
import numpy as np
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(50_000_000, np.uint8)
before = faults()
for _ in range(10):
    np.ones(50_000_000, np.uint8)
print(faults() - before)
"""


def faults(keep: bool) -> int:
    """Page faults of ten blocks of 50 MB, one after the other, after a first one."""
    command = [sys.executable, "-c", AFTER_FREEING.format(keep=keep)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    environment = own | {"PYTHONPATH": str(SOURCES)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not allocator._is_glibc(), reason="another C library has other settings")
def test_what_is_freed_is_used_again_without_asking_the_kernel():
    assert faults(keep=True) < 100
    assert faults(keep=False) > 1000


def test_where_the_c_library_is_another_nothing_is_done(monkeypatch: pytest.MonkeyPatch):
    def nameless(_: str) -> str:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "confstr", nameless)
    assert not allocator.keep_freed_memory()
