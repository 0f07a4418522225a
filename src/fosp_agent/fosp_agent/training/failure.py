"""What is kept of a gradient step whose loss was not a number, for whoever looks into it."""

from __future__ import annotations

import io
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from fosp_agent.agents.protocol import Agent
from fosp_agent.errors import UserError
from fosp_agent.nn import distributed
from fosp_agent.nn.optim import NonFiniteLoss
from fosp_agent.tensors import to_tensors
from fosp_agent.training.files import write_atomically
from fosp_agent.types import Batch

FOLDER = "failures"


class TrainingFailed(NonFiniteLoss):
    """A loss was not finite; the message says which, and where its batch and states lie."""

    def __init__(self, problem: NonFiniteLoss, dump: Path) -> None:
        UserError.__init__(
            self, f"{problem}. The batch, the model's states and the agent are in {dump}"
        )
        self.part, self.terms = problem.part, problem.terms
        self.dump = dump


def guarded_step(agent: Agent, batch: Batch, run_dir: Path) -> dict[str, float]:
    """One gradient step; if a loss is not finite, everything to look into it is written first.

    Raises:
        TrainingFailed: naming the term and the folder of the dump.
    """
    try:
        return agent.train_step(batch)
    except NonFiniteLoss as problem:
        raise TrainingFailed(problem, dump(agent, batch, problem, run_dir)) from problem


def dump(agent: Agent, batch: Batch, problem: NonFiniteLoss, run_dir: Path) -> Path:
    """Write ``failures/step-<n>/``: batch.npz, states.safetensors, agent.pt and failure.json.

    The states are those that the model, as it stands, sees in the batch; the agent's networks and
    optimisers are those after the parts of the step that went well.
    """
    name = f"step-{agent.updates:06d}"
    if distributed.world_size() > 1:
        name += f"-process-{distributed.rank()}"
    folder = run_dir / FOLDER / name
    arrays = {f.name: getattr(batch, f.name) for f in fields(batch)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{k: v for k, v in arrays.items() if v is not None})
    write_atomically(folder / "batch.npz", buffer.getvalue())
    write_atomically(folder / "states.safetensors", save(_states(agent, batch)))
    buffer = io.BytesIO()
    torch.save(agent.state_dict(), buffer)
    write_atomically(folder / "agent.pt", buffer.getvalue())
    facts = {
        "part": problem.part,
        "terms": list(problem.terms),
        "step": agent.updates,
        "message": str(problem),
        "config": agent.config.to_dict(),
        "labels_not_finite": [
            k for k, v in arrays.items() if v is not None and not np.isfinite(v).all()
        ],
    }
    write_atomically(folder / "failure.json", (json.dumps(facts, indent=1) + "\n").encode())
    return folder


@torch.no_grad()
def _states(agent: Agent, batch: Batch) -> dict[str, torch.Tensor]:
    """Posterior states (B, T, ...) and each loss, by name."""
    networks = agent.networks
    device = next(networks.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        filtered = networks.world_model.filter(to_tensors(batch, device))
    found = {f"loss.{name}": value for name, value in filtered.losses.items()}
    found |= {
        f"state.{name}": value
        for name, value in filtered.states._asdict().items()
        if value is not None
    }
    return {name: value.detach().cpu().contiguous().clone() for name, value in found.items()}
