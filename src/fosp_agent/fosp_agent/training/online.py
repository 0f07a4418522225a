"""Online fine-tuning in one process: act, label by the environment's truth, learn, act anew.

Algorithm 1, lines 13-24, without ROS: the same run folder (episodes, labels, checkpoint, weights,
``metrics.jsonl``, ``summary.json``) as the stack ``finetune`` makes over topics.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.episodes.writer import ACTIVE_SUFFIX
from fosp_agent.training.earlier_episodes import (
    complete_metrics,
    earlier_result,
    unlisted_episodes,
)
from fosp_agent.training.finetune import Finetuner
from fosp_agent.training.learner import Lesson
from fosp_agent.training.metrics import METRICS, MetricsLog
from fosp_agent.training.rollout import Acted, record_episode
from fosp_agent.training.trials import EpisodeResult, TrialsSummary
from fosp_agent.types import Environment

LoadPolicy = Callable[[Path], PolicyRunner]
"""Builds the acting policy from a weights file, e.g. ``partial(PolicyRunner.from_file,
mode="greedy")``."""
Progress = Callable[[str, int, int, dict[str, float]], None]
"""Episode id, gradient steps done, their number, latest metrics."""

SUMMARY = "summary.json"


def _quiet(_episode: str, _done: int, _total: int, _metrics: dict[str, float]) -> None:
    """Report nothing."""


def run_trials(
    environment: Environment,
    finetuner: Finetuner,
    load_policy: LoadPolicy,
    summary: TrialsSummary,
    run_dir: Path,
    *,
    trials: int,
    first_seed: int,
    on_progress: Progress = _quiet,
) -> Iterator[EpisodeResult]:
    """Bring a run to ``trials`` episodes; yields the record of each, those there already first.

    Trial n acts in the scene of ``first_seed + n`` with the newest weights, goes into
    ``run_dir/episodes``, is labelled by the environment and learned from before the next begins. A
    killed run, called again with ``Finetuner.resume`` and the reopened summary, ends in the same
    records: what was acted and labelled is learned from, what was not finished is acted anew.

    Args:
        environment: where the trials take place.
        finetuner: of ``run_dir``; takes its own number of gradient steps after each episode.
        load_policy: builds the acting policy from the newest weights.
        summary: of ``run_dir``; kept up to date there.
        run_dir: the run's folder.
        trials: how many episodes the run has in the end.
        first_seed: the scene of the first trial.
        on_progress: called after each gradient step.

    Raises:
        LearnError: an episode cannot be learned from; it stays in the store, labelled.
        EpisodeError: an episode cannot be written or read.
    """
    run = _Run(finetuner, summary, run_dir, on_progress)
    run.catch_up()
    yield from summary.episodes[:trials]
    while len(summary.episodes) < trials:
        seed = first_seed + len(summary.episodes)
        yield run.trial(environment, load_policy, seed)


class _Run:
    """The parts of a run in its folder."""

    def __init__(
        self, finetuner: Finetuner, summary: TrialsSummary, run_dir: Path, on_progress: Progress
    ) -> None:
        self._finetuner = finetuner
        self._summary = summary
        self._run_dir = run_dir
        self._on_progress = on_progress
        self._store = EpisodeStore(run_dir / "episodes")
        self._metrics = MetricsLog(run_dir / METRICS)

    def catch_up(self) -> None:
        """Learn from and list what an earlier call left labelled but not in the summary."""
        complete_metrics(
            self._run_dir,
            self._finetuner.learned,
            self._finetuner.announce(),
            self._finetuner.updates_per_episode,
        )
        listed = {result.episode_id for result in self._summary.episodes}
        for episode_id in unlisted_episodes(self._run_dir, listed):
            if episode_id not in self._finetuner.learned:
                self._learn(episode_id)
            self._note(earlier_result(self._run_dir, episode_id))

    def trial(self, environment: Environment, load_policy: LoadPolicy, seed: int) -> EpisodeResult:
        """Act in the scene of ``seed`` with the newest weights, and learn."""
        started = time.monotonic()
        weights = self._finetuner.announce()
        episode_id = f"{self._summary.task}-{seed}-trial{len(self._summary.episodes) + 1:04d}"
        self._clear_unlabelled(episode_id)
        entries = {"task": self._summary.task, "environment": self._summary.environment}
        with torch.random.fork_rng(devices=[]):  # acting leaves the learner's randomness alone
            runner = load_policy(weights.path)
            acted = record_episode(environment, runner, self._store, episode_id, seed, entries)
        before = weights.updates
        self._learn(episode_id)
        seconds = time.monotonic() - started
        return self._note(self._result(episode_id, acted, before, seconds))

    def _result(
        self, episode_id: str, acted: Acted, updates_before: int, seconds: float
    ) -> EpisodeResult:
        now = self._finetuner.announce()
        return EpisodeResult(
            episode_id=episode_id,
            episode_return=acted.episode_return,
            episode_cost=acted.episode_cost,
            acted=acted.by_policy,
            updates=now.updates - updates_before,
            version=now.version,
            seconds=round(seconds, 2),
        )

    def _learn(self, episode_id: str) -> None:
        started = time.monotonic()
        latest: dict[str, float] = {}
        updates = 0

        def progress(done: int, total: int, metrics: dict[str, float]) -> None:
            nonlocal updates
            latest.update(metrics)
            updates = done
            self._on_progress(episode_id, done, total, metrics)

        episode = self._store.load(episode_id)
        weights = self._finetuner.learn(episode, progress)
        revision = int(episode.metadata["label_revision"])
        seconds = time.monotonic() - started
        self._metrics.append(Lesson(episode, revision, seconds, latest, updates), weights)

    def _note(self, result: EpisodeResult) -> EpisodeResult:
        self._summary.episodes.append(result)
        self._summary.save(self._run_dir / SUMMARY)
        return result

    def _clear_unlabelled(self, episode_id: str) -> None:
        """Remove what a killed call left of this trial: its truth went with the process."""
        if self._store.labels.latest(episode_id) is not None:
            return
        path = self._store.file(episode_id)
        path.unlink(missing_ok=True)
        path.with_name(episode_id + ACTIVE_SUFFIX).unlink(missing_ok=True)
