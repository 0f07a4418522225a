"""The reset alone, told by hand what a session says."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import Action, CommandVerdict, ResetStatus, SessionState
from geometry_msgs.msg import PoseStamped
from std_srvs.srv import Trigger

from fosp_agent.ros import topics
from fosp_agent.ros.qos import EVENTS, LATCHED, RECORDED, RELIABLE
from integration.stack import Ear, ear, node, wait_for

pytestmark = pytest.mark.integration
ABORTED = (SessionState.RUNNING, SessionState.ABORTED, SessionState.AWAITING_LABEL)
ENDED = (SessionState.RUNNING, SessionState.AWAITING_LABEL)
START = "[0.4, 0.0, 0.1, 0.0, 0.0, 0.0]"


def test_the_arm_does_not_return_by_itself_after_an_abort_however_soon_the_next_state_comes(
    ros_domain: int, tmp_path: Path
) -> None:
    reset = {"automatic": True, "start_pose": START}
    with (
        node("fosp_agent", "reset_node", ros_domain, tmp_path / "reset.log", **reset),
        ear(ros_domain) as listener,
    ):
        told = listener.listen(ResetStatus, topics.RESET_STATUS, EVENTS)
        states = listener.node.create_publisher(SessionState, topics.SESSION_STATE, LATCHED)
        wait_for(states.get_subscription_count, 30, "the reset listens to the session")
        states.publish(SessionState(state=SessionState.IDLE))
        assert states.wait_for_all_acked()
        for number in range(40):
            for state in ABORTED:
                states.publish(SessionState(state=state, episode_id=f"aborted-{number}"))
        for state in ENDED:
            states.publish(SessionState(state=state, episode_id="ended"))
        wait_for(lambda: ResetStatus.MOVING in [one.state for one in told], 30, "it returns once")
        moved = [one.after_episode for one in told if one.state == ResetStatus.MOVING]
    assert moved == ["ended"]


class HandMadeGate:
    """Answers every request of the reset, and moves the arm it measures when it is armed."""

    def __init__(self, listener: Ear) -> None:
        handle, self.armed, self.refused, self.passed = listener.node, False, 0, 0
        self._pose = PoseStamped()
        self._pose.header.frame_id = "base"
        self.lower()
        self._verdicts = handle.create_publisher(CommandVerdict, topics.COMMAND_VERDICT, RELIABLE)
        self._poses = handle.create_publisher(PoseStamped, topics.CURRENT_POSE, 5)
        handle.create_subscription(Action, topics.ACTION, self._answer, RECORDED)
        handle.create_timer(0.02, lambda: self._poses.publish(self._pose))

    def lower(self) -> None:
        """The arm stands below its start pose again."""
        at = self._pose.pose.position
        at.x, at.y, at.z = 0.4, 0.0, 0.05

    def _answer(self, action: Action) -> None:
        reason = CommandVerdict.ACCEPTED if self.armed else CommandVerdict.NOT_ARMED
        self.refused += not self.armed
        self.passed += self.armed
        if self.armed:
            at = self._pose.pose.position
            at.x, at.y, at.z = (
                old + step for old, step in zip((at.x, at.y, at.z), action.delta, strict=False)
            )
        self._verdicts.publish(
            CommandVerdict(
                episode_id=action.episode_id,
                step=action.step,
                accepted=self.armed,
                reason=reason,
                detail="" if self.armed else "no pose of the robot has arrived yet",
            )
        )


def test_a_gate_that_has_not_heard_the_pose_yet_is_waited_for_and_then_named(
    ros_domain: int, tmp_path: Path
) -> None:
    reset = {"start_pose": START, "patience": 1.5, "image_reliability": "reliable"}
    with (
        node("fosp_agent", "reset_node", ros_domain, tmp_path / "reset.log", **reset),
        ear(ros_domain) as listener,
    ):
        told = listener.listen(ResetStatus, topics.RESET_STATUS, EVENTS)
        gate = HandMadeGate(listener)
        client = listener.node.create_client(Trigger, topics.RESET)
        wait_for(client.service_is_ready, 30, "the reset is served")

        def ended() -> bool:
            return bool(told) and told[-1].state in (ResetStatus.DONE, ResetStatus.FAILED)

        client.call_async(Trigger.Request())
        wait_for(lambda: gate.refused >= 2, 30, "the gate refuses")
        gate.armed = True
        wait_for(ended, 30, "the first reset ends")
        assert told[-1].state == ResetStatus.DONE, told[-1].detail
        gate.armed = False
        gate.lower()
        client.call_async(Trigger.Request())
        wait_for(lambda: told[-1].state == ResetStatus.FAILED, 30, "the second reset gives up")
        assert "no pose of the robot has arrived yet" in told[-1].detail


def test_a_gate_that_loses_the_pose_on_the_way_ends_the_reset_at_once(
    ros_domain: int, tmp_path: Path
) -> None:
    reset = {"start_pose": START, "patience": 60.0, "image_reliability": "reliable"}
    with (
        node("fosp_agent", "reset_node", ros_domain, tmp_path / "reset.log", **reset),
        ear(ros_domain) as listener,
    ):
        told = listener.listen(ResetStatus, topics.RESET_STATUS, EVENTS)
        gate = HandMadeGate(listener)
        gate.armed = True
        client = listener.node.create_client(Trigger, topics.RESET)
        wait_for(client.service_is_ready, 30, "the reset is served")
        client.call_async(Trigger.Request())
        wait_for(lambda: gate.passed, 30, "the gate passes a step on")
        gate.armed = False
        wait_for(lambda: told[-1].state == ResetStatus.FAILED, 30, "the reset gives up")
        assert "no pose of the robot has arrived yet" in told[-1].detail
