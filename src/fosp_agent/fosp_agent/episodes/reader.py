"""Reads one episode file, complete or cut short."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.records import Channel, Footer, McapRecord, Message, Metadata, Schema
from mcap.stream_reader import StreamReader
from rosbags.serde import SerdeError
from zstandard import ZstdError

from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.records import (
    DUPLICATE,
    TELEOP,
    ActionRecord,
    ObservationRecord,
    VerdictRecord,
    decode_action,
    decode_observation,
    decode_verdict,
)
from fosp_agent.episodes.schema import STREAMS
from fosp_agent.episodes.streams import StreamMessage
from fosp_agent.episodes.writer import ACTIVE_SUFFIX, METADATA, RESULT
from fosp_agent.types import BoolArray, ByteArray, FloatArray

_DAMAGE = (McapError, ZstdError, SerdeError, struct.error, ValueError, MemoryError, OverflowError)
"""What the parsers raise on bytes that are not what they should be."""
_RECORD_LIMIT = 256 * 2**20


@dataclass
class Recording:
    """Everything in one file, in the order written."""

    path: Path
    metadata: dict[str, str] = field(default_factory=dict)
    result: dict[str, str] = field(default_factory=dict)
    observations: list[tuple[int, ObservationRecord]] = field(default_factory=list)
    """(log stamp [ns], record)"""
    actions: list[tuple[int, ActionRecord]] = field(default_factory=list)
    verdicts: list[tuple[int, VerdictRecord]] = field(default_factory=list)
    streams: list[StreamMessage] = field(default_factory=list)
    """Pictures and measured poses, where they were asked for."""
    damage: str = ""
    """Why reading stopped before the end of the file; empty for a complete file."""

    @property
    def episode_id(self) -> str:
        """As the file says, else as its name does."""
        return self.metadata.get("episode_id", self.path.name.split(".mcap")[0])

    def action_scale(self) -> list[float]:
        """(A,) SI units per unit of normalised action; empty when the file does not say."""
        return [float(value) for value in json.loads(self.metadata.get("action_scale", "[]"))]

    def steps(self) -> list[ObservationRecord]:
        """The observations 0, 1, 2, ... up to the first gap, each once."""
        by_step: dict[int, ObservationRecord] = {}
        for _, record in self.observations:
            by_step.setdefault(record.step, record)
        count = next(step for step in range(len(by_step) + 1) if step not in by_step)
        return [by_step[step] for step in range(count)]


def read_recording(path: Path, *, validate: bool = False, streams: bool = False) -> Recording:
    """Read all that can be read; never raises on damage, but says so in ``damage``.

    Args:
        validate: also compare the checksum of every chunk.
        streams: also keep the pictures and measured poses, undecoded.

    Raises:
        EpisodeError: the file does not exist or cannot be opened.
    """
    recording = Recording(path)
    try:
        with path.open("rb") as stream:
            _read_into(recording, stream, validate)
            if not streams:
                recording.streams.clear()
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as error:
        raise EpisodeError(f"{path}: cannot be read ({error.strerror})") from error
    return recording


def _read_into(recording: Recording, stream: IO[bytes], validate: bool) -> None:
    topics: dict[int, str] = {}
    schemas: dict[int, str] = {}
    texts: dict[int, str] = {}
    complete = False
    reader = StreamReader(stream, validate_crcs=validate, record_size_limit=_RECORD_LIMIT)
    try:
        for record in reader.records:
            if isinstance(record, Message):
                number = record.channel_id
                _keep_message(recording, topics.get(number, ""), record, texts.get(number, ""))
            elif isinstance(record, Schema):
                schemas[record.id] = record.data.decode()
            elif isinstance(record, Channel):
                topics[record.id] = record.topic
                texts[record.id] = schemas.get(record.schema_id, "")
            else:
                _keep_metadata(recording, record)
                complete = complete or isinstance(record, Footer)
    except _DAMAGE as error:
        recording.damage = recording.damage or f"{type(error).__name__}: {error}".rstrip(": ")
    if not complete and not recording.damage:
        recording.damage = "the file ends before its index"


def _keep_message(recording: Recording, topic: str, message: Message, text: str) -> None:
    if topic == "/observation":
        recording.observations.append((message.log_time, decode_observation(message.data)))
    elif topic == "/action":
        recording.actions.append((message.log_time, decode_action(message.data, text)))
    elif topic == "/command_verdict":
        recording.verdicts.append((message.log_time, decode_verdict(message.data)))
    elif topic in STREAMS:
        recording.streams.append(StreamMessage(topic, message.log_time, message.data))


def _keep_metadata(recording: Recording, record: McapRecord) -> None:
    if isinstance(record, Metadata) and record.name == METADATA:
        recording.metadata = dict(record.metadata)
    elif isinstance(record, Metadata) and record.name == RESULT:
        recording.result = dict(record.metadata)


def read_metadata(path: Path) -> dict[str, str]:
    """Both metadata records of a complete file, without reading its images.

    Raises:
        EpisodeError: the file is missing, cut short, or not an episode.
    """
    entries: dict[str, str] = {}
    try:
        with path.open("rb") as stream:
            for record in _metadata_records(stream):
                entries.update(record.metadata)
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as error:
        raise EpisodeError(f"{path}: cannot be read ({error.strerror})") from error
    except _DAMAGE:
        raise truncated(read_recording(path)) from None
    if "observations" not in entries:
        raise EpisodeError(
            f"{path} is an MCAP file but not an episode of this project (no '{METADATA}' metadata);"
            " move it out of the folder"
        )
    return entries


def _metadata_records(stream: IO[bytes]) -> Iterator[Metadata]:
    reader = make_reader(stream)
    if reader.get_summary() is None:
        raise McapError("no summary")
    yield from reader.iter_metadata()


def _missing(path: Path) -> EpisodeError:
    active = path.with_name(path.stem + ACTIVE_SUFFIX)
    if active.exists():
        return EpisodeError(
            f"{active} was not finished; once nobody writes it, "
            f"`./safereach dataset repair {active}` saves it"
        )
    return EpisodeError(f"{path}: no such episode file; see `./safereach dataset list`")


def truncated(recording: Recording) -> EpisodeError:
    """The error for a file that is damaged or cut short."""
    path, found = recording.path, len(recording.steps())
    remedy = f"{found} observations are readable; `./safereach dataset repair {path}` saves them"
    if not found:
        remedy = "nothing in it can be read; move it away or delete it"
    return EpisodeError(f"{path} is damaged or cut short: {remedy}")


@dataclass(frozen=True)
class Arrays:
    """The parts of an episode that its file holds (labels live beside it)."""

    image: ByteArray
    """(T, H, W, C)"""
    pose: FloatArray
    """(T, P)"""
    action: FloatArray
    """(T, A) executed, in the network's units; zeros where vetoed or never answered."""
    operator: BoolArray
    """(T,) true where the executed action was an operator's."""


