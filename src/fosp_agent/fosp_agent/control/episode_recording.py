"""What belongs into the file of one episode, and when that file is complete."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from fosp_agent.episodes.records import ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.episodes.writer import EpisodeWriter

KeyT = TypeVar("KeyT")
Record = ObservationRecord | ActionRecord | VerdictRecord
OVER_ALREADY = 10
"""CommandVerdict.DUPLICATE: nothing was executed by it."""


@dataclass
class EpisodeRecording:
    """Writes each step once, however often it was sent."""

    writer: EpisodeWriter
    observed: set[int] = field(default_factory=set)
    asked: set[tuple[int, str, bool]] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    executed: set[int] = field(default_factory=set)
    last_step: int | None = None
    """Step of the observation marked as the last one."""

    def add(self, record: Record) -> None:
        """Write a record unless its step has one already.

        Raises:
            EpisodeError: the disk refuses.
        """
        if isinstance(record, ObservationRecord):
            if self._new(self.observed, record.step):
                self.writer.observation(record.stamp_ns, record)
                if record.is_last:
                    self.last_step = record.step
        elif isinstance(record, ActionRecord):
            if self._new(self.asked, (record.step, record.source, bool(record.delta.any()))):
                self.writer.action(record.stamp_ns, record)
        elif record.reason != OVER_ALREADY:
            self._verdict(record)

    def _verdict(self, record: VerdictRecord) -> None:
        """The first answer to a step, and the one that moved the robot after a refusal."""
        fresh = self._new(self.answered, record.step)
        moved = record.accepted and self._new(self.executed, record.step)
        if fresh or moved:
            self.writer.verdict(record.stamp_ns, record)

    @property
    def complete(self) -> bool:
        """Whether nothing more can come: every step observed and answered, the last one seen."""
        last = self.last_step
        if last is None:
            return False
        return len(self.observed) == last + 1 and self.answered >= set(range(last))

    @property
    def missing(self) -> str:
        """What is missing, in words; empty when complete."""
        if self.complete:
            return ""
        last = max(self.observed, default=-1)
        gaps = sorted(set(range(last)) - self.observed)
        unanswered = sorted(set(range(last)) - self.answered)
        words = [f"observations {gaps}"] if gaps else []
        return ", ".join(words + ([f"verdicts {unanswered}"] if unanswered else []))

    @staticmethod
    def _new(steps: set[KeyT], step: KeyT) -> bool:
        fresh = step not in steps
        steps.add(step)
        return fresh
