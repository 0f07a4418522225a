"""Run by torchrun in the tests: what each of several processes finds, as JSON lines a rank."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.networks import fingerprint
from fosp_agent.config import load_preset
from fosp_agent.nn import distributed
from fosp_agent.nn.distributions import BoundedNormal
from fosp_agent.training.devices import training_device
from fosp_agent.training.failure import TrainingFailed, guarded_step
from fosp_agent.training.pretrain import Pretrainer
from fosp_agent.training.pretrain_plan import PretrainPlan
from fosp_agent.types import Batch
from fosp_agent.world_model import rssm

CONFIG = load_preset(
    "tiny",
    {
        "world_model.cnn_depth": 2,
        "world_model.deter": 16,
        "world_model.units": 16,
        "training.batch_size": 4,
        "training.batch_length": 5,
        "training.horizon": 3,
    },
)


def without_noise(patch: Any) -> None:
    """Latents and actions are the most likely ones, so that no draw tells two runs apart."""

    def mode(log_probs: torch.Tensor, _generator: Any = None) -> torch.Tensor:
        probability = log_probs.exp()
        one_hot = torch.nn.functional.one_hot(log_probs.argmax(-1), log_probs.shape[-1])
        return one_hot + (probability - probability.detach())

    patch.setattr(rssm, "sample_one_hot", mode)
    patch.setattr(BoundedNormal, "sample", lambda self, generator=None: self.mean)


def whole_batch() -> Batch:
    """Four rows; terminal states and fresh starts in the first two only."""
    rng = np.random.default_rng(3)
    first, terminal = np.zeros((2, 4, 5), np.bool_)
    first[:, 0] = first[1, 3] = True
    terminal[0, -1] = True
    return Batch(
        image=rng.integers(0, 256, (4, 5, 64, 64, 3), dtype=np.uint8),
        pose=rng.normal(size=(4, 5, 6)).astype(np.float32),
        action=rng.uniform(-1, 1, (4, 5, 6)).astype(np.float32),
        reward=rng.integers(0, 2, (4, 5)).astype(np.float32),
        cost=rng.integers(0, 2, (4, 5)).astype(np.float32),
        is_first=first,
        is_terminal=terminal,
    )


def own_rows(batch: Batch) -> Batch:
    """This process's share."""
    count = len(batch.reward) // distributed.world_size()
    rows = slice(distributed.rank() * count, (distributed.rank() + 1) * count)
    names = [f.name for f in dataclasses.fields(batch) if getattr(batch, f.name) is not None]
    return dataclasses.replace(batch, **{name: getattr(batch, name)[rows] for name in names})


def stepped() -> Fosp:
    """An agent after one step on this process's rows."""
    torch.manual_seed(0)
    agent = Fosp(CONFIG)
    agent.train_step(own_rows(whole_batch()))
    return agent


def gradients(agent: Fosp) -> dict[str, torch.Tensor]:
    """Of the one step taken: Adam's first moment is a tenth of it."""
    return {
        f"{name}.{index}": state["exp_avg"]
        for name, optimizer in agent.optimizers.items()
        for index, state in optimizer.adam.state_dict()["state"].items()
    }


def buffers(agent: Fosp) -> dict[str, torch.Tensor]:
    """Running ranges and multipliers."""
    return {n: b.float() for n, b in agent.networks.named_buffers() if b.ndim == 0}


def poisoned(run_dir: Path) -> dict[str, Any]:
    """A NaN that the last process alone sees."""
    agent = Fosp(CONFIG)
    batch = own_rows(whole_batch())
    if distributed.rank():
        batch.reward[0, 1] = np.nan
    try:
        guarded_step(agent, batch, run_dir)
    except TrainingFailed as problem:
        return {"terms": list(problem.terms), "dump": str(problem.dump), "text": str(problem)}
    return {}


def pretrained(dataset: Path, folder: Path) -> dict[str, Any]:
    """Two steps in one go, and one by one."""

    def plan(name: str, steps: int) -> PretrainPlan:
        return PretrainPlan(
            dataset, folder / name, steps, 0, held_out=0.25, checkpoint_every=1, log_every=1
        )

    whole = Pretrainer.open(plan("whole", 2), CONFIG, resume=False)
    first = fingerprint(whole.agent.networks)
    whole.train(lambda *_: None)
    Pretrainer.open(plan("parts", 1), CONFIG, resume=False).train(lambda *_: None)
    rest = Pretrainer.open(plan("parts", 2), CONFIG, resume=True)
    info = rest.train(lambda *_: None)
    return {
        "first": first,
        "last": fingerprint(whole.agent.networks),
        "resumed": fingerprint(rest.agent.networks),
        "sha256": info.sha256,
        "best_step": rest.selection.step,
        "drawn": float(rest.sampler.sample().pose.sum()),
        "rows": rest.sampler.batch_size,
    }


def threads_left() -> list[str]:
    """Names of this process's threads, those of libraries too."""
    return sorted((one / "comm").read_text().strip() for one in Path("/proc/self/task").iterdir())


def main() -> None:
    """Write ``rank-N.json`` and, the main process, ``gradients.pt``."""
    from pytest import MonkeyPatch

    folder, dataset = Path(sys.argv[1]), Path(sys.argv[2])
    with training_device("cpu"):
        found: dict[str, Any] = {"pretrained": pretrained(dataset, folder)}
        found["poisoned"] = poisoned(folder)
        without_noise(MonkeyPatch())
        agent = stepped()
        found["stepped"] = fingerprint(agent.networks)
        if distributed.is_main():
            torch.save((gradients(agent), buffers(agent)), folder / "gradients.pt")
        rank = distributed.rank()
    found["threads"] = threads_left()
    (folder / f"rank-{rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
