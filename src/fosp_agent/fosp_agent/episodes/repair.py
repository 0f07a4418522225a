"""Saves what can be saved of a damaged or unfinished episode file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.reader import Recording, read_recording
from fosp_agent.episodes.writer import ACTIVE_SUFFIX, SUFFIX, EpisodeWriter

_OWN_KEYS = ("episode_id", "format_version", "action_scale")


@dataclass(frozen=True)
class Repaired:
    """The outcome of a repair."""

    path: Path
    """The new, complete file."""
    original: Path
    """Where the damaged file was put."""
    observations: int
    damage: str
    """What was wrong with the original."""


def repair(path: Path) -> Repaired:
    """Copy every complete message, up to the first missing observation, into a finished file.

    The original is kept beside it as ``<name>.broken``.

    Raises:
        EpisodeError: nothing to save, nothing wrong with the file, or the target exists.
    """
    path = Path(path)
    recording = read_recording(path, validate=True, streams=True)
    kept = len(recording.steps())
    lost = len({record.step for _, record in recording.observations}) - kept
    if not recording.damage and not lost:
        raise EpisodeError(f"{path} is complete ({kept} observations); nothing to repair")
    if not kept or not recording.metadata:
        raise EpisodeError(f"{path}: nothing in it can be read; move it away or delete it")
    target = path.with_name(_stem(path) + SUFFIX)
    if target != path and target.exists():
        raise EpisodeError(f"{target} exists already; move {path} away, it is not needed")
    original = _set_aside(path)
    _rewrite(recording, target, kept)
    return Repaired(target, original, kept, recording.damage or f"{lost} observations after a gap")


def _stem(path: Path) -> str:
    for suffix in (ACTIVE_SUFFIX, SUFFIX):
        if path.name.endswith(suffix):
            return path.name[: -len(suffix)]
    raise EpisodeError(f"{path} is not an episode file; give a {SUFFIX} or {ACTIVE_SUFFIX} file")


def _set_aside(path: Path) -> Path:
    original = path.with_name(path.name + ".broken")
    if original.exists():
        raise EpisodeError(f"{original} is in the way; move it elsewhere first")
    path.rename(original)
    return original


def _rewrite(recording: Recording, target: Path, kept: int) -> None:
    scale = recording.action_scale()
    metadata = {key: value for key, value in recording.metadata.items() if key not in _OWN_KEYS}
    metadata["repaired"] = "1"
    writer = EpisodeWriter(target, metadata, scale, flush_every=0)
    for stamp_ns, observation in recording.observations:
        if observation.step < kept:
            writer.observation(stamp_ns, observation)
    for stamp_ns, action in recording.actions:
        if action.step < kept:
            writer.action(stamp_ns, action)
    for stamp_ns, verdict in recording.verdicts:
        if verdict.step < kept:
            writer.verdict(stamp_ns, verdict)
    for message in recording.streams:
        writer.stream(message)
    writer.close()
