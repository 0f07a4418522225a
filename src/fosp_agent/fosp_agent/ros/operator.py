"""What a person does at a running stack: start, stop, abort, label, look. One call each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import rclpy
from fosp_msgs.msg import Heartbeat, SessionState, TrainingProgress, WeightsStatus
from fosp_msgs.srv import LabelEpisode, RollbackWeights
from rclpy.node import Node

from fosp_agent.control.session_state import Phase
from fosp_agent.control.verbs import VERBS
from fosp_agent.episodes.labels import Span
from fosp_agent.errors import UserError
from fosp_agent.ros import topics
from fosp_agent.ros.qos import HEARTBEATS, LATCHED, RELIABLE
from fosp_agent.ros.session_messages import span_message
from fosp_agent.ros.verb_calls import call_of

LISTEN = 1.2
"""How long to listen for who is alive: two heartbeats [s]."""


class NoStack(UserError):
    """Nobody answers."""


class Refused(UserError):
    """The stack answered no."""


@dataclass(frozen=True)
class Label:
    """A label as a person gives it: spans of steps, ends included."""

    episode_id: str
    """Empty: the episode that awaits its label."""
    reward: Sequence[tuple[int, int]] = ()
    cost: Sequence[tuple[int, int]] = ()
    relabel: bool = False
    discard: bool = False
    labeller: str = ""
    note: str = ""


@contextmanager
def operator() -> Iterator[Node]:
    """A node for the length of a ``with``, in the namespace of SAFEREACH_NAMESPACE."""
    rclpy.init()
    node = rclpy.create_node("operator", namespace=os.environ.get("SAFEREACH_NAMESPACE") or None)
    try:
        yield node
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def ask(node: Node, what: str, patience: float) -> str:
    """Ask the session or the robot's side for one of `VERBS`; returns what it says.

    Raises:
        NoStack: nobody serves it within ``patience`` [s].
        Refused: it is refused; the message says why.
    """
    verb = VERBS[what]
    kind, request = call_of(verb)
    answer = _call(node, kind, verb.service, request, patience)
    if not answer.success:
        raise Refused(f"{verb.call} was refused: {answer.message}")
    return str(answer.message)


def give_label(node: Node, label: Label, patience: float) -> str:
    """Label an episode; returns what was stored.

    Raises:
        NoStack: no label node answers within ``patience`` [s].
        Refused: the label does not do; the message says why.
    """
    spans = [
        span_message(Span(kind, first, last))
        for kind, runs in (("reward", label.reward), ("cost", label.cost))
        for first, last in runs
    ]
    request = LabelEpisode.Request(
        episode_id=label.episode_id or _awaiting(node, patience),
        spans=spans,
        relabel=label.relabel,
        discard=label.discard,
        labeller=label.labeller,
        note=label.note,
    )
    answer = _call(node, LabelEpisode, topics.LABEL_EPISODE, request, patience)
    if not answer.success:
        raise Refused(f"the label was refused: {answer.message}")
    return str(answer.message)


def roll_back(node: Node, version: int, patience: float) -> str:
    """Go back to earlier weights (0: the version before); returns what was done.

    Raises:
        NoStack: no trainer answers within ``patience`` [s].
        Refused: no such version, or a lesson runs.
    """
    request = RollbackWeights.Request(version=version)
    answer = _call(node, RollbackWeights, topics.ROLLBACK_WEIGHTS, request, patience)
    if not answer.success:
        raise Refused(f"the roll-back was refused: {answer.message}")
    return str(answer.message)


def look(node: Node, patience: float) -> dict[str, str]:
    """Where the session stands, in words.

    Raises:
        NoStack: no session is heard within ``patience`` [s].
    """
    heard: dict[str, WeightsStatus] = {}
    node.create_subscription(
        WeightsStatus, topics.WEIGHTS_STATUS, lambda m: heard.update(status=m), LATCHED
    )
    alive: set[str] = set()
    node.create_subscription(Heartbeat, topics.HEARTBEAT, lambda m: alive.add(m.node), HEARTBEATS)
    progress: list[TrainingProgress] = []
    node.create_subscription(TrainingProgress, topics.TRAINING_PROGRESS, progress.append, RELIABLE)
    state = _session(node, patience)
    _spin_until(node, lambda: False, LISTEN)
    lines = {
        "session": Phase(state.state).words,
        "episode": state.episode_id or "none yet",
        "task": state.task,
        "waiting for": state.waiting_for or "nothing",
    }
    if "status" in heard:
        lines["weights"] = f"version {heard['status'].version}"
    if progress:
        lines["training"] = f"{progress[-1].updates_done} of {progress[-1].updates_total} steps"
    budget = f" of {state.cost_budget:g}" if state.cost_budget else ", no budget set"
    lines["cost spent"] = f"{state.cost_spent:g}{budget}"
    lines["alive"] = ", ".join(sorted(name.removesuffix("_node") for name in alive)) or "nobody"
    return lines


def _awaiting(node: Node, patience: float) -> str:
    state = _session(node, patience)
    if state.state != SessionState.AWAITING_LABEL:
        raise Refused("no episode awaits its label; name one: ./safereach label <episode id>")
    return str(state.episode_id)


def _session(node: Node, patience: float) -> SessionState:
    heard: list[SessionState] = []
    node.create_subscription(SessionState, topics.SESSION_STATE, heard.append, LATCHED)
    if not _spin_until(node, lambda: bool(heard), patience):
        raise NoStack(_nobody("session_node", patience))
    return heard[-1]


def _call(node: Node, kind: Any, name: str, request: Any, patience: float) -> Any:
    client = node.create_client(kind, name)
    if not client.wait_for_service(timeout_sec=patience):
        raise NoStack(_nobody(f"/{name}", patience))
    future = client.call_async(request)
    rclpy.spin_until_future_complete(node, future, timeout_sec=patience)
    if not future.done():
        raise NoStack(_nobody(f"/{name}", patience))
    return future.result()


def _spin_until(node: Node, condition: Callable[[], bool], patience: float) -> bool:
    deadline = monotonic() + patience
    while not condition() and monotonic() < deadline:
        rclpy.spin_once(node, timeout_sec=0.1)
    return condition()


def _nobody(who: str, patience: float) -> str:
    return (
        f"{who} did not answer within {patience:g} s: start a stack (./safereach launch ...), and "
        "use the same ROS_DOMAIN_ID as it does"
    )
