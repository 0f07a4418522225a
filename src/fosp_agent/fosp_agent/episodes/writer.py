"""Writes one episode as MCAP, so that a crash at any time leaves what was written.

``<id>.mcap.active`` grows while the episode runs; closing it writes the index, syncs it to the
disk and renames it to ``<id>.mcap``. A ``.mcap`` file is therefore always complete.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcap.writer import CompressionType, Writer

from fosp_agent.episodes import schema
from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.records import (
    ActionRecord,
    ObservationRecord,
    VerdictRecord,
    encode_action,
    encode_observation,
    encode_verdict,
)
from fosp_agent.episodes.streams import StreamMessage, StreamRecord, encode

METADATA = "safereach"
"""Name of the metadata record that opens the file."""
RESULT = "safereach_result"
"""Name of the metadata record that closes a complete file: observations, terminal."""
FORMAT_VERSION = "1"
ACTIVE_SUFFIX = ".mcap.active"
SUFFIX = ".mcap"

_VALID_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


def check_id(episode_id: str) -> None:
    """Raise EpisodeError unless the id can be the stem of a file on every file system."""
    if not _VALID_ID.fullmatch(episode_id):
        raise EpisodeError(
            f"episode id '{episode_id}' cannot name a file; use letters, digits and _ . + - only"
        )


def check_space(folder: Path, least: float) -> None:
    """Raise EpisodeError when less than ``least`` [GB] is free on the disk of a folder."""
    free = shutil.disk_usage(folder).free / 1e9
    if free < least:
        raise EpisodeError(
            f"{folder}: only {free:.2f} GB are free, an episode is not begun with less than "
            f"{least:g} GB; free some space or choose another run_dir"
        )


class EpisodeWriter:
    """Crash-safe writer of one episode.

    Args:
        path: the finished file, ``.../<id>.mcap``; must not exist.
        metadata: further entries of the metadata record (task, seed, max_steps, ...).
        action_scale: (A,) SI units per unit of normalised action.
        flush_every: observations between two flushes to the operating system; 0: only on closing.

    Raises:
        EpisodeError: the file exists, or cannot be written (full disk). What was written stays.
    """

    def __init__(
        self,
        path: Path,
        metadata: Mapping[str, str],
        action_scale: Sequence[float],
        flush_every: int = 10,
    ) -> None:
        self.path = path
        self.active = path.with_name(path.stem + ACTIVE_SUFFIX)
        self.episode_id = path.stem
        self.observations = 0
        """Steps seen so far: the highest step + 1."""
        self._flush_every = flush_every
        self._since_flush = 0
        self._sequence = 0
        self._done = False
        check_id(self.episode_id)
        if path.exists():
            raise EpisodeError(f"{path} exists already; give the episode another id")
        self._open(self._metadata(metadata, action_scale))

    def _metadata(
        self, metadata: Mapping[str, str], action_scale: Sequence[float]
    ) -> dict[str, str]:
        entries = {"recorded_at": str(time.time_ns()), **metadata}
        entries["episode_id"] = self.episode_id
        entries["format_version"] = FORMAT_VERSION
        entries["action_scale"] = json.dumps([float(value) for value in action_scale])
        return {key: str(value) for key, value in entries.items()}

    def _open(self, metadata: dict[str, str]) -> None:
        try:
            self._file = self.active.open("xb")
        except FileExistsError:
            raise EpisodeError(
                f"{self.active} is left over from a crash; "
                f"run `./safereach dataset repair {self.active}` first"
            ) from None
        except OSError as error:
            raise self._failure(error) from error
        # Any: half of this class's methods carry no annotations.
        self._writer: Any = Writer(self._file, compression=CompressionType.ZSTD)
        try:
            self._writer.start(profile="ros2", library="safereach")
            self._writer.add_metadata(METADATA, metadata)
            self._channels = {
                topic: self._register(topic, name) for topic, name in schema.TOPICS.items()
            }
            self._file.flush()
        except OSError as error:
            raise self._give_up(error) from error

    def _register(self, topic: str, name: str) -> int:
        text = schema.schema_text(name).encode()
        schema_id = self._writer.register_schema(name, "ros2msg", text)
        return int(self._writer.register_channel(topic, "cdr", schema_id))

    def observation(self, stamp_ns: int, record: ObservationRecord) -> None:
        """Append an observation received at ``stamp_ns`` [ns]."""
        self._append("/observation", stamp_ns, encode_observation(record))
        self.observations = max(self.observations, record.step + 1)
        self._since_flush += 1
        if self._flush_every and self._since_flush >= self._flush_every:
            self.flush()

    def action(self, stamp_ns: int, record: ActionRecord) -> None:
        """Append a requested action."""
        self._append("/action", stamp_ns, encode_action(record))

    def verdict(self, stamp_ns: int, record: VerdictRecord) -> None:
        """Append the gate's verdict: what was executed."""
        self._append("/command_verdict", stamp_ns, encode_verdict(record))

    def stream(self, record: StreamRecord | StreamMessage) -> None:
        """Append a picture or a measured pose (or one as another file holds it)."""
        message = record if isinstance(record, StreamMessage) else encode(record)
        if message.topic not in self._channels:
            name = schema.STREAMS[message.topic]
            self._channels[message.topic] = self._register(message.topic, name)
        self._append(message.topic, message.stamp_ns, message.data)

    def flush(self) -> None:
        """Hand everything written so far to the operating system: a kill -9 keeps it."""
        self._check_open()
        self._since_flush = 0
        try:
            self._writer.flush()
        except OSError as error:
            raise self._give_up(error) from error

    def close(self, *, terminal: bool = False) -> Path:
        """Finish the file, sync it to the disk, and give it its final name.

        Args:
            terminal: the task itself ended with the last observation (not: time ran out).
        """
        self._check_open()
        result = {"observations": str(self.observations), "terminal": str(int(terminal))}
        try:
            self._writer.flush()
            self._writer.add_metadata(RESULT, result)
            self._writer.finish()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self.active.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise self._give_up(error) from error
        self._done = True
        return self.path

    def abort(self) -> Path | None:
        """Stop writing without finishing; the ``.active`` file stays, for a repair.

        Returns:
            The file, or None when nothing worth keeping was written (it is removed).
        """
        if not self._done:
            self._abandon(flush=True)
        if self.observations == 0:
            self.active.unlink(missing_ok=True)
        return self.active if self.active.exists() else None

    def _append(self, topic: str, stamp_ns: int, data: bytes) -> None:
        self._check_open()
        self._sequence += 1
        try:
            self._writer.add_message(
                self._channels[topic],
                stamp_ns,
                data,
                publish_time=stamp_ns,
                sequence=self._sequence,
            )
        except OSError as error:
            raise self._give_up(error) from error

    def _check_open(self) -> None:
        if self._done:
            raise EpisodeError(
                f"{self.path}: the writer is closed (finished, aborted, or stopped by an earlier "
                "error); open a new episode"
            )

    def _abandon(self, *, flush: bool) -> None:
        self._done = True
        try:
            if flush:
                self._writer.flush()
            self._file.close()
        except OSError:
            # The disk is full: what it took stays, and close() has given the descriptor back.
            return

    def _give_up(self, error: OSError) -> EpisodeError:
        self._abandon(flush=False)
        return self._failure(error)

    def _failure(self, error: OSError) -> EpisodeError:
        return EpisodeError(
            f"{self.active}: cannot write ({error.strerror}); free some space or mend the folder, "
            f"then `./safereach dataset repair {self.active}` saves what was written"
        )


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
