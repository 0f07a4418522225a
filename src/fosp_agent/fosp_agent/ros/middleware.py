"""Settings of Fast DDS for large messages, unless somebody has chosen others."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

PROFILES = Path(__file__).with_name("fastdds.xml")
NAMES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
"""As Fast DDS 2 (Jazzy) and 3 call it."""


def settle(environment: MutableMapping[str, str] = os.environ) -> None:
    """Room for frames in shared memory, lost pieces repaired in 20 ms; before ``rclpy.init``.

    Does nothing where a profile file is named already, or another middleware is chosen.
    """
    other = environment.get("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp") != "rmw_fastrtps_cpp"
    if other or any(environment.get(name) for name in NAMES):
        return
    for name in NAMES:
        environment[name] = str(PROFILES)
