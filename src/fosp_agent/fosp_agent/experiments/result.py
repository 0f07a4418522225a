"""The result of a unit: a small JSON file that is there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fosp_agent.errors import UserError
from fosp_agent.experiments.provenance import UnitClock, provenance
from fosp_agent.experiments.unit import RESULT, Unit
from fosp_agent.training.files import write_atomically

FORMAT = "fosp-experiment/1"
ENTRIES = ("unit", "kind", "settings", "needs", "result", "spent", "provenance")


class ResultError(UserError):
    """A result is missing, damaged, or of another format."""


@dataclass(frozen=True)
class Result:
    """What a unit found, with everything that it takes to find it again."""

    unit: str
    kind: str
    settings: Mapping[str, Any]
    needs: tuple[str, ...]
    result: Mapping[str, Any]
    """Free of times, so that two runs of the same settings agree."""
    spent: Mapping[str, Any]
    """"seconds" of wall-clock, "sessions" that it took, and what the work itself timed."""
    provenance: Mapping[str, Any]


def write_result(
    root: Path,
    unit: Unit,
    found: Mapping[str, Any],
    timed: Mapping[str, Any],
    clock: UnitClock,
    command: str,
) -> None:
    """Write a unit's ``result.json``."""
    spent = {"seconds": round(clock.seconds, 1), "sessions": clock.sessions, **timed}
    record = {
        "format": FORMAT,
        "unit": unit.path,
        "kind": unit.kind,
        "settings": {**unit.settings, "fingerprint": unit.fingerprint},
        "needs": list(unit.needs),
        "result": found,
        "spent": spent,
        "provenance": provenance(command),
    }
    write_atomically(unit.folder(root) / RESULT, as_text(record).encode())


def as_text(record: Mapping[str, Any]) -> str:
    """Compact JSON of one line an entry."""
    lines = (
        f" {json.dumps(key)}: {json.dumps(value, separators=(',', ':'), allow_nan=False)}"
        for key, value in record.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_result(path: Path) -> Result:
    """Read a ``result.json``.

    Raises:
        ResultError: naming the file, what is wrong and the remedy.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as problem:
        raise ResultError(f"{path}: no such result; run its experiment again") from problem
    except (OSError, ValueError) as problem:
        raise ResultError(
            f"{path} cannot be read ({problem}); remove it and run its experiment again: only this "
            "unit is done anew"
        ) from problem
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ResultError(
            f"{path} is not a result of this version (wanted {FORMAT!r}); remove it and run its "
            "experiment again"
        )
    missing = [name for name in ENTRIES if name not in record]
    if missing:
        raise ResultError(
            f"{path} lacks {', '.join(missing)}; remove it and run its experiment again"
        )
    return Result(**{name: record[name] for name in ENTRIES} | {"needs": tuple(record["needs"])})
