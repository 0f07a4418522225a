"""One row a step: who acted, what the candidates were worth, what the gate said."""

from __future__ import annotations

import math
from typing import Any

from fosp_agent.control.gate_verdict import Reason
from fosp_agent.episodes.reader import Recording
from fosp_agent.episodes.records import DUPLICATE, ActionRecord, VerdictRecord

Row = dict[str, Any]
"""JSON-able; keys are those of `action_part` and `verdict_part`."""


def number(value: float, digits: int = 4) -> float | None:
    """A float for JSON; None where it is not finite."""
    return round(float(value), digits) if math.isfinite(value) else None


def acting_policy(action: ActionRecord) -> str:
    """The policy whose candidate is asked for; the source where there are no candidates."""
    if 0 <= action.chosen < len(action.candidates):
        return action.candidates[action.chosen].policy
    return action.source


def action_part(action: ActionRecord) -> Row:
    """What an action tells of its step."""
    return {
        "step": action.step,
        "source": action.source,
        "policy": acting_policy(action),
        "u": number(action.feasibility),
        "version": action.weights_version,
        "chosen": action.chosen,
        "candidates": [
            [
                one.policy,
                number(one.q_r),
                number(one.q_c),
                number(one.probability),
                number(one.violation),
            ]
            for one in action.candidates
        ],
        "shield": action.shield_reason,
        "dropped": action.dropped,
    }


def verdict_part(verdict: VerdictRecord) -> Row:
    """What the gate's verdict tells of its step."""
    return {
        "step": verdict.step,
        "accepted": verdict.accepted,
        "reason": reason_name(verdict.reason),
        "detail": verdict.detail,
    }


def reason_name(reason: int) -> str:
    """A reason in words: "step too large"."""
    try:
        return Reason(reason).name.lower().replace("_", " ")
    except ValueError:
        return f"reason {reason}"


class Timeline:
    """The rows of one episode, as they come."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}

    def action(self, action: ActionRecord) -> Row:
        """Take in an action; returns the whole row of its step."""
        return self._merge(action_part(action))

    def verdict(self, verdict: VerdictRecord) -> Row | None:
        """Take in a verdict; None where the step was answered before."""
        known = self.rows.get(verdict.step, {})
        if verdict.reason == DUPLICATE or "accepted" in known:
            return None
        return self._merge(verdict_part(verdict))

    def _merge(self, part: Row) -> Row:
        row = self.rows.setdefault(part["step"], {})
        row.update(part)
        return row

    def ordered(self) -> list[Row]:
        """All rows by step."""
        return [self.rows[step] for step in sorted(self.rows)]


def timeline_of(recording: Recording) -> Timeline:
    """The rows of a recorded episode."""
    timeline = Timeline()
    for _, action in recording.actions:
        if action.step not in timeline.rows:
            timeline.action(action)
    for _, verdict in recording.verdicts:
        timeline.verdict(verdict)
    return timeline
