"""What a page may ask, as types. Anything else is an error, and closes the socket it came from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import dacite

from fosp_agent.control.verbs import VERBS
from fosp_agent.episodes.labels import KINDS, Span

LONGEST_TEXT = 2000
MOST_SPANS = 500


class ProtocolError(Exception):
    """A message is none of this protocol."""


@dataclass(frozen=True)
class Marked:
    """A run of steps with the value 1, both ends inclusive."""

    kind: str
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ProtocolError(f"kind {self.kind!r}; valid: {', '.join(KINDS)}")

    def span(self) -> Span:
        """The same for the journal."""
        return Span(self.kind, self.first, self.last)


@dataclass(frozen=True)
class Command:
    """One of `VERBS`, asked of the session or of the robot's side."""

    what: str

    def __post_init__(self) -> None:
        if self.what not in VERBS:
            raise ProtocolError(f"command {self.what!r}; valid: {', '.join(VERBS)}")


@dataclass(frozen=True)
class GiveLabel:
    """Label an episode as /label_episode does."""

    episode_id: str
    revision: int
    """Of the label that the person saw; 0: none. Another one by now is a conflict."""
    spans: list[Marked] = field(default_factory=list)
    discard: bool = False
    labeller: str = ""
    note: str = ""


@dataclass(frozen=True)
class SaveDraft:
    """Keep spans that are not given as a label yet. No spans and revision -1: forget them."""

    episode_id: str
    revision: int
    author: str
    """The window that edits."""
    spans: list[Marked] = field(default_factory=list)


@dataclass(frozen=True)
class OpenEpisode:
    """Everything about one episode but its images."""

    episode_id: str


@dataclass(frozen=True)
class Suggest:
    """The world model's reward and cost of every step of an episode."""

    episode_id: str


@dataclass(frozen=True)
class Watch:
    """Whether this page shows the robot now; images and imagination are made for those that do."""

    live: bool


@dataclass(frozen=True)
class RollBack:
    """Go back to earlier weights; 0: the version before."""

    version: int


Request: TypeAlias = Command | GiveLabel | SaveDraft | OpenEpisode | Suggest | Watch | RollBack

TYPES: dict[str, type[Any]] = {
    "command": Command,
    "label": GiveLabel,
    "draft": SaveDraft,
    "episode": OpenEpisode,
    "suggest": Suggest,
    "watch": Watch,
    "rollback": RollBack,
}


def parse(text: str) -> tuple[int, Request]:
    """The number and the content of a request.

    Raises:
        ProtocolError: not JSON, of no known type, or with a field missing, unknown or of a wrong
            type.
    """
    try:
        message = json.loads(text)
        number, name = message.pop("id"), message.pop("type")
        if type(number) is not int or name not in TYPES:
            raise ProtocolError(f"id {number!r}, type {name!r}")
        request: Request = dacite.from_dict(TYPES[name], message, dacite.Config(strict=True))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"not a message: {error}") from error
    except dacite.DaciteError as error:
        raise ProtocolError(str(error)) from error
    _require_small(message)
    return number, request


def _require_small(message: dict[str, Any]) -> None:
    for name, value in message.items():
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise ProtocolError(f"{name} has {len(value)} characters")
        if isinstance(value, list) and len(value) > MOST_SPANS:
            raise ProtocolError(f"{name} has {len(value)} entries")
        if type(value) is int and not -1 <= value < 2**31:
            raise ProtocolError(f"{name} is {value}")
