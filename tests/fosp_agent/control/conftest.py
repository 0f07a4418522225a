"""What the tests of control share.

Property tests have no deadline: a busy machine is not a wrong program.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from torch import nn

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.training.weights import save_weights

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

MakeWeights = Callable[[dict[str, Any]], Path]


@pytest.fixture
def make_weights(tmp_path: Path, make_config: Any) -> MakeWeights:
    """Saves weights, version 4: both policies and all critics have something to say, and differ."""

    def make(overrides: dict[str, Any]) -> Path:
        config = make_config({"actor.online_init": "fresh"} | overrides)
        networks = FospNetworks(config, expanded=True)
        for pair in (networks.reward_critic, networks.cost_critic):
            nn.init.normal_(pair.q.mlp.output.weight, std=0.3)
            nn.init.normal_(pair.v.mlp.output.weight, std=0.3)
        for values in (networks.reward_value_range, networks.cost_value_range):
            values.high.fill_(1.0)
        path = tmp_path / "weights.safetensors"
        save_weights(path, networks, version=4)
        return path

    return make
