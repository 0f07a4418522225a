"""What a person asks of the arm from a terminal is done, or refused with what is missing."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import ArmStatus
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger

from fosp_agent.console.board import Board
from fosp_agent.ros.console_link import ConsoleLink
from fosp_agent.ros.operator import NoStack, Refused, ask, operator
from fosp_agent.ros.qos import RELIABLE
from integration.stack import node, wait_for

pytestmark = pytest.mark.integration


def test_hold_and_release_are_heard_and_a_reset_without_a_start_pose_says_what_is_missing(
    ros_domain: int, tmp_path: Path
) -> None:
    with (
        node("fosp_agent", "command_gate_node", ros_domain, tmp_path / "gate.log"),
        node("fosp_agent", "reset_node", ros_domain, tmp_path / "reset.log") as reset,
        operator() as person,
    ):
        assert ask(person, "hold", 30.0) == "held: every motion is vetoed"
        assert ask(person, "release", 30.0) == "let go"
        with pytest.raises(Refused, match=r"/reset was refused: no start pose is set: .*workspace"):
            ask(person, "reset", 30.0)
        assert reset.popen.poll() is None
        with pytest.raises(NoStack, match="/recover did not answer"):
            ask(person, "recover", 1.0)


@pytest.mark.usefixtures("ros_domain")
def test_the_console_passes_on_what_a_service_says_and_that_nobody_offers_another() -> None:
    def reset(_: Any, response: Any) -> Any:
        response.success, response.message = False, "no start pose is set"
        return response

    board = Board([])
    with operator() as person:
        person.create_service(Trigger, "reset", reset)
        arm = person.create_publisher(ArmStatus, "arm_status", RELIABLE)
        link = ConsoleLink(person, board)
        executor = SingleThreadedExecutor()
        executor.add_node(person)
        thread = threading.Thread(target=executor.spin, daemon=True)
        thread.start()
        try:
            wait_for(lambda: board.piece("services")["reset"]["offered"], 30, "the service is seen")
            assert not board.piece("services")["recover"]["offered"]
            answer = asyncio.run(link.command("reset"))
            assert (answer.ok, answer.message) == (False, "no start pose is set")
            assert [one.srv_name for one in person.clients].count("hold") == 1
            absent = asyncio.run(link.command("recover"))
            assert (absent.ok, "nobody serves" in absent.message) == (False, True)
            link.attend(1, 0)
            for ready, wanted in ((False, "a contact: call /recover"), (True, "")):
                status = ArmStatus(mode=ArmStatus.MOVING, ready=ready, detail=wanted)

                def told(status: Any = status, wanted: str = wanted) -> bool:
                    arm.publish(status)
                    return bool(board.piece("recovery") == wanted)

                wait_for(told, 30, f"the board says {wanted!r}")
        finally:
            executor.shutdown(timeout_sec=2.0)
            thread.join(5.0)
