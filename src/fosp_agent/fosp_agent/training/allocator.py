"""Let the C library keep the memory that a gradient step frees: the next step needs it again.

glibc serves large blocks by mmap and returns them to the kernel when they are freed, so every
gradient step pays anew for hundreds of megabytes of pages, zeroed one by one. Kept, they cost
nothing but address space. ``python tests/benchmark/bench_train.py`` measures what it is worth.
"""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""Parameters of glibc's mallopt(3)."""
_NEVER = 2**31 - 1
"""Bytes free at the top of the heap before any are returned; the largest that mallopt takes."""
_STRIDE = 200_000_000
"""Bytes that the heap grows by."""
_SETTINGS = {_MMAP_MAX: 0, _TRIM_THRESHOLD: _NEVER, _TOP_PAD: _STRIDE}


def keep_freed_memory() -> bool:
    """Do so for the rest of this process; whether the C library is one that can."""
    if not _is_glibc():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(name, value) == 1 for name, value in _SETTINGS.items())


def _is_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError):  # no such system, or no such name on it
        return False
