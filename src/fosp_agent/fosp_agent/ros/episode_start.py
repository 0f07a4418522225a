"""Who begins the episodes of a run: the protocol itself, or a person beside the robot."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from fosp_agent.ros.stack_watch import StackStalled, StackWatch

Start = Callable[[StackWatch, str, float], str]
"""Takes the watch, what is to start in words, and how long nothing may happen [s]; returns the id
of the episode that began. Raises StackStalled."""
BETWEEN_LINES = 5.0
"""Before the words for the person may change [s]."""


def by_itself(watch: StackWatch, what: str, silence: float) -> str:
    """Call /start_episode: in simulation, where nothing has to be got ready."""
    before = watch.episode_id
    if refusal := watch.start_episode():
        raise StackStalled(f"/start_episode was refused: {refusal}")
    watch.wait_until(f"{what} to start", lambda: watch.episode_id != before, silence)
    return watch.episode_id


def by_a_person(say: Callable[[str], None]) -> Start:
    """Wait as long as it takes until somebody has started one, and say what is still missing.

    With a real robot nothing moves before a person beside it has said so.
    """

    def start(watch: StackWatch, what: str, _silence: float) -> str:
        before, told, since = watch.episode_id, "", -math.inf

        def begun() -> bool:
            nonlocal told, since
            if watch.episode_id != before:
                return True
            words = watch.session.waiting_for if watch.session else ""
            if words != told and time.monotonic() > since + BETWEEN_LINES:
                told, since = words, time.monotonic()
                say(f"{what} waits for you: {words}")
            return False

        watch.wait_until(f"{what} to be started", begun, math.inf)
        return watch.episode_id

    return start
