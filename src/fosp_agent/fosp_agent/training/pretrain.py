"""Offline pretraining: a dataset in, a policy out (Algorithm 1, lines 1-11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from fosp_agent.agents.protocol import Agent
from fosp_agent.agents.registry import make_agent
from fosp_agent.config import AgentConfig
from fosp_agent.episodes.check import kind_of, split_held_out
from fosp_agent.episodes.sampler import SequenceSampler
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError
from fosp_agent.training.checkpoint import read_checkpoint, restore, save_checkpoint
from fosp_agent.training.finetune import make_sampler
from fosp_agent.training.fit import require_fit
from fosp_agent.training.held_out import held_out_metrics
from fosp_agent.training.weights import WeightsInfo, save_weights
from fosp_agent.types import Episode

CHECKPOINT = Path("checkpoints") / "pretrain.pt"
WEIGHTS = "weights.safetensors"


class PretrainError(UserError):
    """The run cannot begin: the dataset is empty, or the folder is taken."""


@dataclass(frozen=True)
class PretrainPlan:
    """What to train, on what, for how long."""

    dataset: Path
    run_dir: Path
    steps: int
    seed: int
    held_out: float = 0.1
    """Share of the episodes kept for measuring."""
    checkpoint_every: int = 500
    log_every: int = 50


Progress = Callable[[int, dict[str, float]], None]
"""Steps done, and the metrics averaged since the last call."""


class Pretrainer:
    """One pretraining run in its folder; build it with ``open``."""

    def __init__(self, plan: PretrainPlan, agent: Agent, sampler: SequenceSampler) -> None:
        self.plan = plan
        self.agent = agent
        self.sampler = sampler
        self.held_out: list[Episode] = []
        self._writer = SummaryWriter(str(plan.run_dir / "tensorboard"))

    @classmethod
    def open(cls, plan: PretrainPlan, config: AgentConfig, *, resume: bool) -> Pretrainer:
        """Begin a run, or continue one at its last checkpoint.

        Raises:
            PretrainError: the folder already has a run, or the dataset has no labelled episode.
            MisfitError: the dataset does not fit the preset.
            CheckpointError: nothing to resume from.
        """
        path = plan.run_dir / CHECKPOINT
        if not resume and path.exists():
            raise PretrainError(
                f"{plan.run_dir} already has a run; add --resume to go on, or choose another --out"
            )
        state = None
        if resume:
            config, state, _ = read_checkpoint(path)
        torch.manual_seed(plan.seed)
        run = cls(plan, make_agent(config), make_sampler(config, plan.seed))
        run._load_dataset()
        if state is not None:
            restore(state, run.agent, run.sampler)
        return run

    @property
    def done(self) -> int:
        """Gradient steps taken so far."""
        return self.agent.updates

    def train(self, progress: Progress) -> WeightsInfo:
        """Take the remaining steps; checkpoints on the way, also when interrupted."""
        sums: dict[str, list[float]] = defaultdict(list)
        try:
            while self.done < self.plan.steps:
                for name, value in self.agent.train_step(self.sampler.sample()).items():
                    sums[name].append(value)
                if self.done % self.plan.log_every == 0:
                    self._log(sums, progress)
                if self.done % self.plan.checkpoint_every == 0:
                    self.checkpoint()
        except KeyboardInterrupt:
            self.checkpoint()
            raise
        return self.checkpoint()

    def checkpoint(self) -> WeightsInfo:
        """Write the checkpoint and the weights; measure on the held-out episodes."""
        if self.held_out:
            for name, value in held_out_metrics(self.agent.networks, self.held_out).items():
                self._writer.add_scalar(name, value, self.done)
        path = self.plan.run_dir / CHECKPOINT
        save_checkpoint(path, self.agent, self.sampler, {"dataset": str(self.plan.dataset)})
        self._writer.flush()
        return save_weights(self.plan.run_dir / WEIGHTS, self.agent.networks, version=0, half=True)

    def _log(self, sums: dict[str, list[float]], progress: Progress) -> None:
        means = {name: float(np.mean(values)) for name, values in sums.items()}
        sums.clear()
        for name, value in means.items():
            self._writer.add_scalar(name, value, self.done)
        progress(self.done, means)

    def _load_dataset(self) -> None:
        episodes = load_dataset(self.plan.dataset, self.agent.config)
        kinds = {e.id: kind_of(e) for e in episodes}
        train, _ = split_held_out(kinds, self.plan.held_out)
        kept = set(train)
        for episode in episodes:
            if episode.id in kept:
                self.sampler.add(episode)
            else:
                self.held_out.append(episode)


def load_dataset(path: Path, config: AgentConfig) -> list[Episode]:
    """All labelled episodes of a folder, checked against the preset's sizes.

    Raises:
        PretrainError: none is labelled.
        MisfitError: sizes differ.
        EpisodeError: a file cannot be read.
    """
    store = EpisodeStore(path, create=False)
    episodes = [e for e in (store.load(i) for i in store.ids()) if e.labelled]
    if not episodes:
        raise PretrainError(
            f"{path} holds no labelled episode; record some with `./safereach demonstrate --out "
            f"{path}`, or label those that are there"
        )
    for episode in episodes:
        require_fit(episode, config.robot)
    return episodes
