"""Offline pretraining: a dataset in, a policy out (Algorithm 1, lines 1-11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fosp_agent.agents.protocol import Agent
from fosp_agent.agents.registry import make_agent
from fosp_agent.config import AgentConfig
from fosp_agent.episodes.check import kind_of, split_held_out
from fosp_agent.episodes.sampler import SequenceSampler
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.nn import distributed
from fosp_agent.training.batches import SEED_STRIDE, make_sampler
from fosp_agent.training.checkpoint import read_checkpoint, restore, save_checkpoint
from fosp_agent.training.dataset_labels import journal_warnings, label_shares, label_warnings
from fosp_agent.training.failure import guarded_step
from fosp_agent.training.fit import action_warnings, place_warnings, require_fit
from fosp_agent.training.held_out import held_out_metrics
from fosp_agent.training.interrupts import uninterrupted
from fosp_agent.training.open_loop_video import choose_episodes, predict, write_video
from fosp_agent.training.pretrain_plan import (
    PretrainError,
    PretrainPlan,
    require_free,
    weights_to_begin_with,
)
from fosp_agent.training.run_folder import BEST, PRETRAINED, PRETRAINING
from fosp_agent.training.run_log import RunLog
from fosp_agent.training.sameness import require_same
from fosp_agent.training.selection import Selection
from fosp_agent.training.weights import WeightsInfo, save_weights
from fosp_agent.types import Episode

VIDEOS = "predictions"

Progress = Callable[[int, dict[str, float]], None]
"""Steps done, and the metrics averaged since the last call."""


class Pretrainer:
    """One pretraining run in its folder; build it with ``open``."""

    def __init__(self, plan: PretrainPlan, agent: Agent, sampler: SequenceSampler) -> None:
        self.plan = plan
        self.agent = agent
        self.sampler = sampler
        self.held_out: list[Episode] = []
        training = agent.config.training
        self.selection = Selection(training.selection, training.early_stopping)
        self._measured_at = -1
        self._begun_with: dict[str, str] = {}
        """What the checkpoint says of the weights it began with, where it began with any."""
        self._notes: RunLog | None = None
        self.warnings: list[str] = []
        """What is wrong with the dataset, though one can train on it."""
        self.left_out = 0
        """Episodes of the dataset that are unlabelled or discarded."""

    @classmethod
    def open(
        cls,
        plan: PretrainPlan,
        config: AgentConfig | None,
        *,
        resume: bool,
        device: torch.device | str = "cpu",
    ) -> Pretrainer:
        """Begin a run, or continue one at its last checkpoint.

        Processes that train together begin with the same weights, and each draws its own share
        of every batch.

        Args:
            plan: what, where and for how long.
            config: of a new run; of a continued one it must be the same, or None.
            resume: continue.
            device: where to train.

        Raises:
            PretrainError: the folder already has a run, or the dataset has no labelled episode.
            MisfitError: the dataset does not fit the preset.
            WeightsError: the weights to begin with cannot be read, or are of a fine-tuning.
            ConfigError: they do not fit the config.
            CheckpointError: nothing to resume from.
            OtherConfig: the run to be continued is of another agent, preset or setting.
        """
        path = plan.run_dir / PRETRAINING
        if not resume:
            require_free(plan.run_dir)
        state: dict[str, Any] | None = None
        extra: dict[str, Any] = {}
        if resume:
            begun, state, extra = read_checkpoint(path)
            require_same(path, begun, config or begun)
            config = begun
        if config is None:
            raise PretrainError("a new run needs a config")
        torch.manual_seed(plan.seed)
        run = cls(plan, make_agent(config, device), make_sampler(config, plan.seed))
        if distributed.rank():
            torch.manual_seed(plan.seed + SEED_STRIDE * distributed.rank())
        run._load_dataset()
        if state is None:
            run._begin()
        else:
            run._begun_with = {k: v for k, v in extra.items() if k in ("weights", "weights_sha256")}
            restore(state, run.agent, run.sampler)
            if "selection" in extra:
                run.selection.load_state_dict(extra["selection"])
        if distributed.is_main():
            run._begin_log(resume)
        return run

    @property
    def done(self) -> int:
        """Gradient steps taken so far."""
        return self.agent.updates

    def _begin(self) -> None:
        """Take over the plan's weights, if it has any; the optimisers begin anew."""
        if self.plan.weights is not None:
            loaded = weights_to_begin_with(self.plan.weights, self.agent.config.agent)
            self.agent.adopt(loaded.networks)
            self._begun_with = {
                "weights": str(self.plan.weights),
                "weights_sha256": loaded.info.sha256,
            }

    def _begin_log(self, resume: bool) -> None:
        self._notes = RunLog(self.plan.run_dir, self.done if resume else None)
        episodes = [*self.sampler.episodes, *self.held_out]
        shares = label_shares(episodes)
        self.warnings = label_warnings(shares, self.plan.dataset)
        self.warnings += place_warnings(episodes, self.agent.config.robot)
        self.warnings += action_warnings(episodes) + journal_warnings(self.plan.dataset)
        self._log.scalars(self.done, {f"dataset/{k}_share": v for k, v in shares.items()})
        for text in self.warnings:
            self._log.note(self.done, "warning", text)

    @property
    def _log(self) -> RunLog:
        """Of the main process alone."""
        if self._notes is None:
            raise RuntimeError("build a Pretrainer with open; the main process alone writes")
        return self._notes

    def train(self, progress: Progress) -> WeightsInfo:
        """Take the remaining steps; checkpoints on the way, also when interrupted.

        Ends early once the held-out measurements are exhausted, where the config asks for it.
        """
        sums: dict[str, list[float]] = defaultdict(list)
        try:
            while self.done < self.plan.steps and not self.selection.exhausted:
                with uninterrupted():
                    step = guarded_step(self.agent, self.sampler.sample(), self.plan.run_dir)
                for name, value in step.items():
                    sums[name].append(value)
                if self.done % self.plan.log_every == 0:
                    self._report(sums, progress)
                if self.done % self.plan.checkpoint_every == 0:
                    self.checkpoint()
                if self.plan.video_every and self.done % self.plan.video_every == 0:
                    self.film()
        except KeyboardInterrupt:
            if distributed.world_size() == 1:  # several are interrupted at different places
                self.save()
            raise
        return self.checkpoint()

    def checkpoint(self) -> WeightsInfo:
        """Measure on the held-out episodes, keep the best weights, and save."""
        if self.held_out and self._measured_at != self.done:
            self._measured_at = self.done
            if distributed.is_main():
                self._measure()
            self.selection.load_state_dict(distributed.from_main(self.selection.state_dict()))
        return self.save()

    def _measure(self) -> None:
        metrics = held_out_metrics(self.agent.networks, self.held_out)
        if self.selection.consider(self.done, metrics):
            self._save_weights(BEST)
        assert self.selection.score is not None
        self._log.scalars(self.done, metrics | {"held_out/best_score": self.selection.score})

    def film(self) -> None:
        """Write a video of the world model's open-loop predictions on held-out episodes."""
        if not self.held_out or not distributed.is_main():
            return
        video = predict(self.agent.networks, choose_episodes(self.held_out))
        data = write_video(self.plan.run_dir / VIDEOS, f"step-{self.done:06d}", video)
        height, width = video.frames().shape[1:3]
        self._log.video(self.done, "held_out/open_loop", data, (height, width))

    def save(self) -> WeightsInfo:
        """Write the checkpoint and the weights as they stand."""
        path = self.plan.run_dir / PRETRAINING
        extra = {
            "dataset": str(self.plan.dataset),
            "seed": self.plan.seed,
            "selection": self.selection.state_dict(),
            **self._begun_with,
        }
        save_checkpoint(path, self.agent, self.sampler, extra)
        info = None
        if distributed.is_main():
            self._log.flush()
            info = self._save_weights(PRETRAINED)
        info = distributed.from_main(info)
        assert info is not None
        return info

    def _save_weights(self, name: str) -> WeightsInfo:
        return save_weights(self.plan.run_dir / name, self.agent.networks, version=0, half=True)

    def _report(self, sums: dict[str, list[float]], progress: Progress) -> None:
        means = {name: float(np.mean(values)) for name, values in sums.items()}
        sums.clear()
        if not distributed.is_main():
            return
        self._log.scalars(self.done, means)
        progress(self.done, means)

    def _load_dataset(self) -> None:
        episodes = load_dataset(self.plan.dataset, self.agent.config)
        self.left_out = len(EpisodeStore.of(self.plan.dataset).ids()) - len(episodes)
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
    store = EpisodeStore.of(path)
    episodes = [e for e in (store.load(i) for i in store.ids()) if e.labelled]
    if not episodes:
        raise PretrainError(
            f"{path} holds no labelled episode; record some with `./safereach demonstrate --out "
            f"{path}`, or label those that are there"
        )
    for episode in episodes:
        require_fit(episode, config.robot)
    return episodes
