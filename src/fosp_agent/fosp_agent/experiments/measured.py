"""Calibration and AUC of the heads that safety rests on, small enough to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.training.diagnosis import as_record
from fosp_agent.training.held_out import measure
from fosp_agent.types import Episode

SIGNALS = ("cost", "cost_open_15", "reachability", "reward")


def measured(networks: AgentNetworks, episodes: Sequence[Episode]) -> dict[str, Any] | None:
    """Measure on episodes that were not trained on; None where there are none."""
    if not episodes:
        return None
    record = as_record(measure(networks, list(episodes)))
    signals = {name: record["signals"][name] for name in SIGNALS if name in record["signals"]}
    kept = {name: record[name] for name in ("episodes", "observations")} | {"signals": signals}
    rounded = _rounded(kept)
    assert isinstance(rounded, dict)
    return rounded


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return value