def stack(recording: Recording) -> Arrays:
    """Turn a complete recording into arrays.

    Raises:
        EpisodeError: damaged, empty, with a gap, or with images or poses of changing size.
    """
    if recording.damage:
        raise truncated(recording)
    steps = recording.steps()
    last = max((record.step for _, record in recording.observations), default=-1)
    if last + 1 != len(steps):
        raise EpisodeError(
            f"{recording.path}: observation {len(steps)} of {last + 1} is missing; "
            f"`./safereach dataset repair {recording.path}` keeps those before it"
        )
    if not steps:
        raise EpisodeError(f"{recording.path} holds no observation; delete it")
    shapes = {(record.image.shape, record.pose.shape) for record in steps}
    if len(shapes) > 1:
        raise EpisodeError(
            f"{recording.path}: image or pose change their size within the episode "
            f"({', '.join(map(str, sorted(shapes)))}); record it again"
        )
    return Arrays(
        image=np.stack([record.image for record in steps]),
        pose=np.stack([record.pose for record in steps]).astype(np.float32),
        action=_executed(recording, len(steps)),
        operator=_by_operator(recording, len(steps)),
    )


def _by_operator(recording: Recording, length: int) -> BoolArray:
    """(T,): whether the first accepted verdict of each step was given to an operator."""
    mask, seen = np.zeros(length, np.bool_), set()
    for _, record in recording.verdicts:
        executed = record.accepted and record.reason != DUPLICATE
        if executed and record.step < length - 1 and record.step not in seen:
            seen.add(record.step)
            mask[record.step] = record.source == TELEOP
    return mask


def _executed(recording: Recording, length: int) -> FloatArray:
    """(T, A): the first accepted verdict of each step; zeros elsewhere and at the last step."""
    size = len(recording.action_scale())
    accepted = [record for _, record in recording.verdicts if record.accepted]
    if not size:
        size = max((len(record.normalized) for record in accepted), default=0)
    if length > 1 and not recording.verdicts:
        raise EpisodeError(
            f"{recording.path} holds no command verdict, so what was executed is unknown; "
            "record it again with the command gate running"
        )
    action = np.zeros((length, size), np.float32)
    seen: set[int] = set()
    for record in accepted:
        if record.step in seen or record.reason == DUPLICATE or record.step >= length - 1:
            continue
        if len(record.normalized) != size:
            raise EpisodeError(
                f"{recording.path}, step {record.step}: the action has {len(record.normalized)} "
                f"components, the robot {size}; record it again"
            )
        seen.add(record.step)
        action[record.step] = record.normalized
    return action
