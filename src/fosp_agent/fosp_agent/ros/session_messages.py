"""Messages of the session, of episodes and of their labels, to core data and back."""

from __future__ import annotations

from fosp_msgs.msg import EpisodeEvent, LabelSpan, SessionState

from fosp_agent.control.observation_assembler import SessionView
from fosp_agent.control.session_state import Phase, Snapshot
from fosp_agent.episodes.labels import KINDS, Span
from fosp_agent.ros.conversions import header, nanoseconds


def session_message(snapshot: Snapshot, stamp_ns: int) -> SessionState:
    """Message of the session's state."""
    return SessionState(
        header=header(stamp_ns),
        state=int(snapshot.phase),
        episode_id=snapshot.episode_id,
        episode_index=snapshot.index,
        seed=snapshot.seed,
        task=snapshot.task,
        max_steps=snapshot.max_steps,
        learn=snapshot.learn,
        waiting_for=snapshot.waiting_for,
        cost_spent=float(snapshot.cost_spent),
        cost_budget=float(snapshot.cost_budget),
    )


def snapshot_of(message: SessionState) -> Snapshot:
    """Inverse of `session_message`."""
    return Snapshot(
        phase=Phase(message.state),
        episode_id=message.episode_id,
        index=message.episode_index,
        seed=message.seed,
        task=message.task,
        max_steps=message.max_steps,
        learn=message.learn,
        waiting_for=message.waiting_for,
        cost_spent=message.cost_spent,
        cost_budget=message.cost_budget,
    )


def session_view(message: SessionState) -> SessionView:
    """What the observation assembler must know of the session."""
    return SessionView(
        running=message.state == Phase.RUNNING,
        episode_id=message.episode_id,
        max_steps=message.max_steps,
        started_ns=nanoseconds(message.header.stamp),
    )


def event_message(kind: int, episode_id: str, stamp_ns: int, **fields: object) -> EpisodeEvent:
    """An episode event; ``kind`` is one of its constants."""
    return EpisodeEvent(header=header(stamp_ns), type=kind, episode_id=episode_id, **fields)


def span_message(span: Span) -> LabelSpan:
    """Message of a labelled span."""
    return LabelSpan(
        kind=KINDS.index(span.kind), first=span.first, last=span.last, value=span.value
    )


def span_from_message(message: LabelSpan) -> Span:
    """Inverse of `span_message`. An unknown kind is left to the labels' own check."""
    known = message.kind < len(KINDS)
    kind = KINDS[message.kind] if known else str(message.kind)
    return Span(kind, message.first, message.last, message.value)
