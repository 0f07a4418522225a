"""What a session is in, what it knows of the weights, and what an event asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Phase(IntEnum):
    """State of the session; the numbers of ``fosp_msgs/SessionState``."""

    IDLE = 0
    RUNNING = 1
    AWAITING_LABEL = 2
    TRAINING = 3
    ABORTED = 4

    @property
    def words(self) -> str:
        """For people."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Snapshot:
    """What is published of the session: the fields of ``fosp_msgs/SessionState``."""

    phase: Phase = Phase.IDLE
    episode_id: str = ""
    index: int = 0
    seed: int = 0
    task: str = ""
    max_steps: int = 0
    learn: bool = True
    waiting_for: str = ""
    cost_spent: float = 0.0
    """Labelled costs of this session's episodes."""
    cost_budget: float = 0.0
    """Most that they may reach; 0: no limit."""


@dataclass(frozen=True)
class WeightsView:
    """What trainer and policy have said about weights."""

    announced_version: int = 0
    announced_sha256: str = ""
    announced_after: str = ""
    """Episode that the announced weights were made after."""
    acting_version: int = 0
    acting_sha256: str = ""
    loaded: bool = False
    message: str = ""
    """The policy's words about weights that it refused."""

    @property
    def acting_is_announced(self) -> bool:
        """Whether the policy acts with what the trainer announced (or nothing was announced)."""
        return self.loaded and self.announced_sha256 in ("", self.acting_sha256)

    @property
    def refused(self) -> bool:
        """Whether the policy refused announced weights; older ones still act, if there are any."""
        return not self.loaded and bool(self.message)


@dataclass(frozen=True)
class Effects:
    """What an event asks its caller to do."""

    changed: bool = False
    """Publish the snapshot."""
    started: bool = False
    """Publish that the episode started."""
    refusal: str = ""
    """Why the request was refused, and what to do."""
    warning: str = ""
    """Tell people."""


NOTHING = Effects()
