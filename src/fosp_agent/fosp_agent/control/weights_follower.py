"""Follow the trainer's weights: get the announced file, verify it, swap it in between episodes.

No ROS and no network here: chunks come through a callable, and the policy is made by a callable.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from fosp_agent.errors import UserError

CHUNK_BYTES = 1 << 20
"""Most bytes asked for at a time [bytes]."""


class WeightsRefused(UserError):
    """The announced weights must not act; the message says why and what to do."""


class WeightsUnreachable(UserError):
    """The transfer was interrupted; what has arrived is kept, and a later call goes on there."""


@dataclass(frozen=True)
class Announcement:
    """What the trainer says about its newest weights."""

    version: int
    sha256: str
    size: int
    """Of the whole file [bytes]."""
    path: Path
    """On the trainer's machine."""


@dataclass(frozen=True)
class Chunk:
    """A piece of a weights file, with what the sender says about the whole."""

    data: bytes
    size: int
    sha256: str


ChunkSource = Callable[[int, int, int], Chunk]
"""``(version, offset, max_bytes) -> Chunk``.

Raises:
    WeightsUnreachable: nobody answered; worth trying again.
    WeightsRefused: the sender does not have these weights.
"""


class Versioned(Protocol):
    """What the follower needs to know about a loaded policy."""

    @property
    def version(self) -> int:
        """Counts the trainer's weights files."""
        ...

    @property
    def sha256(self) -> str:
        """Of the bytes that it was loaded from."""
        ...


PolicyT = TypeVar("PolicyT", bound=Versioned)


@dataclass(frozen=True)
class Status:
    """Which weights act now; ``loaded`` is false when the announced ones were refused."""

    version: int
    sha256: str
    loaded: bool
    message: str


class WeightsFollower(Generic[PolicyT]):
    """Holds the acting policy and, until the next gap between episodes, the one to come.

    ``announce`` and ``swap`` return at once and belong to the acting thread. ``prepare`` may take
    long (transfer, hash, load) and belongs to another one. An announcement made meanwhile wins.
    """

    def __init__(
        self,
        load: Callable[[Path], PolicyT],
        cache: Path,
        fetch: ChunkSource | None = None,
        *,
        read_path: bool = True,
    ) -> None:
        """Follow with nothing loaded.

        Args:
            load: makes a policy from a verified file.
            cache: folder for fetched files.
            fetch: gets chunks; None when only the disk may be used.
            read_path: whether the announced path may be read directly.
        """
        self.acting: PolicyT | None = None
        self._load = load
        self._cache = cache
        self._fetch = fetch
        self._read_path = read_path
        self._lock = threading.Lock()
        self._wanted: Announcement | None = None
        self._waiting: PolicyT | None = None

    def start_with(self, path: Path) -> Status:
        """Load the first weights from a local file. Errors of ``load`` pass through."""
        self.acting = self._load(path)
        return self._acknowledge("")

    def announce(self, announcement: Announcement) -> Status | None:
        """Take note of an announcement.

        Returns:
            The status when these weights act already, None when ``prepare`` is needed.
        """
        with self._lock:
            if self.acting is not None and self.acting.sha256 == announcement.sha256:
                self._wanted = self._waiting = None
                return self._acknowledge("")
            self._wanted = announcement
        return None

    @property
    def wanted(self) -> Announcement | None:
        """The announcement that still has to be prepared."""
        with self._lock:
            return self._wanted

    def prepare(self) -> Status | None:
        """Get, verify and load what is wanted, and hold it for ``swap``. May block.

        Returns:
            A status when the weights were refused (the acting ones stay), else None.

        Raises:
            WeightsUnreachable: call again later.
        """
        announcement = self.wanted
        if announcement is None:
            return None
        try:
            policy = self._load_verified(announcement)
        except WeightsRefused as problem:
            return self._refuse(announcement, str(problem))
        with self._lock:
            if self._wanted == announcement:
                self._waiting, self._wanted = policy, None
        return None

    def swap(self) -> Status | None:
        """Between episodes: let the prepared weights act. None when there are none."""
        with self._lock:
            if self._waiting is None:
                return None
            before = self.acting
            self.acting, self._waiting = self._waiting, None
            replaced = "first weights" if before is None else f"replaced version {before.version}"
            return self._acknowledge(replaced)

    def _acknowledge(self, message: str) -> Status:
        assert self.acting is not None
        return Status(self.acting.version, self.acting.sha256, loaded=True, message=message)

    def _refuse(self, announcement: Announcement, why: str) -> Status:
        with self._lock:
            if self._wanted == announcement:
                self._wanted = None
            acting = self.acting
        still = "no weights act" if acting is None else f"version {acting.version} still acts"
        return Status(
            version=0 if acting is None else acting.version,
            sha256="" if acting is None else acting.sha256,
            loaded=False,
            message=f"weights version {announcement.version} refused: {why} ({still})",
        )

    def _load_verified(self, announcement: Announcement) -> PolicyT:
        path = self._obtain(announcement)
        try:
            policy = self._load(path)
        except (UserError, OSError, ValueError) as problem:
            raise WeightsRefused(
                f"{path} does not load: {problem}. Train again or announce an older version."
            ) from problem
        # Loading hashes what it read: a file replaced after the check is caught here.
        if policy.sha256 != announcement.sha256 or policy.version != announcement.version:
            raise WeightsRefused(
                f"{path} holds version {policy.version} with sha256 {policy.sha256[:12]}…, "
                f"announced was version {announcement.version} with "
                f"{announcement.sha256[:12]}…. Restart the trainer so that it announces anew."
            )
        return policy

    def _obtain(self, announcement: Announcement) -> Path:
        """A local file with the announced hash: the announced path, a cached one, or fetched."""
        cached = self._cache / f"weights-{announcement.version:06d}-{announcement.sha256[:12]}"
        cached = cached.with_suffix(".safetensors")
        here = [announcement.path] if self._read_path else []
        for path in (*here, cached):
            if path.is_file() and sha256_of(path) == announcement.sha256:
                return path
        if self._fetch is None:
            raise WeightsRefused(self._unusable(announcement))
        return fetch_file(announcement, self._fetch, cached)

    @staticmethod
    def _unusable(announcement: Announcement) -> str:
        if not announcement.path.is_file():
            return f"no file {announcement.path}. Let the policy fetch it from the trainer."
        return (
            f"{announcement.path} has sha256 {sha256_of(announcement.path)[:12]}…, announced was "
            f"{announcement.sha256[:12]}…. The file is damaged: restart the trainer from its "
            "checkpoint."
        )


