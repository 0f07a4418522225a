"""Checkpoints: everything that has state, in one file that is whole or absent.

Written with torch's own serialiser and read back with ``weights_only``: tensors and plain values,
no code. A checkpoint never leaves the machine of its trainer.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import torch

from fosp_agent.agents.protocol import Agent
from fosp_agent.config import AgentConfig, from_dict
from fosp_agent.episodes.sampler import SequenceSampler
from fosp_agent.errors import UserError
from fosp_agent.nn import distributed
from fosp_agent.training.files import write_atomically
from fosp_agent.training.weights import not_finite

FORMAT = "fosp-checkpoint/1"


class CheckpointError(UserError):
    """A checkpoint is missing, damaged, or of another run."""


def save_checkpoint(
    path: Path, agent: Agent, sampler: SequenceSampler, extra: dict[str, Any]
) -> None:
    """Write agent, optimisers, sampler and random state.

    Where several processes train together all of them call this at the same step: the main one
    writes, with every process's sampler and random state.

    Args:
        path: the file; an older one stays until the new one is complete.
        agent: the learner.
        sampler: where its batches come from.
        extra: JSON-able facts about the run.

    Raises:
        CheckpointError: a weight is not finite; the older checkpoint stays.
    """
    agent_state = agent.state_dict()
    _require_finite(path, agent_state)
    own, *others = distributed.gather_objects(_luck(agent, sampler))
    if not distributed.is_main():
        return
    state = {
        "format": FORMAT,
        "config": json.dumps(agent.config.to_dict()),
        "agent": agent_state,
        **own,
        "others": others,
        "extra": json.dumps(extra),
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomically(path, buffer.getvalue())


def read_checkpoint(path: Path) -> tuple[AgentConfig, dict[str, Any], dict[str, Any]]:
    """Read a checkpoint.

    Returns:
        The config, the whole state for ``restore``, and the extra facts.

    Raises:
        CheckpointError: naming the file and what to do.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such checkpoint; start a new run instead of resuming")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever the damage happens to cause
        raise CheckpointError(
            f"{path} cannot be read ({type(error).__name__}); it is damaged: begin a run in "
            "another folder (a fine-tuning from the newest weights in this one)"
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} is not a checkpoint of this version ({FORMAT}): begin a run in another "
            "folder, from the weights beside it"
        )
    _require_finite(path, state["agent"])
    return from_dict(json.loads(state["config"])), state, json.loads(state["extra"])


def restore(state: dict[str, Any], agent: Agent, sampler: SequenceSampler) -> None:
    """Continue exactly where the checkpoint was taken; the sampler must hold its episodes.

    Raises:
        CheckpointError: it was taken by another number of processes.
    """
    lucks = [state, *state.get("others", [])]
    if len(lucks) != distributed.world_size():
        raise CheckpointError(
            f"the checkpoint is of {len(lucks)} processes, these are {distributed.world_size()}; "
            f"resume with `torchrun --nproc-per-node {len(lucks)}`"
        )
    luck = lucks[distributed.rank()]
    agent.load_state_dict(state["agent"])
    sampler.load_state_dict(json.loads(luck["sampler"]))
    torch.set_rng_state(luck["torch_rng"])
    device = next(agent.networks.parameters()).device
    if "device_rng" in luck and device.type == "cuda":
        torch.cuda.set_rng_state(luck["device_rng"], device)


def _require_finite(path: Path, agent: dict[str, Any]) -> None:
    bad = not_finite(agent["networks"])
    if bad:
        raise CheckpointError(
            f"{path}: the weight {bad} is not finite, so that nothing can be learned from there; "
            "begin a run in another folder, with a lower learning rate"
        )


def _luck(agent: Agent, sampler: SequenceSampler) -> dict[str, Any]:
    """What differs from process to process: the sampler and the random state."""
    luck = {"sampler": json.dumps(sampler.state_dict()), "torch_rng": torch.get_rng_state()}
    device = next(agent.networks.parameters()).device
    if device.type == "cuda":
        luck["device_rng"] = torch.cuda.get_rng_state(device)
    return luck


def forget(state: dict[str, Any], episode_id: str) -> None:
    """Take an episode out of what ``restore`` expects the sampler to hold."""
    sampler = json.loads(state["sampler"])
    if episode_id in sampler["ids"]:
        index = sampler["ids"].index(episode_id)
        del sampler["ids"][index], sampler["online"][index]
    state["sampler"] = json.dumps(sampler)
