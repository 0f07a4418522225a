"""A folder of episodes: one MCAP file each, and the journal of their labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fosp_agent.episodes.errors import EpisodeError, UnknownEpisode
from fosp_agent.episodes.labels import Label, LabelJournal, LabelRecord
from fosp_agent.episodes.reader import Recording, read_metadata, read_recording, stack, truncated
from fosp_agent.episodes.records import TELEOP, ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.episodes.writer import ACTIVE_SUFFIX, SUFFIX, EpisodeWriter, check_id
from fosp_agent.types import Episode

JOURNAL = "labels.jsonl"


@dataclass(frozen=True)
class EpisodeInfo:
    """What is known about an episode without reading its images."""

    id: str
    path: Path
    observations: int
    task: str
    seed: int | None
    label_revision: int
    """0: unlabelled."""
    discarded: bool
    metadata: dict[str, str]


class EpisodeStore:
    """Reads and writes the episodes of one folder.

    Several processes may share the folder: a file appears under its name only when complete, and
    the journal is re-read as it grows.

    Args:
        path: the folder.
        create: make the folder when it is missing; False: a missing folder is an error.

    Raises:
        EpisodeError: the folder is missing or cannot be made.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = Path(path)
        if not create and not self.path.is_dir():
            raise EpisodeError(
                f"{self.path}: no such folder; make a dataset with `./safereach demonstrate`"
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EpisodeError(
                f"{self.path}: cannot make the folder ({error.strerror}); choose another"
            ) from error
        self._metadata: dict[str, dict[str, str]] = {}
        self.labels = LabelJournal(self.path / JOURNAL, self._observations_of)

    @classmethod
    def of(cls, folder: Path) -> EpisodeStore:
        """What lies in a folder of episodes, or in that of a run (its ``episodes``).

        Raises:
            EpisodeError: there is no such folder.
        """
        nested = Path(folder) / "episodes"
        return cls(nested if nested.is_dir() else folder, create=False)

    def ids(self) -> list[str]:
        """Ids of the finished episodes, in the order they were recorded (damaged files last)."""
        return sorted(
            (path.name[: -len(SUFFIX)] for path in self.path.glob(f"*{SUFFIX}")),
            key=self._recorded_order,
        )

    def unfinished(self) -> list[Path]:
        """Files being written, or left over from a crash."""
        return sorted(self.path.glob(f"*{ACTIVE_SUFFIX}"))

    def info(self, episode_id: str) -> EpisodeInfo:
        """What is known about an episode.

        Raises:
            EpisodeError: no such episode, or its file is damaged.
        """
        metadata = self._entries(episode_id)
        label = self.labels.latest(episode_id)
        seed = metadata.get("seed", "")
        return EpisodeInfo(
            id=episode_id,
            path=self.file(episode_id),
            observations=int(metadata["observations"]),
            task=metadata.get("task", ""),
            seed=int(seed) if seed.lstrip("-").isdigit() else None,
            label_revision=label.revision if label else 0,
            discarded=label.discard if label else False,
            metadata=dict(metadata),
        )

    def load(self, episode_id: str) -> Episode:
        """Read an episode and apply its latest label.

        An unlabelled or discarded episode has ``labelled=False`` and zero reward and cost.
        ``metadata["label_revision"]`` names the label applied ("0": none).

        Raises:
            EpisodeError: names the file, what is readable, and the remedy.
        """
        recording = read_recording(self.file(episode_id), validate=True)
        if recording.damage:
            raise truncated(recording)
        return self._assemble(episode_id, recording)

    def write(self, episode: Episode, *, start_ns: int = 0, period_ns: int = 100_000_000) -> Path:
        """Write a whole episode, and its label if it has one.

        Args:
            start_ns: stamp of the first observation [ns].
            period_ns: time between two observations [ns].

        ``episode.metadata`` goes into the file; its "action_scale" (a JSON list) gives the SI
        units, its "labeller" and "note" go into the journal.
        """
        size = episode.action.shape[1]
        scale = np.asarray(json.loads(episode.metadata.get("action_scale", "null")) or [1.0] * size)
        if scale.shape != (size,):
            raise EpisodeError(
                f"episode {episode.id}: action_scale has shape {scale.shape}, the action {size} "
                "components; give one scale a component"
            )
        metadata = {**episode.metadata, "task": episode.task}
        writer = EpisodeWriter(self.file(episode.id), metadata, scale.tolist(), flush_every=0)
        for step in range(len(episode)):
            _write_step(writer, episode, step, start_ns + step * period_ns, scale)
        path = writer.close(terminal=bool(episode.is_terminal[-1]))
        if episode.labelled:
            self.labels.add(_label_of(episode))
        return path

    def writer(
        self, episode_id: str, metadata: Mapping[str, str], action_scale: Sequence[float]
    ) -> EpisodeWriter:
        """Begin an episode that is recorded as it happens.

        Args:
            metadata: task, seed, max_steps, and anything else worth keeping.
            action_scale: (A,) SI units per unit of normalised action.
        """
        return EpisodeWriter(self.file(episode_id), metadata, action_scale)

    def file(self, episode_id: str) -> Path:
        """Where the finished episode is, or will be."""
        check_id(episode_id)
        return self.path / f"{episode_id}{SUFFIX}"

    def _entries(self, episode_id: str) -> dict[str, str]:
        """Metadata of a finished file; finished files never change, so they are read once."""
        if episode_id not in self._metadata:
            self._metadata[episode_id] = read_metadata(self.file(episode_id))
        return self._metadata[episode_id]

    def _recorded_order(self, episode_id: str) -> tuple[bool, int, str]:
        try:
            recorded = self._entries(episode_id).get("recorded_at", "")
        except EpisodeError:
            return True, 0, episode_id
        return False, int(recorded) if recorded.isdigit() else 0, episode_id

    def _observations_of(self, episode_id: str) -> int:
        check_id(episode_id)
        if not self.file(episode_id).exists():
            near = ", ".join(self.ids()[-3:]) or "none yet"
            raise UnknownEpisode(
                f"episode '{episode_id}' is not in {self.path}; the latest there: {near}"
            )
        return int(self._entries(episode_id)["observations"])

    def _assemble(self, episode_id: str, recording: Recording) -> Episode:
        arrays = stack(recording)
        length = len(arrays.image)
        label = self.labels.latest(episode_id)
        if label is not None and len(label.reward) != length:
            raise EpisodeError(
                f"{recording.path} has {length} observations, its label {len(label.reward)} "
                "values; label the episode again"
            )
        labelled = label is not None and not label.discard
        zeros = np.zeros(length, np.float32)
        is_terminal = np.zeros(length, np.bool_)
        is_terminal[-1] = recording.result.get("terminal") == "1"
        return Episode(
            id=episode_id,
            image=arrays.image,
            pose=arrays.pose,
            action=arrays.action,
            reward=label.reward.copy() if label and labelled else zeros,
            cost=label.cost.copy() if label and labelled else zeros.copy(),
            is_terminal=is_terminal,
            labelled=labelled,
            task=recording.metadata.get("task", ""),
            metadata={**recording.metadata, **recording.result, **_label_entries(label)},
            operator=arrays.operator,
        )


def _label_entries(label: Label | None) -> dict[str, str]:
    if label is None:
        return {"label_revision": "0"}
    return {
        "label_revision": str(label.revision),
        "labeller": label.labeller,
        "discarded": str(int(label.discard)),
    }


def _label_of(episode: Episode) -> LabelRecord:
    return LabelRecord(
        episode_id=episode.id,
        reward=episode.reward,
        cost=episode.cost,
        labeller=episode.metadata.get("labeller", ""),
        note=episode.metadata.get("note", ""),
    )


def _write_step(
    writer: EpisodeWriter,
    episode: Episode,
    step: int,
    stamp_ns: int,
    scale: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    """One observation and, unless it is the last, the action executed after it."""
    is_last = step == len(episode) - 1
    writer.observation(
        stamp_ns,
        ObservationRecord(
            stamp_ns=stamp_ns,
            episode_id=episode.id,
            step=step,
            is_first=step == 0,
            is_last=is_last,
            image=episode.image[step],
            pose=episode.pose[step].astype(np.float64),
        ),
    )
    if is_last:
        return
    normalized = episode.action[step].astype(np.float64)
    delta = normalized * scale
    source = episode.metadata.get("source", "teleop")
    if episode.operator is not None:
        source = TELEOP if episode.operator[step] else "policy"
    writer.action(stamp_ns, ActionRecord(stamp_ns, episode.id, step, source, delta, normalized))
    writer.verdict(
        stamp_ns, VerdictRecord(stamp_ns, episode.id, step, source, True, delta, normalized)
    )
