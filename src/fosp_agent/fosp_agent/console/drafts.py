"""Spans that a person has marked but not yet given as a label: a reload loses none of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fosp_agent.training.files import write_atomically

Draft = dict[str, Any]
"""revision, author, spans: as the page sent them."""


class Drafts:
    """The drafts of a run, on disk after every change."""

    def __init__(self, path: Path) -> None:
        """Read ``path``; a damaged file is set aside, since a draft is never worth an error."""
        self._path = path
        self._drafts: dict[str, Draft] = {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            self._drafts = {str(k): v for k, v in found.items() if isinstance(v, dict)}
        except FileNotFoundError:
            return
        except (OSError, ValueError, AttributeError):
            path.replace(path.with_name(path.name + ".damaged"))

    def get(self, episode_id: str) -> Draft | None:
        """The draft of an episode, if there is one."""
        return self._drafts.get(episode_id)

    def ids(self) -> list[str]:
        """Episodes with a draft."""
        return list(self._drafts)

    def keep(self, episode_id: str, draft: Draft) -> None:
        """Remember a draft."""
        self._drafts[episode_id] = draft
        self._save()

    def drop(self, episode_id: str) -> None:
        """Forget a draft: it became a label, or was taken back."""
        if self._drafts.pop(episode_id, None) is not None:
            self._save()

    def _save(self) -> None:
        write_atomically(self._path, json.dumps(self._drafts).encode())
