"""Simulated robots behind the same topics as the real one."""

from contextlib import suppress

from fosp_sim_bridge.backend import choose_backend

choose_backend()

with suppress(ImportError):  # a notice about environments not used here, printed at every start
    from farama_notifications import notifications

    notifications.pop("gymnasium_robotics", None)
