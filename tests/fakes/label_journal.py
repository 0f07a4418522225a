"""The console's robot without a stack: labels go through the real journal, all else is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fosp_agent.console.protocol import GiveLabel
from fosp_agent.console.robot import Answer
from fosp_agent.episodes.labels import LabelRecord, expand
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError


class LabelJournal:
    """The stack's side: labels as label_node does, through the same journal."""

    def __init__(self, run: Path) -> None:
        self.store = EpisodeStore(run / "episodes")

    async def command(self, what: str) -> Answer:
        return Answer(False, f"{what}: no session")

    async def label(self, label: GiveLabel, relabel: bool) -> Answer:
        await asyncio.sleep(0.02)  # two pages must have the chance to meet here
        length = self.store.info(label.episode_id).observations
        try:
            arrays = expand([span.span() for span in label.spans], length)
            record = LabelRecord(label.episode_id, *arrays, label.labeller, discard=label.discard)
            return Answer(True, "stored", self.store.labels.add(record, relabel=relabel))
        except UserError as problem:
            return Answer(False, str(problem))

    async def roll_back(self, version: int) -> Answer:
        return Answer(False, f"no version {version}")

    def attend(self, pages: int, watching: int) -> None:
        """Nothing to listen to."""
