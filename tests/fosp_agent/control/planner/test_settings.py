"""Settings of planning that cannot be, and networks that cannot plan, are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.planned import MakeRunner, episode, planning, same
from fosp_agent.agents.networks import FospNetworks
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.errors import UserError
from fosp_agent.settings import ConfigError
from fosp_agent.training.weights import load_weights, save_weights
from fosp_agent.types import Batch


def test_a_planning_agent_needs_cost_values(weights: Path):
    loaded = load_weights(weights, overrides={"planning.horizon": 2})
    loaded.networks.cost_critic = None  # type: ignore[assignment]
    with pytest.raises(ConfigError, match="networks that this agent lacks: cost_critic; switch"):
        PolicyRunner(loaded)


@pytest.mark.parametrize(
    "key", ["expansion.candidates", "planning.particles", "planning.samples", "planning.elites"]
)
def test_less_than_one_is_refused(weights: Path, key: str):
    with pytest.raises(ConfigError, match=f"{key} is 0; give 1 or more"):
        PolicyRunner.from_file(weights, overrides={"planning.horizon": 2, key: 0})


def test_a_margin_is_not_negative_and_does_nothing_where_latents_move(
    make_runner: MakeRunner, batch: Batch
):
    with pytest.raises(ConfigError, match=r"planning.margin is -0.5; give 0 or more"):
        planning(make_runner, planning__margin=-0.5)
    without, with_one = (planning(make_runner, planning__margin=m) for m in (0.0, 0.5))
    assert same(episode(without, batch), episode(with_one, batch))


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_one(make_runner: MakeRunner, share: float):
    with pytest.raises(ConfigError, match=f"planning.detour_share is {share}; give 0 to 1"):
        planning(make_runner, planning__detour_share=share)


def test_the_cloning_candidate_needs_its_head(tmp_path: Path, make_config):
    path = tmp_path / "w.safetensors"
    save_weights(path, FospNetworks(make_config()), version=0)
    with pytest.raises(UserError, match=r"no behaviour-cloning head.*switch expansion.cloning off"):
        PolicyRunner.from_file(path, overrides={"expansion.cloning": True})
