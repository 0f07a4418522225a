"""What a person asks of the arm between and during episodes: one list for terminal and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Verb:
    """One thing to ask for."""

    service: str
    """Relative name of the service that does it."""
    words: str
    """What it does, for people."""
    data: bool | None = None
    """What a std_srvs/SetBool is called with; None: the service is a std_srvs/Trigger."""


VERBS: Mapping[str, Verb] = {
    "reset": Verb("reset", "back to the start pose"),
    "ready": Verb("scene_ready", "the scene is set"),
    "recover": Verb("recover", "after a reflex or a contact"),
    "hold": Verb("hold", "veto every motion", True),
    "release": Verb("hold", "let go of it", False),
}
