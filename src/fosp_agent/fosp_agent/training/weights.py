"""Weights files: safetensors with everything that acts and learns, and what they are.

The metadata names the format, the version, the preset and the whole config; a file is enough to
rebuild its networks. No pickle is read or written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.agents.registry import make_networks
from fosp_agent.config import AgentConfig, from_dict, load_preset
from fosp_agent.errors import UserError
from fosp_agent.overrides import with_overrides
from fosp_agent.settings import ConfigError
from fosp_agent.training.files import write_atomically

FORMAT = "fosp-weights/1"


class WeightsError(UserError):
    """A weights file is missing, damaged, or of another kind."""


@dataclass(frozen=True)
class WeightsInfo:
    """What is announced about a weights file."""

    version: int
    sha256: str
    size: int
    """[bytes]"""
    path: Path
    preset: str
    updates: int
    """Gradient steps since pretraining."""
    episode_id: str
    """The episode they were made after; empty for the initial ones."""


@dataclass(frozen=True)
class LoadedWeights:
    """Networks ready to act, and where they came from."""

    networks: AgentNetworks
    config: AgentConfig
    info: WeightsInfo


def save_weights(
    path: Path,
    networks: AgentNetworks,
    *,
    version: int,
    updates: int = 0,
    episode_id: str = "",
    half: bool = False,
) -> WeightsInfo:
    """Write the networks, whole or not at all.

    Args:
        path: the safetensors file.
        networks: what to write.
        version: rises with every file that is deployed.
        updates: gradient steps since pretraining.
        episode_id: the episode they were made after.
        half: store matrices as float16, for shipping; they are read back as float32.

    Raises:
        WeightsError: a weight is not finite.
    """
    tensors = {name: value.detach().cpu() for name, value in networks.state_dict().items()}
    if half:
        tensors = {name: _halve(value) for name, value in tensors.items()}
    bad = not_finite(tensors)
    if bad:
        raise WeightsError(
            f"the weight {bad} is not finite; nothing was written. Go back to an earlier "
            "checkpoint and lower the learning rate"
        )
    metadata = {
        "format": FORMAT,
        "version": str(version),
        "preset": networks.config.preset,
        "agent": networks.config.agent,
        "config": json.dumps(networks.config.to_dict()),
        "action_scale": json.dumps(networks.config.robot.action_scale),
        "updates": str(updates),
        "episode_id": episode_id,
        "expanded": json.dumps(networks.expanded),
    }
    data = _ordered(save({k: v.contiguous().clone() for k, v in tensors.items()}, metadata))
    write_atomically(path, data)
    digest = hashlib.sha256(data).hexdigest()
    preset = networks.config.preset
    return WeightsInfo(version, digest, len(data), path, preset, updates, episode_id)


def load_weights(
    path: Path, agent: str = "", overrides: Mapping[str, Any] | None = None
) -> LoadedWeights:
    """Rebuild the networks of a file, in full precision.

    Args:
        path: the file.
        agent: the agent that it must be of; empty: whichever it is.
        overrides: acting-time settings such as ``{"planning.horizon": 8}``.

    Raises:
        WeightsError: naming the file, what is wrong and what to do.
        ConfigError: an override that does not exist, does not fit, or is fixed by the weights.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(
            f"{path}: no such weights file; make one with `./safereach pretrain`, or give another"
        )
    try:
        tensors, metadata = _read(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(
            f"{path} cannot be read as safetensors ({error}); it is damaged: fetch it again"
        ) from error
    if metadata.get("format") != FORMAT:
        raise WeightsError(
            f"{path} is not a weights file of this project (format "
            f"{metadata.get('format')!r}, wanted {FORMAT!r}); give one made by "
            "`./safereach pretrain`"
        )
    networks = _rebuild(path, tensors, metadata, overrides or {})
    require_agent(path, networks.config, agent)
    data = path.read_bytes()
    info = WeightsInfo(
        version=int(metadata["version"]),
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        path=path,
        preset=metadata["preset"],
        updates=int(metadata["updates"]),
        episode_id=metadata["episode_id"],
    )
    return LoadedWeights(networks, networks.config, info)


def _rebuild(
    path: Path,
    tensors: dict[str, Tensor],
    metadata: dict[str, str],
    overrides: Mapping[str, Any],
) -> AgentNetworks:
    try:
        trained = from_dict(json.loads(metadata["config"]))
    except (KeyError, ValueError, ConfigError) as error:
        raise _misfit(path, error) from error
    config = with_overrides(trained, overrides)
    try:
        networks = make_networks(config, expanded=json.loads(metadata["expanded"]))
        networks.load_state_dict({name: _widen(value) for name, value in tensors.items()})
    except (KeyError, ValueError, RuntimeError, ConfigError) as error:
        raise _misfit(path, error) from error
    bad = not_finite(tensors)
    if bad:
        raise WeightsError(f"{path}: the weight {bad} is not finite; go back to an earlier version")
    return networks


def require_agent(path: Path, config: AgentConfig, agent: str) -> None:
    """Refuse what another agent has learned.

    Raises:
        WeightsError: naming both agents and the remedy.
    """
    if agent and config.agent != agent:
        raise WeightsError(
            f"{path} is of the agent {config.agent!r} (preset {config.preset!r}), asked for was "
            f"{agent!r}; make such weights with `./safereach pretrain --agent {agent}`, or ask for "
            f"{config.agent!r}"
        )


def _misfit(path: Path, error: Exception) -> WeightsError:
    return WeightsError(
        f"{path} does not fit this version: {error}; make new weights with `./safereach pretrain`"
    )


def fresh(preset: str, path: Path, seed: int = 0, version: int = 0) -> WeightsInfo:
    """Write untrained weights of a preset: a beginning for tests and for wiring up a robot."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return save_weights(path, make_networks(load_preset(preset)), version=version)


def not_finite(tensors: dict[str, Tensor]) -> str | None:
    """Name of the first tensor that holds a NaN or an infinity, if any."""
    for name, value in tensors.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            return name
    return None


def _ordered(data: bytes) -> bytes:
    """The same file with its metadata in order, so that the same weights have the same hash.

    A safetensors file is the length of its header (8 bytes, little endian), the header (JSON,
    padded with spaces to a multiple of 8), and the tensors.
    """
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[end:]


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(str(path), framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, dict(file.metadata() or {})


def _halve(value: Tensor) -> Tensor:
    return value.half() if value.is_floating_point() and value.ndim > 1 else value


def _widen(value: Tensor) -> Tensor:
    return value.float() if value.dtype == torch.float16 else value
