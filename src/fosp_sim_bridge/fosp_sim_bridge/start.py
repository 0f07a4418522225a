"""The executables of this package's nodes."""

from __future__ import annotations

from fosp_agent.ros import start


def main() -> None:
    """Run the node whose name the executable has."""
    start.main("fosp_sim_bridge")
