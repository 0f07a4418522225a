"""The recorded episodes of a run, for the history and for labelling. Belongs to one thread."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fosp_agent.console.contact import contact_of
from fosp_agent.console.digest import Digest, digest_of, label_spans, label_summary
from fosp_agent.console.drafts import Drafts
from fosp_agent.console.media import COLUMNS, jpeg, sheet, visible
from fosp_agent.console.timeline import timeline_of
from fosp_agent.episodes.errors import EpisodeError, UnknownEpisode
from fosp_agent.episodes.reader import Recording, read_recording
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.episodes.writer import SUFFIX

Summary = dict[str, Any]
"""A digest with its label, as JSON."""

KEPT = 12
"""Episodes whose sheet of frames stays in memory."""


class Library:
    """Reads each file once: what the history needs of it stays in ``<run>/console``."""

    def __init__(self, run_dir: Path) -> None:
        self.store = EpisodeStore(run_dir / "episodes")
        self._folder = run_dir / "console"
        self._thumbs = self._folder / "thumbs"
        self._thumbs.mkdir(parents=True, exist_ok=True)
        self._index = self._folder / "index.jsonl"
        self.drafts = Drafts(self._folder / "drafts.json")
        self._digests: dict[str, Digest] = {}
        self._sheets: OrderedDict[str, bytes] = OrderedDict()
        self._known = self._read_index()

    def refresh(self) -> Iterator[list[Summary]]:
        """Take in the files that are new since the last call; their summaries, in batches."""
        names = [path.name[: -len(SUFFIX)] for path in self.store.path.glob(f"*{SUFFIX}")]
        new = [name for name in names if name not in self._digests]
        batch: list[Summary] = []
        for name in new:
            self._digests[name] = self._known.get(name) or self._read(name)
            batch.append(self.summary(name))
            if len(batch) >= 200 or (batch and name not in self._known):
                yield batch
                batch = []
        if batch:
            yield batch

    def summaries(self) -> list[Summary]:
        """All episodes taken in so far, in the order recorded."""
        ordered = sorted(self._digests.values(), key=lambda one: (one.recorded_ms, one.id))
        return [self.summary(digest.id) for digest in ordered]

    def summary(self, episode_id: str) -> Summary:
        """One episode.

        Raises:
            EpisodeError: there is none of this id.
        """
        digest = self._digest(episode_id)
        label = label_summary(self.store.labels.latest(episode_id))
        return {**digest.to_json(), "label": label}

    def revision(self, episode_id: str) -> int:
        """Of the label that holds; 0: unlabelled."""
        self._digest(episode_id)
        label = self.store.labels.latest(episode_id)
        return label.revision if label else 0

    def detail(self, episode_id: str) -> dict[str, Any]:
        """Everything but the images.

        Raises:
            EpisodeError: no such episode, or its file is damaged.
        """
        summary = self.summary(episode_id)
        recording = self._recording(episode_id, streams=True)
        contact = contact_of(recording)
        revisions = self.store.labels.revisions(episode_id)
        return {
            "summary": summary,
            "columns": COLUMNS,
            "rows": timeline_of(recording).ordered(),
            "contact": contact.to_json() if contact else None,
            "spans": label_spans(revisions[-1]) if revisions else [],
            "revisions": [
                {**label_summary(label), "stamp_ms": label.stamp_ns // 1_000_000}
                for label in revisions
            ],
            "draft": self.drafts.get(episode_id),
        }

    def sheet(self, episode_id: str) -> bytes:
        """All frames as one JPEG.

        Raises:
            EpisodeError: no such episode, or its file is damaged.
        """
        self._digest(episode_id)
        if episode_id not in self._sheets:
            frames = [record.image for record in self._recording(episode_id).steps()]
            self._sheets[episode_id] = jpeg(sheet(frames), quality=92, widest=4096)
            while len(self._sheets) > KEPT:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(episode_id)
        return self._sheets[episode_id]

    def thumb(self, episode_id: str) -> bytes:
        """The last frame as JPEG.

        Raises:
            EpisodeError: no such episode.
        """
        self._digest(episode_id)
        path = self._thumbs / f"{episode_id}.jpg"
        if not path.exists():
            self._write_thumb(self._recording(episode_id))
        return path.read_bytes()

    def _digest(self, episode_id: str) -> Digest:
        """The gate before every file: only ids found by looking into the folder pass."""
        digest = self._digests.get(episode_id)
        if digest is None and episode_id in {
            path.name[: -len(SUFFIX)] for path in self.store.path.glob(f"*{SUFFIX}")
        }:
            digest = self._digests[episode_id] = self._known.get(episode_id) or self._read(
                episode_id
            )
        if digest is None:
            raise UnknownEpisode(f"there is no episode {episode_id!r} in this run")
        return digest

    def _recording(self, episode_id: str, *, streams: bool = False) -> Recording:
        recording = read_recording(self.store.file(episode_id), streams=streams)
        if recording.damage or not recording.observations:
            raise EpisodeError(
                f"{episode_id} is damaged ({recording.damage or 'no image'}): run `./safereach "
                "dataset repair` on its file"
            )
        return recording

    def _read(self, name: str) -> Digest:
        try:
            recording = self._recording(name)
        except EpisodeError as problem:
            return Digest(name, damage=str(problem))
        digest = digest_of(recording)
        self._write_thumb(recording)
        with self._index.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(digest.to_json()) + "\n")
        return digest

    def _write_thumb(self, recording: Recording) -> None:
        path = self._thumbs / f"{recording.episode_id}.jpg"
        path.write_bytes(jpeg(visible(recording.steps()[-1].image)))

    def _read_index(self) -> dict[str, Digest]:
        """The digests of earlier sessions; a line that does not do is made anew from its file."""
        known: dict[str, Digest] = {}
        if not self._index.exists():
            return known
        for line in self._index.read_text(encoding="utf-8").splitlines():
            try:
                digest = Digest(**json.loads(line))
            except (ValueError, TypeError):
                continue
            known[digest.id] = digest
        return known
