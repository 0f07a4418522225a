"""Simulated robots behind the same topics as the real one."""

from fosp_sim_bridge.backend import choose_backend

choose_backend()
