"""Episodes of a run that an interrupted session left labelled, but not in its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from pathlib import Path

from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.reader import read_recording
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training.learner import Lesson, learnable
from fosp_agent.training.metrics import METRICS, MetricsLog, read_metrics
from fosp_agent.training.trials import EpisodeResult
from fosp_agent.training.weights import WeightsInfo


def unlisted_episodes(run_dir: Path, listed: Container[str]) -> list[str]:
    """Ids of the labelled, learnable, readable episodes that are not ``listed``, in order."""
    store = EpisodeStore(run_dir / "episodes")
    found = []
    for episode_id in store.ids():
        try:
            wanted = episode_id not in listed and learnable(store.info(episode_id))
        except EpisodeError:
            continue  # the trainer says so
        if wanted:
            found.append(episode_id)
    return found


def learned_episodes(run_dir: Path) -> set[str]:
    """Ids of the episodes that the trainer has written metrics of."""
    return {str(entry["episode_id"]) for entry in read_metrics(run_dir / METRICS)}


def complete_metrics(
    run_dir: Path, learned: Mapping[str, int], weights: WeightsInfo, updates: int
) -> None:
    """Write the line of the last lesson, where the process ended before it could.

    Args:
        run_dir: the run.
        learned: label revision of each episode learned from.
        weights: the newest; they name the episode of the last lesson.
        updates: gradient steps of a lesson.

    Raises:
        EpisodeError: that episode's file is damaged.
    """
    last = weights.episode_id
    if last not in learned:
        return
    revision = learned[last]
    entries = [e for e in read_metrics(run_dir / METRICS) if e["episode_id"] == last]
    if any(entry.get("label_revision", revision) == revision for entry in entries):
        return
    episode = EpisodeStore(run_dir / "episodes").load(last)
    MetricsLog(run_dir / METRICS).append(Lesson(episode, revision, 0.0, {}, updates), weights)


def earlier_result(run_dir: Path, episode_id: str) -> EpisodeResult:
    """What the summary would have said about an episode.

    Raises:
        EpisodeError: its file is damaged.
    """
    store = EpisodeStore(run_dir / "episodes")
    episode = store.load(episode_id)
    chosen = {
        action.step: action.candidates[action.chosen].policy if action.candidates else action.source
        for _, action in read_recording(store.file(episode_id)).actions
    }
    updates = version = before = 0
    seconds = 0.0
    for entry in read_metrics(run_dir / METRICS):
        if entry["episode_id"] == episode_id:
            since = max(int(entry["updates"]) - before, 0)  # less than before: after a roll-back
            updates = int(entry.get("lesson_updates", since))  # absent in older versions' files
            version = int(entry["weights_version"])
            seconds = float(entry["seconds"])
        before = int(entry["updates"])
    return EpisodeResult(
        episode_id=episode_id,
        episode_return=float(episode.reward.sum()),
        episode_cost=float(episode.cost.sum()),
        acted=dict(Counter(chosen.values())),
        updates=updates,
        version=version,
        seconds=seconds,
        note="of an earlier session",
    )
