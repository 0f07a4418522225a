"""The weights that a unit begins with: those of the unit it needs, with its own settings."""

from __future__ import annotations

from pathlib import Path

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.agents.registry import make_networks
from fosp_agent.config import AgentConfig, from_dict
from fosp_agent.experiments.result import read_result
from fosp_agent.experiments.unit import RESULT, Unit
from fosp_agent.training.weights import LoadedWeights, WeightsError, load_weights, save_weights

START = "start.safetensors"


def starting_weights(root: Path, unit: Unit) -> Path:
    """Write ``start.safetensors`` into the unit's folder: what it needs, under its own config.

    A pretraining may be another variant's that differs online only: the weights are the same, the
    settings are not.

    Raises:
        ResultError: what it needs has no result.
        WeightsError: its weights are missing, or do not fit.
    """
    (need,) = unit.needs
    found = read_result(root / need / RESULT)
    loaded = load_weights(root / need / str(found.result["weights"]))
    networks = under_config(loaded, from_dict(dict(unit.config)))
    path = unit.folder(root) / START
    save_weights(path, networks, version=loaded.info.version, updates=loaded.info.updates)
    return path


def under_config(loaded: LoadedWeights, config: AgentConfig) -> AgentNetworks:
    """The same weights in networks of another config.

    Raises:
        WeightsError: they have other sizes or parts.
    """
    networks = make_networks(config, expanded=loaded.networks.expanded)
    try:
        networks.load_state_dict(loaded.networks.state_dict())
    except RuntimeError as error:
        raise WeightsError(
            f"{loaded.info.path} does not fit the agent {config.agent!r} of the preset "
            f"{config.preset!r} ({str(error).splitlines()[-1].strip()}); give the --preset and "
            "the --set that it was pretrained with"
        ) from error
    return networks
