"""What a person asks of a running stack: one list for its services, the terminal and the page."""

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

    @property
    def call(self) -> str:
        """The service as people are told to call it."""
        return f"/{self.service}"


EPISODE_VERBS: Mapping[str, Verb] = {
    "start": Verb("start_episode", "begin the next episode"),
    "stop": Verb("stop_episode", "end it here and keep it"),
    "abort": Verb("abort", "end it at once, or give up waiting for the trainer"),
}
"""What the session is asked for."""

ROBOT_VERBS: Mapping[str, Verb] = {
    "reset": Verb("reset", "back to the start pose"),
    "ready": Verb("scene_ready", "the scene is set"),
    "recover": Verb("recover", "after a reflex or a contact"),
    "hold": Verb("hold", "veto every motion", True),
    "release": Verb("hold", "let go of it", False),
}
"""What the robot's side is asked for between and during episodes."""

VERBS: Mapping[str, Verb] = {**EPISODE_VERBS, **ROBOT_VERBS}


def named_in(text: str) -> str:
    """The first verb whose service a text tells people to call; empty: none."""
    return next((what for what, verb in VERBS.items() if verb.call in text), "")
