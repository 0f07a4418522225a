"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``<path>.tmp``, make it durable, and rename it to ``path``.

    Raises:
        OSError: it cannot be written, with its name; an older file stays.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:  # a full disk is reported without a name
        raise OSError(error.errno, error.strerror, str(error.filename or path)) from error
