"""Labels: spans to arrays, and the append-only journal of every label ever given.

T observations an episode. ``reward[t]`` and ``cost[t]`` arrive with observation t.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fosp_agent.episodes.errors import (
    AlreadyLabelled,
    InvalidLabel,
    LabelError,
    SpanPastEnd,
)
from fosp_agent.types import FloatArray

KINDS = ("reward", "cost")
"""Names of ``LabelSpan.REWARD`` (0) and ``LabelSpan.COST`` (1)."""


@dataclass(frozen=True)
class Span:
    """A run of observations that share a label; both ends inclusive."""

    kind: str
    """"reward" or "cost"."""
    first: int
    last: int
    value: float = 1.0


@dataclass(frozen=True)
class LabelRecord:
    """The label of one episode."""

    episode_id: str
    reward: npt.ArrayLike
    """(T,) finite."""
    cost: npt.ArrayLike
    """(T,) finite, never negative."""
    labeller: str = ""
    note: str = ""
    discard: bool = False
    """Never learn from this episode."""
    stamp_ns: int = 0
    """When it was labelled [ns]; 0: unknown."""


@dataclass(frozen=True)
class Label:
    """A label as the journal holds it."""

    episode_id: str
    revision: int
    """From 1."""
    reward: FloatArray
    """(T,)"""
    cost: FloatArray
    """(T,)"""
    labeller: str
    note: str
    discard: bool
    stamp_ns: int


def expand(
    spans: Sequence[Span], observations: int, episode_id: str = ""
) -> tuple[FloatArray, FloatArray]:
    """Turn spans into reward (T,) and cost (T,); steps outside every span are 0.

    Where spans of one kind overlap, the later one in the list holds.

    Raises:
        SpanPastEnd, InvalidLabel: nothing is labelled.
    """
    arrays = {kind: np.zeros(observations, np.float32) for kind in KINDS}
    for span in spans:
        name = f"episode {episode_id}: span {span.kind} {span.first}..{span.last}"
        if span.kind not in arrays:
            raise InvalidLabel(f"{name}: unknown kind; valid: {', '.join(KINDS)}")
        if span.first > span.last or span.first < 0:
            raise InvalidLabel(f"{name} is inverted or negative; give first <= last, from 0")
        if span.last >= observations:
            raise SpanPastEnd(
                f"{name} reaches past the end; the last of {observations} observations is "
                f"{observations - 1}"
            )
        if not np.isfinite(span.value):
            raise InvalidLabel(f"{name} has the value {span.value}; give a finite number")
        arrays[span.kind][span.first : span.last + 1] = span.value
    return arrays["reward"], arrays["cost"]


def check_values(
    name: str, values: npt.ArrayLike, observations: int, episode_id: str
) -> FloatArray:
    """Values as float32 (T,), or an error that says what is wrong with them."""
    array = np.asarray(values, dtype=np.float32)
    if array.ndim != 1:
        raise InvalidLabel(f"episode {episode_id}: {name} has shape {array.shape}; give (T,)")
    if len(array) > observations:
        raise SpanPastEnd(
            f"episode {episode_id}: {name} has {len(array)} values, the episode "
            f"{observations} observations; give one value an observation"
        )
    if len(array) < observations:
        raise InvalidLabel(
            f"episode {episode_id}: {name} has only {len(array)} values for {observations} "
            "observations; give one value an observation"
        )
    if not np.isfinite(array).all():
        step = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InvalidLabel(f"episode {episode_id}: {name}[{step}] is not finite; correct it")
    return array


class LabelJournal:
    """Append-only ``labels.jsonl``: one JSON object a line, on the disk before `add` returns.

    Every revision stays; the last one of an episode holds. Several processes may read and write the
    same journal: each call first takes in what others have appended.

    Args:
        path: the journal; created by the first label.
        observations_of: number of observations of an episode; raises UnknownEpisode.
    """

    def __init__(self, path: Path, observations_of: Callable[[str], int]) -> None:
        self.path = path
        self._observations_of = observations_of
        self._latest: dict[str, Label] = {}
        self._revisions: dict[str, list[Label]] = {}
        self._offset = 0
        self._line = 0
        self._damaged: list[str] = []
        self._torn = ""

    def latest(self, episode_id: str) -> Label | None:
        """The label that holds, or None for an unlabelled episode."""
        self._refresh()
        return self._latest.get(episode_id)

    def revisions(self, episode_id: str) -> tuple[Label, ...]:
        """Every label the episode ever had, oldest first."""
        self._refresh()
        return tuple(self._revisions.get(episode_id, ()))

    def problems(self) -> tuple[str, ...]:
        """Lines that are no label, such as one torn by a power cut. They are skipped, not lost."""
        self._refresh()
        return tuple(self._damaged) + ((self._torn,) if self._torn else ())

    def add(self, record: LabelRecord, relabel: bool = False) -> int:
        """Append a label and sync it to the disk.

        Returns:
            Its revision, from 1.

        Raises:
            UnknownEpisode, AlreadyLabelled, SpanPastEnd, InvalidLabel: nothing is written.
            LabelError: the journal cannot be written.
        """
        observations = self._observations_of(record.episode_id)
        reward = check_values("reward", record.reward, observations, record.episode_id)
        cost = check_values("cost", record.cost, observations, record.episode_id)
        if (cost < 0).any():
            raise InvalidLabel(f"episode {record.episode_id}: a cost is negative; give 0 or more")
        with self._locked() as descriptor:
            self._end_torn_line(descriptor)
            self._refresh()
            current = self._latest.get(record.episode_id)
            if current is not None and not relabel:
                raise AlreadyLabelled(
                    f"episode {record.episode_id} has a label already (revision "
                    f"{current.revision}); set relabel to replace it"
                )
            revision = 1 if current is None else current.revision + 1
            self._append(descriptor, _line(record, revision, reward, cost))
            self._refresh()
        return revision

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise LabelError(
                f"{self.path}: cannot write ({error.strerror}); mend the folder and label again"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _end_torn_line(self, descriptor: int) -> None:
        """A line torn by an earlier crash stays; the new label starts a line of its own."""
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            self._append(descriptor, b"\n")

    def _append(self, descriptor: int, line: bytes) -> None:
        try:
            written = os.write(descriptor, line)
            os.fsync(descriptor)
        except OSError as error:
            raise LabelError(
                f"{self.path}: cannot write ({error.strerror}); free some space and label again"
            ) from error
        if written != len(line):
            raise LabelError(f"{self.path}: disk full; free some space and label again")

    def _refresh(self) -> None:
        """Take in the lines appended since the last call."""
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            stream.seek(self._offset)
            data = stream.read()
        self._torn = ""
        for line in data.splitlines(keepends=True):
            complete = line.endswith(b"\n")
            problem = self._take(line, self._line + 1) if complete else self._peek(line)
            if not complete:
                self._torn = problem
                return
            self._offset += len(line)
            self._line += 1
            if problem:
                self._damaged.append(problem)

    def _peek(self, line: bytes) -> str:
        return (
            f"{self.path}: line {self._line + 1} is torn ({len(line)} bytes without an end); "
            "that label was never acknowledged: label the episode again"
        )

    def _take(self, line: bytes, number: int) -> str:
        if not line.strip():
            return ""
        try:
            label = _parse(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            return f"{self.path}: line {number} is no label ({error}); label the episode again"
        self._latest[label.episode_id] = label
        self._revisions.setdefault(label.episode_id, []).append(label)
        return ""


def _line(record: LabelRecord, revision: int, reward: FloatArray, cost: FloatArray) -> bytes:
    entry = {
        "episode_id": record.episode_id,
        "revision": revision,
        "labeller": record.labeller,
        "note": record.note,
        "discard": record.discard,
        "stamp_ns": record.stamp_ns,
        "reward": reward.tolist(),
        "cost": cost.tolist(),
    }
    return json.dumps(entry).encode() + b"\n"


def _parse(entry: dict[str, Any]) -> Label:
    return Label(
        episode_id=str(entry["episode_id"]),
        revision=int(entry["revision"]),
        reward=np.asarray(entry["reward"], np.float32),
        cost=np.asarray(entry["cost"], np.float32),
        labeller=str(entry.get("labeller", "")),
        note=str(entry.get("note", "")),
        discard=bool(entry.get("discard", False)),
        stamp_ns=int(entry.get("stamp_ns", 0)),
    )