def sha256_of(path: Path) -> str:
    """Hash of a whole file, as hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def fetch_file(announcement: Announcement, fetch: ChunkSource, target: Path) -> Path:
    """Fetch a weights file in chunks, going on where an earlier call was interrupted.

    The bytes gather in ``<target>.part``; only a file with the announced hash gets its name.

    Raises:
        WeightsUnreachable: interrupted; call again.
        WeightsRefused: size or hash differ from the announcement, or the sender has no such file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with part.open("ab") as file:
        if file.tell() > announcement.size:
            file.truncate(0)
        while (offset := file.tell()) < announcement.size:
            wanted = min(CHUNK_BYTES, announcement.size - offset)
            file.write(_checked(fetch(announcement.version, offset, wanted), announcement, wanted))
            file.flush()
        os.fsync(file.fileno())
    found = sha256_of(part)
    if found != announcement.sha256:
        part.unlink()
        raise WeightsRefused(
            f"the fetched bytes have sha256 {found[:12]}…, announced was "
            f"{announcement.sha256[:12]}…. The trainer's file is damaged: restart the trainer "
            "from its checkpoint."
        )
    part.replace(target)
    return target


def _checked(chunk: Chunk, announcement: Announcement, wanted: int) -> bytes:
    if chunk.size != announcement.size or chunk.sha256 != announcement.sha256:
        raise WeightsRefused(
            f"the trainer offers {chunk.size} bytes with sha256 {chunk.sha256[:12]}…, announced "
            f"were {announcement.size} bytes with {announcement.sha256[:12]}…. The trainer's file "
            "is damaged or was replaced: restart the trainer from its checkpoint."
        )
    if not 0 < len(chunk.data) <= wanted:
        raise WeightsRefused(f"asked for {wanted} bytes, the trainer sent {len(chunk.data)}")
    return chunk.data
