"""The gate as a node: what it says of other frames, other gates and silent buttons."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from diagnostic_msgs.msg import DiagnosticArray
from fosp_msgs.msg import Action, CommandVerdict, EpisodeEvent, Observation, SessionState
from geometry_msgs.msg import PoseStamped
from std_msgs.msg import Bool

from fosp_agent.ros.qos import LATCHED, RECORDED, RELIABLE
from integration.stack import Ear, Process, ear, node, node_command, wait_for
from integration.test_lockstep_episode import robot_side

pytestmark = pytest.mark.integration
BOX = {"box_min": [0.3, -0.2, 0.0], "box_max": [0.7, 0.2, 0.3]}


class Asker:
    """Publishes a running episode, poses and requests; hears what the gate says."""

    def __init__(self, listener: Ear) -> None:
        self.node = listener.node
        self.verdicts = listener.listen(CommandVerdict, "command_verdict", RECORDED)
        self.targets = listener.listen(PoseStamped, "target_pose", RELIABLE)
        self.diagnostics = listener.listen(DiagnosticArray, "/diagnostics", RELIABLE)
        self._states = self.node.create_publisher(SessionState, "session_state", LATCHED)
        self._actions = self.node.create_publisher(Action, "action", RELIABLE)
        self._poses = self.node.create_publisher(
            PoseStamped, "franka_robot_state_broadcaster/current_pose", RELIABLE
        )
        self.enable = self.node.create_publisher(Bool, "teleop/enable", RELIABLE)
        self._step = 0
        self._states.publish(SessionState(state=SessionState.RUNNING, episode_id="e"))

    def ask(self, frame: str = "base", source: str = "policy") -> int:
        """A pose of now, and a request upon it."""
        self._step += 1
        pose = PoseStamped()
        pose.header.stamp, pose.header.frame_id = self.node.get_clock().now().to_msg(), frame
        pose.pose.position.x, pose.pose.position.z = 0.5, 0.1
        pose.pose.orientation.w = 1.0
        self._poses.publish(pose)
        action = Action(episode_id="e", step=self._step, source=source)
        action.header.stamp, action.header.frame_id = pose.header.stamp, "base"
        action.delta, action.normalized = [0.001] * 6, [0.1, 0.1, 0.1, 0.02, 0.02, 0.02]
        self._actions.publish(action)
        return self._step

    def reason(self, **request: str) -> int:
        """What the gate says to a request."""
        step = self.ask(**request)
        wait_for(lambda: self.verdicts and self.verdicts[-1].step == step, 10, "a verdict")
        return self.verdicts[-1].reason

    def until(self, reason: int, what: str, **request: str) -> str:
        wait_for(lambda: self.reason(**request) == reason, 30, what)
        return self.verdicts[-1].detail

    def watch(self, condition: Callable[[], object], what: str) -> None:
        wait_for(condition, 15, what)


@contextmanager
def asking(domain: int, folder: Path) -> Iterator[Asker]:
    log = folder / "gate.log"
    with node("fosp_agent", "command_gate_node", domain, log, **BOX), ear(domain) as listener:
        asker = Asker(listener)
        wait_for(asker._actions.get_subscription_count, 30, "the gate listens")
        yield asker


def test_a_foreign_frame_a_second_gate_and_a_silent_button_are_named_and_nothing_moves(
    ros_domain: int, tmp_path: Path
) -> None:
    with asking(ros_domain, tmp_path) as asker:
        asker.until(CommandVerdict.ACCEPTED, "a request passes")
        moved = len(asker.targets)

        detail = asker.until(CommandVerdict.WRONG_FRAME, "another frame is seen", frame="world")
        assert "'world'" in detail
        asker.until(CommandVerdict.ACCEPTED, "the right frame is back")

        log = tmp_path / "two.log"
        with node("fosp_agent", "command_gate_node", ros_domain, log, **BOX) as second:
            detail = asker.until(CommandVerdict.TWO_GATES, "the second gate is seen")
            assert "stop one of the two" in detail
            wait_for(lambda: asker.ask() and "TWO_GATES" in second.output, 30, "by both")
            still = len(asker.targets)
            refused = {asker.reason() for _ in range(5)}
            assert refused == {CommandVerdict.TWO_GATES}
            assert len(asker.targets) == still
        asker.until(CommandVerdict.ACCEPTED, "the second gate is gone")

        asker.enable.publish(Bool(data=True))
        detail = asker.until(CommandVerdict.DEAD_MAN, "the silence of the button")
        assert "silent" in detail
        asker.enable.publish(Bool(data=False))
        asker.until(CommandVerdict.ACCEPTED, "the button was released")
        assert len(asker.targets) > moved
        asker.watch(lambda: counters(asker).get("vetoes TWO_GATES", 0) >= 5, "counters")


CLOCK = """
import sys
from pathlib import Path
from fosp_agent.ros import command_gate_node
from fosp_agent.ros.gate_surroundings import Surroundings

