"""Which OpenGL renders: decided once, when this package is first imported.

MuJoCo settles it at its own import, and ``import gymnasium`` imports MuJoCo when a plug-in of
its registry does. So ``fosp_sim_bridge/__init__.py`` decides before any of its modules runs.
"""

from __future__ import annotations

import ctypes.util
import os

REMEDY = "install one with: apt-get install -y libegl1 libgl1-mesa-dri (or libosmesa6)"


def choose_backend() -> str | None:
    """Set ``MUJOCO_GL`` unless it is set: EGL in software if it is there, else OSMesa.

    Returns:
        The value of ``MUJOCO_GL``; None if no library can render without a screen.
    """
    # One frame of 64 x 64 pixels is too small to share among Mesa's threads.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    chosen = os.environ.get("MUJOCO_GL")
    if chosen:
        return chosen
    for backend, library in (("egl", "EGL"), ("osmesa", "OSMesa")):
        if ctypes.util.find_library(library):
            os.environ["MUJOCO_GL"] = backend
            return backend
    return None


def require_backend() -> str:
    """As ``choose_backend``.

    Raises:
        RuntimeError: no library for rendering without a screen is installed.
    """
    backend = choose_backend()
    if backend is None:
        raise RuntimeError(f"no OpenGL library for rendering without a screen; {REMEDY}")
    return backend
