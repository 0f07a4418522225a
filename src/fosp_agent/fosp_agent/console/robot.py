"""What the console asks of the running stack; the middleware's side is in `fosp_agent.ros`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fosp_agent.console.protocol import GiveLabel


@dataclass(frozen=True)
class Answer:
    """What a service answered."""

    ok: bool
    message: str
    revision: int = 0
    """Of a stored label."""


class Robot(Protocol):
    """The services of the stack. None of these raises: a silent service is an answer too."""

    async def command(self, what: str) -> Answer:
        """Ask for one of `VERBS`."""
        ...

    async def label(self, label: GiveLabel, relabel: bool) -> Answer:
        """Call /label_episode."""
        ...

    async def roll_back(self, version: int) -> Answer:
        """Call /rollback_weights."""
        ...

    def attend(self, pages: int, watching: int) -> None:
        """How many pages are open, and how many of them show the robot: listen accordingly."""
        ...
