"""The reset alone, told by hand what a session says."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import ResetStatus, SessionState

from fosp_agent.ros import topics
from fosp_agent.ros.qos import EVENTS, LATCHED
from integration.stack import ear, node, wait_for

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
