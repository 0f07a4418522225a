"""A unit of an experiment: one folder, one piece of work, one result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fosp_agent.errors import UserError
from fosp_agent.experiments.later_settings import later_settings, without
from fosp_agent.training.files import write_atomically

RESULT = "result.json"
BEGUN = "unit.json"
CLOCK = "elapsed.json"
CLAIM = "claim.lock"


class UnitMismatch(UserError):
    """A folder holds a unit of other settings than the plan asks for."""


@dataclass(frozen=True)
class Unit:
    """What is to be done, in a form that tells another process everything."""

    path: str
    """Its name, and its folder in the experiment's folder."""
    kind: str
    """Which work: a name of ``work.WORK``."""
    settings: Mapping[str, Any]
    """All that determines the result, as JSON."""
    needs: tuple[str, ...] = ()
    """Units whose results it builds on."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The whole agent config, where the work makes an agent."""

    def folder(self, root: Path) -> Path:
        """Where it works."""
        return root / self.path

    def done(self, root: Path) -> bool:
        """Whether its result is there."""
        return (self.folder(root) / RESULT).is_file()

    @property
    def fingerprint(self) -> str:
        """Hash of settings and config: the same if and only if the result is to be the same."""
        text = json.dumps([self.kind, self.settings, self.config, self.needs], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def require_same(self, root: Path) -> tuple[str, ...]:
        """Refuse a folder that was begun with other settings.

        Returns:
            Settings of the agent that did not exist when it was begun, and are left at their
            defaults now: they change nothing.

        Raises:
            UnitMismatch: naming what differs, and the remedy.
        """
        path = self.folder(root) / BEGUN
        if not path.is_file():
            return ()
        try:
            begun = json.loads(path.read_text(encoding="utf-8"))
            earlier, config = begun["settings"], begun["config"]
            later = later_settings(config, self.config)
            as_then = replace(self, config=without(self.config, later))
            same = begun["fingerprint"] == as_then.fingerprint
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise UnitMismatch(
                f"{path} cannot be read ({problem}); remove the folder {path.parent}, and the unit "
                "is done anew"
            ) from problem
        if not same:
            changes = [*_changes(earlier, self.settings), *_changes(config, as_then.config)]
            raise UnitMismatch(
                f"{path.parent} was begun with other settings ({'; '.join(changes[:4])}): give the "
                "same settings, another --out, or remove that folder"
            )
        return later

    def begin(self, root: Path) -> None:
        """Note the settings in the folder."""
        self.require_same(root)
        record = {
            "kind": self.kind,
            "fingerprint": self.fingerprint,
            "settings": dict(self.settings),
            "config": dict(self.config),
        }
        text = json.dumps(record, indent=1, sort_keys=True) + "\n"
        write_atomically(self.folder(root) / BEGUN, text.encode())


def require_all_same(units: Iterable[Unit], root: Path) -> tuple[str, ...]:
    """Refuse folders of other settings, before anything is done.

    Returns:
        Settings that are newer than some folder, at their defaults, by name.

    Raises:
        UnitMismatch: naming the folder, what differs, and the remedy.
    """
    return tuple(dict.fromkeys(name for unit in units for name in unit.require_same(root)))


def _changes(before: Mapping[str, Any], now: Mapping[str, Any], under: str = "") -> list[str]:
    found = []
    for key in sorted(set(before) | set(now)):
        old, new, name = before.get(key), now.get(key), f"{under}{key}"
        if isinstance(old, dict) and isinstance(new, Mapping):
            found += _changes(old, new, f"{name}.")
        elif json.dumps(old) != json.dumps(new):
            was = f"was {old!r}" if key in before else "did not exist"
            found.append(f"{name} {was}, now {new!r}" if key in now else f"{name} {was}, now gone")
    return found
