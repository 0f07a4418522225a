"""Checks a dataset file by file, and counts the paper's four kinds of trajectories (D.1)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.reader import Recording, read_recording
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

SAFE_SUCCESS = "safe_success"
SAFE_FAILURE = "safe_failure"
UNSAFE_SUCCESS = "unsafe_success"
UNSAFE_FAILURE = "unsafe_failure"
KINDS = (SAFE_SUCCESS, SAFE_FAILURE, UNSAFE_SUCCESS, UNSAFE_FAILURE)
PAPER_MIX = {SAFE_SUCCESS: 120, SAFE_FAILURE: 30, UNSAFE_SUCCESS: 40, UNSAFE_FAILURE: 10}
"""The 200 demonstrations of appendix D.1."""
UNLABELLED = "unlabelled"
DISCARDED = "discarded"
UNREADABLE = "unreadable"

_KIND_OF = {
    (False, True): SAFE_SUCCESS,
    (False, False): SAFE_FAILURE,
    (True, True): UNSAFE_SUCCESS,
    (True, False): UNSAFE_FAILURE,
}


@dataclass(frozen=True)
class FileReport:
    """What was found in one file."""

    id: str
    kind: str
    """One of KINDS, or unlabelled, discarded, unreadable."""
    observations: int
    contacts: int
    """Observations with a cost."""
    episode_return: float
    image_shape: tuple[int, ...]
    """(H, W, C); empty when unreadable."""
    action_size: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class DatasetReport:
    """What was found in a folder."""

    files: tuple[FileReport, ...]
    problems: tuple[str, ...]
    """Those of no single file: left-over files, torn journal lines, mixed sizes."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with any file or the folder."""
        return not self.problems and not any(file.problems for file in self.files)

    def counts(self) -> dict[str, int]:
        """Number of episodes of each kind, the paper's four first."""
        found = Counter(file.kind for file in self.files)
        return {kind: found.pop(kind, 0) for kind in KINDS} | dict(found)

    def contact_share(self) -> float:
        """Share of all observations that carry a cost, in [0, 1]."""
        observations = sum(file.observations for file in self.files)
        return sum(file.contacts for file in self.files) / observations if observations else 0.0

    def kinds(self) -> dict[str, str]:
        """The kind of each episode that can be learned from."""
        return {file.id: file.kind for file in self.files if file.kind in KINDS}


def kind_of(episode: Episode) -> str:
    """The paper's kind of a labelled episode: contact or not, target touched or not."""
    return _KIND_OF[episode.violation, episode.success]


def labelled_kind(store: EpisodeStore, episode_id: str) -> str:
    """The kind of an episode by its label alone, without reading its file: quick."""
    label = store.labels.latest(episode_id)
    if label is None:
        return UNLABELLED
    if label.discard:
        return DISCARDED
    return _KIND_OF[bool((label.cost > 0).any()), bool((label.reward > 0).any())]


def split_held_out(kinds: Mapping[str, str], fraction: float) -> tuple[list[str], list[str]]:
    """Split episodes into those to train on and those held out; a function of the ids alone.

    The same share of every kind is held out, so that both halves have the same mix; within a kind
    the order is that of a hash of the id, so that an episode added later moves few others.

    Args:
        kinds: kind of each episode id, in dataset order.
        fraction: share to hold out, in [0, 1).

    Returns:
        (train, held_out), each in dataset order.
    """
    if not 0.0 <= fraction < 1.0:
        raise EpisodeError(f"held-out share is {fraction}; give a share from 0 up to below 1")
    held: set[str] = set()
    for kind in sorted(set(kinds.values())):
        members = sorted((id_ for id_ in kinds if kinds[id_] == kind), key=_hash)
        held.update(members[: round(fraction * len(members))])
    return [id_ for id_ in kinds if id_ not in held], [id_ for id_ in kinds if id_ in held]


def check_dataset(store: EpisodeStore, observations: int | None = 81) -> DatasetReport:
    """Read every file of a folder and say what is wrong with it.

    Args:
        observations: length that every episode must have; None: any.
    """
    files = tuple(_check_file(store, id_, observations) for id_ in store.ids())
    problems = [*store.labels.problems()]
    problems += [
        f"{path} was not finished; once nobody writes it, `./safereach dataset repair {path}`"
        for path in store.unfinished()
    ]
    readable = [file for file in files if file.kind != UNREADABLE]
    shapes = Counter((file.image_shape, file.action_size) for file in readable)
    if len(shapes) > 1:
        found = ", ".join(f"{count} of {shape}" for shape, count in shapes.most_common())
        problems.append(f"images or actions of several sizes: {found}; keep one robot a folder")
    return DatasetReport(files, tuple(problems))


def _check_file(store: EpisodeStore, episode_id: str, observations: int | None) -> FileReport:
    try:
        episode = store.load(episode_id)
    except EpisodeError as error:
        return FileReport(episode_id, UNREADABLE, 0, 0, 0.0, (), 0, (str(error),))
    problems = _check_recording(read_recording(store.file(episode_id)))
    problems += _check_arrays(episode, observations)
    return FileReport(
        id=episode_id,
        kind=_kind_or_reason(episode),
        observations=len(episode),
        contacts=int((episode.cost > 0).sum()),
        episode_return=float(episode.reward.sum()),
        image_shape=episode.image.shape[1:],
        action_size=episode.action.shape[1],
        problems=tuple(problems),
    )


def _kind_or_reason(episode: Episode) -> str:
    if episode.labelled:
        return kind_of(episode)
    return DISCARDED if episode.metadata.get("discarded") == "1" else UNLABELLED


def _check_recording(recording: Recording) -> list[str]:
    """Stamps, markers and verdicts."""
    problems = []
    steps = recording.steps()
    stamps = [record.stamp_ns for record in steps]
    back = [step for step in range(1, len(stamps)) if stamps[step] <= stamps[step - 1]]
    if back:
        problems.append(f"stamps do not rise at step {back[0]}")
    if [record.step for record in steps if record.is_first] != [0]:
        problems.append("is_first is not set at step 0 alone")
    if [record.step for record in steps if record.is_last] != [len(steps) - 1]:
        problems.append("is_last is not set at the last step alone: the episode was cut short")
    answered = {record.step for _, record in recording.verdicts}
    missing = [step for step in range(len(steps) - 1) if step not in answered]
    if missing:
        problems.append(
            f"{len(missing)} steps without a command verdict, the first at {missing[0]}"
        )
    return problems


def _check_arrays(episode: Episode, observations: int | None) -> list[str]:
    """Lengths, sizes and ranges."""
    problems = []
    if observations is not None and len(episode) != observations:
        problems.append(
            f"{len(episode)} observations instead of {observations}; if it was meant to end "
            "there, --observations 0 takes any number"
        )
    if episode.image.shape[1:3] != (64, 64):
        problems.append(f"images are {episode.image.shape[1:3]} instead of (64, 64)")
    if len(episode) > 1 and (episode.image == episode.image[:1]).all():
        problems.append("all images are the same: the camera stood still")
    problems += [
        f"a value of its {name} is not finite"
        for name in ("action", "pose", "reward", "cost")
        if not np.isfinite(getattr(episode, name)).all()
    ]
    if episode.action.size and float(np.abs(episode.action).max()) > 1.0:
        problems.append(f"an action reaches {np.abs(episode.action).max():.3f}, beyond [-1, 1]")
    if episode.action.shape[1] == 0:
        problems.append("actions have no component")
    return problems


def _hash(episode_id: str) -> str:
    return hashlib.sha256(episode_id.encode()).hexdigest()
