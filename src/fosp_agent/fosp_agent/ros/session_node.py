"""The one conductor: which episode runs, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from fosp_msgs.msg import (
    EpisodeEvent,
    Observation,
    SessionState,
    WeightsAnnouncement,
    WeightsStatus,
)
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from fosp_agent.control.session import Session
from fosp_agent.control.session_plan import SessionPlan
from fosp_agent.control.session_state import Effects, Phase
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError
from fosp_agent.ros import topics
from fosp_agent.ros.params import current, declare
from fosp_agent.ros.qos import EVENTS, LATCHED, RELIABLE
from fosp_agent.ros.session_messages import event_message, session_message
from fosp_agent.ros.session_preflight import Preflight
from fosp_agent.ros.session_robot import RobotSide
from fosp_agent.ros.spin import run


@dataclass(frozen=True)
class SessionConfig:
    """The parameters of the node, besides those of the next episode."""

    run_dir: Path = Path()
    """Folder of the run, whose earlier episodes and costs count; empty: none do."""


class SessionNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Turns messages into events of the session, and its effects into messages."""

    def __init__(self) -> None:
        super().__init__("session_node")
        plan = declare(self, SessionPlan)
        run_dir = declare(self, SessionConfig).run_dir
        first, costs = _earlier(run_dir) if run_dir != Path() else (0, {})
        self._session = Session(plan, first)
        self._session.costs.update(costs)
        self._session.planned(plan)
        self._phase: Phase | None = None
        self._phase_since_ns = 0
        self._states = self.create_publisher(SessionState, topics.SESSION_STATE, LATCHED)
        self._events = self.create_publisher(EpisodeEvent, topics.EPISODE_EVENT, EVENTS)
        self._wire()
        self._robot_side = RobotSide(self, self._session, self._carry_out)
        self._preflight = Preflight(
            self, run_dir, self._on_preflight, lambda: self._session.plan.require_policy
        )
        self.add_post_set_parameters_callback(self._on_parameters)
        self._carry_out(Effects(changed=True))

    def _wire(self) -> None:
        self.create_subscription(EpisodeEvent, topics.EPISODE_EVENT, self._on_event, EVENTS)
        self.create_subscription(WeightsAnnouncement, topics.WEIGHTS, self._on_weights, LATCHED)
        self.create_subscription(WeightsStatus, topics.WEIGHTS_STATUS, self._on_status, LATCHED)
        self.create_subscription(Observation, topics.OBSERVATION, self._on_observation, RELIABLE)
        self.create_service(Trigger, topics.START_EPISODE, self._start)
        self.create_service(Trigger, topics.STOP_EPISODE, self._stop)
        self.create_service(Trigger, topics.ABORT, self._abort)

    def _on_preflight(self, problem: str) -> None:
        self._session.readiness.checked(problem)
        self._carry_out(self._session.prepared())

    def _start(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%f")[:-3]
        return self._answer(self._session.start(stamp), response)

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._answer(self._session.stop(), response)

    def _abort(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._answer(self._session.abort(), response)

    def _answer(self, effects: Effects, response: Trigger.Response) -> Trigger.Response:
        self._carry_out(effects)
        response.success = not effects.refusal
        response.message = effects.refusal or self._session.snapshot.episode_id
        return response

    def _on_observation(self, message: Observation) -> None:
        self._carry_out(self._session.observed(message.episode_id, message.step, message.is_last))

    def _on_event(self, message: EpisodeEvent) -> None:
        if message.type == EpisodeEvent.LABELLED:
            effects = self._session.labelled(message.episode_id, message.episode_cost)
        else:
            reactions = {
                EpisodeEvent.RECORDED: self._session.recorded,
                EpisodeEvent.DISCARDED: self._session.discarded,
                EpisodeEvent.LEARNED: self._session.learned,
            }
            reaction = reactions.get(message.type)
            effects = reaction(message.episode_id) if reaction else Effects()
        self._carry_out(effects)

    def _on_weights(self, message: WeightsAnnouncement) -> None:
        self._carry_out(
            self._session.announced(message.version, message.sha256, message.episode_id)
        )

    def _on_status(self, message: WeightsStatus) -> None:
        self._carry_out(
            self._session.policy_status(
                message.version, message.sha256, message.loaded, message.message
            )
        )

    def _on_parameters(self, _: list[Parameter]) -> None:
        try:
            plan = current(self, SessionPlan)
        except UserError as problem:
            self.get_logger().error(f"{problem}; the earlier plan stands")
            return
        self._carry_out(self._session.planned(plan))

    def _carry_out(self, effects: Effects) -> None:
        snapshot, now_ns = self._session.snapshot, int(self.get_clock().now().nanoseconds)
        if effects.warning:
            self.get_logger().warning(effects.warning)
        if effects.refusal:
            self.get_logger().warning(f"refused: {effects.refusal}")
        if snapshot.phase is not self._phase:
            self._phase, self._phase_since_ns = snapshot.phase, now_ns
            self.get_logger().info(f"{snapshot.phase.name}, waiting for {snapshot.waiting_for}")
        if effects.changed:
            # The stamp of a running episode is that of its start, whenever the words change.
            self._states.publish(session_message(snapshot, self._phase_since_ns))
        if effects.started:
            started = EpisodeEvent.STARTED
            self._events.publish(event_message(started, snapshot.episode_id, now_ns))


def _earlier(run_dir: Path) -> tuple[int, dict[str, float]]:
    """Episodes that this run has already, and their labelled costs."""
    store = EpisodeStore(run_dir / "episodes")
    ids = store.ids()
    labels = {episode_id: store.labels.latest(episode_id) for episode_id in ids}
    costs = {k: float(v.cost.sum()) for k, v in labels.items() if v and not v.discard}
    return len(ids), costs


def main() -> None:
    """Entry point."""
    run(SessionNode)
