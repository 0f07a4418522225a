"""Weights files: whole, checked, and enough to rebuild their networks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from fosp_agent.agents.networks import FospNetworks, fingerprint
from fosp_agent.training.weights import WeightsError, fresh, load_weights, save_weights


@pytest.fixture
def networks(make_config) -> FospNetworks:
    return FospNetworks(make_config())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights.safetensors"


@pytest.mark.parametrize("expanded", [False, True])
def test_a_round_trip_keeps_every_bit_and_every_fact(make_config, path: Path, expanded: bool):
    networks = FospNetworks(make_config({"robot.action_scale": [0.02] * 6}), expanded=expanded)
    torch.nn.init.normal_(networks.cost_critic.slow_q.mlp.output.weight)
    written = save_weights(path, networks, version=7, updates=30, episode_id="original-3-0001")
    loaded = load_weights(path)
    assert fingerprint(loaded.networks) == fingerprint(networks)
    assert loaded.config == networks.config
    assert loaded.networks.expanded is expanded
    assert loaded.info == written
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (written.version, written.updates, written.size) == (7, 30, path.stat().st_size)


def test_a_half_export_is_smaller_and_nearly_the_same(networks: FospNetworks, path: Path):
    whole = save_weights(path, networks, version=1).size
    assert save_weights(path, networks, version=1, half=True).size < 0.65 * whole
    loaded = load_weights(path).networks
    for name, value in networks.state_dict().items():
        assert loaded.state_dict()[name].dtype == value.dtype
        torch.testing.assert_close(loaded.state_dict()[name], value, rtol=1e-3, atol=1e-6)


def test_a_weight_that_is_not_finite_is_not_written(networks: FospNetworks, path: Path):
    save_weights(path, networks, version=1)
    before = path.read_bytes()
    networks.offline.mlp.output.bias.data[0] = float("nan")
    with pytest.raises(WeightsError, match=r"offline\.mlp\.output\.bias is not finite"):
        save_weights(path, networks, version=2)
    assert path.read_bytes() == before


def test_a_weight_too_large_for_half_precision_is_not_written(networks: FospNetworks, path: Path):
    networks.offline.mlp.output.weight.data.fill_(1e6)
    with pytest.raises(WeightsError, match="not finite"):
        save_weights(path, networks, version=2, half=True)
    assert not path.exists()


def test_a_missing_file_is_named(path: Path):
    with pytest.raises(WeightsError, match=r"weights\.safetensors: no such weights file"):
        load_weights(path)


@pytest.mark.parametrize("cut", [0, 5, 1000, -4])
def test_a_damaged_file_is_named(networks: FospNetworks, path: Path, cut: int):
    save_weights(path, networks, version=1)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(WeightsError, match=r"weights\.safetensors cannot be read .* damaged"):
        load_weights(path)


def rewrite(path: Path, networks: FospNetworks, **changes: str | None) -> None:
    """The same file with other metadata; None takes an entry out."""
    metadata: dict[str, str | None] = {
        "format": "fosp-weights/1",
        "version": "1",
        "preset": "tiny",
        "config": json.dumps(networks.config.to_dict()),
        "updates": "0",
        "episode_id": "",
        "expanded": "false",
    }
    kept = {k: v for k, v in (metadata | changes).items() if v is not None}
    path.write_bytes(save(networks.state_dict(), kept))


@pytest.mark.parametrize("marker", [None, "fosp-weights/0", "pt"])
def test_a_file_of_another_format_is_refused(
    networks: FospNetworks, path: Path, marker: str | None
):
    rewrite(path, networks, format=marker)
    with pytest.raises(WeightsError, match="not a weights file of this project"):
        load_weights(path)


@pytest.mark.parametrize(
    "changes",
    [{"config": None}, {"config": "{"}, {"config": '{"warp": 9}'}, {"expanded": "true"}],
    ids=["no config", "half a config", "unknown setting", "a policy is missing"],
)
def test_a_file_that_does_not_fit_its_own_config_is_named(
    networks: FospNetworks, path: Path, changes: dict[str, str | None]
):
    rewrite(path, networks, **changes)
    with pytest.raises(WeightsError, match=r"weights\.safetensors"):
        load_weights(path)


def test_a_file_with_a_nan_is_refused(networks: FospNetworks, path: Path):
    networks.offline.mlp.output.bias.data[0] = float("nan")
    rewrite(path, networks)
    with pytest.raises(WeightsError, match=r"offline\.mlp\.output\.bias is not finite"):
        load_weights(path)


def test_fresh_weights_are_a_function_of_the_seed(tmp_path: Path):
    one = fresh("tiny", tmp_path / "one", seed=1)
    assert fresh("tiny", tmp_path / "same", seed=1).sha256 == one.sha256
    assert fresh("tiny", tmp_path / "other", seed=2).sha256 != one.sha256