ahead, told = Path(sys.argv.pop(1)), Surroundings.now_ns
Surroundings.now_ns = lambda self: told(self) + 10**10 * ahead.exists()
command_gate_node.main()
"""
"""The gate, with a clock that is 10 s ahead while a file is there."""


def test_a_clock_that_jumps_there_and_back_is_named_and_nothing_moves(
    ros_domain: int, tmp_path: Path
) -> None:
    ahead = tmp_path / "ahead"
    parameters = node_command("fosp_agent", "command_gate_node", **BOX)[1:]
    command = [sys.executable, "-c", CLOCK, str(ahead), *parameters]
    process = Process(command, tmp_path / "gate.log", ros_domain)
    try:
        with ear(ros_domain) as listener:
            asker = Asker(listener)
            wait_for(asker._actions.get_subscription_count, 30, "the gate listens")
            asker.until(CommandVerdict.ACCEPTED, "a request passes")
            ahead.touch()
            detail = asker.until(CommandVerdict.CLOCK_JUMP, "the jump is seen")
            assert "jumped by +10.0" in detail
            still = len(asker.targets)
            asker.until(CommandVerdict.STALE, "what is stamped by another clock is old")
            ahead.unlink()
            detail = asker.until(CommandVerdict.CLOCK_JUMP, "the jump back is seen")
            assert "jumped by -10.0" in detail
            assert len(asker.targets) == still
            asker.until(CommandVerdict.ACCEPTED, "the clock has settled")
    finally:
        process.stop()


def counters(asker: Asker) -> dict[str, int]:
    """Vetoes by reason, of the newest diagnostics of the gate."""
    found: dict[str, int] = {}
    for array in asker.diagnostics:
        for status in array.status:
            pairs = ((value.key, value.value) for value in status.values)
            found |= {key: int(value) for key, value in pairs if key.startswith("vetoes")}
    return found


def test_an_operator_takes_over_in_mid_episode_and_the_record_says_so(
    ros_domain: int, tmp_path: Path
) -> None:
    first, last = 10, 14
    with robot_side(ros_domain, tmp_path) as stack, ear(ros_domain) as listener:
        enable = listener.node.create_publisher(Bool, "teleop/enable", RELIABLE)
        actions = listener.node.create_publisher(Action, "action", RECORDED)
        pressed = {"now": False}

        def drive(message: Observation) -> None:
            pressed["now"] = first <= message.step <= last
            enable.publish(Bool(data=pressed["now"]))
            if pressed["now"]:
                action = Action(header=message.header, episode_id=message.episode_id)
                action.step, action.source = message.step, Action.TELEOP
                action.delta, action.normalized = [0.0] * 6, [0.0] * 6
                actions.publish(action)

        listener.node.create_subscription(Observation, "observation", drive, RELIABLE)
        listener.node.create_timer(0.1, lambda: enable.publish(Bool(data=pressed["now"])))
        wait_for(
            lambda: (
                listener.node.count_publishers("observation")
                and enable.get_subscription_count()
                and actions.get_subscription_count()
            ),
            30,
            "the operator hears the observer and is heard by the gate",
        )
        episode_id = stack.start()
        stack.wait_told(episode_id, EpisodeEvent.LABELLED, "the oracle labels it")
        episode = stack.store.load(episode_id)
        taken = episode.by_operator.nonzero()[0]
        # The policy may have acted already when the button's message came.
        assert first <= taken[0] < last
        assert set(taken) == set(range(taken[0], last + 1))
        assert not episode.action[taken].any()
        others = sorted(set(range(len(episode) - 1)) - set(taken))
        assert (abs(episode.action[others]).max(axis=1) > 0).mean() > 0.9
