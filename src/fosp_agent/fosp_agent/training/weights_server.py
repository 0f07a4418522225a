"""Hands out weights files in chunks, to policies that cannot read the trainer's disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fosp_agent.errors import UserError
from fosp_agent.training.weights_files import weights_file, weights_files

MAX_CHUNK = 1 << 20
"""Most bytes in one answer [bytes]."""


class UnknownWeights(UserError):
    """There is no file of the asked version, or no such byte in it."""


@dataclass(frozen=True)
class Piece:
    """A chunk of a file, and what the whole is."""

    data: bytes
    size: int
    """Of the whole file [bytes]."""
    sha256: str


class WeightsServer:
    """Reads ``weights-<version>.safetensors`` files of one folder."""

    def __init__(self, folder: Path) -> None:
        """Serve the files of ``folder``."""
        self._folder = folder
        self._hashes: dict[tuple[Path, int, int], str] = {}

    def piece(self, version: int, offset: int, max_bytes: int) -> Piece:
        """At most ``max_bytes`` (capped at ``MAX_CHUNK``) from byte ``offset`` on.

        Raises:
            UnknownWeights: no such version, or the offset lies past its end.
        """
        path = weights_file(self._folder, version)
        try:
            with path.open("rb") as file:
                size = path.stat().st_size
                if offset >= size:
                    raise UnknownWeights(
                        f"{path.name} has {size} bytes, byte {offset} was asked for; "
                        "start again at 0"
                    )
                file.seek(offset)
                data = file.read(min(max_bytes, MAX_CHUNK))
        except OSError as problem:
            raise UnknownWeights(
                f"no weights version {version} ({path}: {problem.strerror}); "
                f"there are {self._known()}"
            ) from problem
        return Piece(data, size, self._sha256(path))

    def _known(self) -> str:
        names = [path.stem for path in weights_files(self._folder)]
        return ", ".join(names) or "none yet"

    def _sha256(self, path: Path) -> str:
        stat = path.stat()
        key = (path, stat.st_mtime_ns, stat.st_size)
        if key not in self._hashes:
            self._hashes[key] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self._hashes[key]
