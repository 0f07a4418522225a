"""The arm's node against a simulated Franka that speaks libfranka's own protocol."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import ArmStatus, ResetStatus, SessionState
from geometry_msgs.msg import PoseStamped
from std_srvs.srv import Trigger

from fosp_agent.ros.arm_messages import pose7
from fosp_agent.ros.qos import LATCHED, RELIABLE
from integration.franka_sim import SimulatedArm, franka_node, simulated_arm, wait_until
from integration.stack import Ear, ear, node, wait_for

pytestmark = pytest.mark.integration
SIDE, STEP, PERIOD = 0.25, 0.0125, 0.1
DOWN = "[3.141592653589793, 0.0, 0.0]"


class Bench:
    """The arm, and what the test hears of it and tells it."""

    def __init__(self, listener: Ear, arm: SimulatedArm, log: Path) -> None:
        self.arm = arm
        self.log = log
        self.node = listener.node
        self.poses = listener.listen(PoseStamped, "franka_robot_state_broadcaster/current_pose", 10)
        self.statuses = listener.listen(ArmStatus, "arm_status", RELIABLE)
        self._targets = None

    def measured(self) -> np.ndarray:
        wait_for(lambda: self.poses, 30, "the arm's pose arrives")
        return pose7(self.poses[-1].pose)

    def send(self, target: np.ndarray, frame: str = "base") -> None:
        if self._targets is None:
            self._targets = self.node.create_publisher(PoseStamped, "target_pose", RELIABLE)
            wait_for(self._targets.get_subscription_count, 20, "the arm's node listens")
        message = PoseStamped()
        message.header.frame_id = frame
        at, turn = message.pose.position, message.pose.orientation
        at.x, at.y, at.z, turn.x, turn.y, turn.z, turn.w = (float(v) for v in target)
        self._targets.publish(message)

    def call(self, service: str) -> Trigger.Response:
        client = self.node.create_client(Trigger, service)
        wait_for(client.service_is_ready, 20, f"{service} is served")
        future = client.call_async(Trigger.Request())
        wait_for(future.done, 20, f"{service} answers")
        return future.result()

    def status(self) -> ArmStatus:
        wait_for(lambda: self.statuses, 20, "the arm's status arrives")
        return self.statuses[-1]


@contextmanager
def bench(domain: int, folder: Path, **parameters: object) -> Iterator[Bench]:
    with ExitStack() as running:
        arm = running.enter_context(simulated_arm(folder / "sim.log"))
        log = folder / "franka_node.log"
        running.enter_context(franka_node(domain, log, arm, **parameters))
        made = Bench(running.enter_context(ear(domain)), arm, log)
        wait_for(lambda: made.statuses and made.statuses[-1].ready, 30, "the arm is ready")
        yield made


def square(start: np.ndarray) -> np.ndarray:
    """Targets (T, 7) a step apart around a square, from one of its corners."""
    steps = round(SIDE / STEP)
    along = np.array([[0, 1, 0], [-1, 0, 0], [0, -1, 0], [1, 0, 0]]) * STEP
    moves = np.repeat(along, steps, axis=0).cumsum(axis=0)
    return np.hstack([start[:3] + moves, np.tile(start[3:], (len(moves), 1))])


def off_the_square(point: np.ndarray, start: np.ndarray) -> float:
    """Distance of a position from the square's outline [m]."""
    corners = start[:3] + np.array([[0, 0, 0], [0, 1, 0], [-1, 1, 0], [-1, 0, 0], [0, 0, 0]]) * SIDE
    distances = []
    for one, other in itertools.pairwise(corners):
        along = np.clip((point - one) @ (other - one) / SIDE**2, 0.0, 1.0)
        distances.append(float(np.linalg.norm(point - one - along * (other - one))))
    return min(distances)


def test_a_square_is_followed_and_a_dead_policy_means_a_still_arm(
    ros_domain: int, tmp_path: Path
) -> None:
    with bench(ros_domain, tmp_path) as made:
        start = made.measured()
        a_square_of_25_cm_is_followed_within_5_mm(made, start)
        targets_that_stop_stop_the_arm_within_300_ms(made)
        a_target_far_away_in_another_frame_or_of_two_gates_is_not_followed(made)


def a_square_of_25_cm_is_followed_within_5_mm(made: Bench, start: np.ndarray) -> None:
    first, targets = len(made.poses), square(start)
    for target in targets:
        made.send(target)
        time.sleep(PERIOD)  # never two in quick succession: the arm would cut the corner
    wait_for(lambda: _still(made), 5, "the arm stands still")
    path = [pose7(message.pose)[:3] for message in made.poses[first:]]
    errors = [off_the_square(point, start) for point in path]
    reached = [min(np.linalg.norm(p - corner) for p in path) for corner in targets[19::20, :3]]
    print(f"square: off by at most {max(errors) * 1e3:.2f} mm, corners {np.round(reached, 4)}")
    assert max(errors) < 0.005
    assert max(reached) < 0.005


def targets_that_stop_stop_the_arm_within_300_ms(made: Bench) -> None:
    """In the middle of a motion: five targets that run ahead of the arm, then silence."""
    start = made.measured()
    begin = time.monotonic()
    for number in range(5):
        wait_until(begin + number * PERIOD)
        target = made.measured()
        target[1] += 0.045
        made.send(target)
    last = time.monotonic()
    wait_until(last + 0.3)
    there = made.measured()
    wait_until(last + 1.3)
    drift = float(np.linalg.norm(made.measured()[:3] - there[:3]))
    travelled = float(np.linalg.norm(there[:3] - start[:3]))
    print(f"dead policy: went {travelled * 1e3:.1f} mm, {drift * 1e3:.3f} mm after 300 ms")
    assert travelled > 0.02
    assert drift < 0.0005


def a_target_far_away_in_another_frame_or_of_two_gates_is_not_followed(made: Bench) -> None:
    far = made.measured()
    far[2] += 0.2
    made.send(far)
    the_arm_stands_still(made, "the target is 0.200 m")
    near = made.measured()
    near[2] += 0.02
    made.send(near, frame="world")
    the_arm_stands_still(made, "target_pose is in frame 'world', expected 'base'")
    second = made.node.create_publisher(PoseStamped, "target_pose", RELIABLE)
    wait_until(time.monotonic() + 2.0)  # the node looks once a second
    made.send(near)
    the_arm_stands_still(made, "target_pose has several publishers")
    made.node.destroy_publisher(second)
    wait_until(time.monotonic() + 2.0)
    made.send(near)
    wait_for(lambda: abs(made.measured()[2] - near[2]) < 0.002, 5, "one gate is followed again")


def the_arm_stands_still(made: Bench, words: str) -> None:
    """For this reason; longer than the node keeps silent between two of them."""
    before = made.measured()
    wait_for(lambda: words in made.log.read_text(), 5, f"{words!r} in the log")
    wait_until(time.monotonic() + 1.2)
    assert np.linalg.norm(made.measured()[:3] - before[:3]) < 0.0005
    assert made.status().ready


def _still(made: Bench) -> bool:
    if len(made.poses) < 40:
        return False
    one, other = (pose7(made.poses[index].pose)[:3] for index in (-30, -1))
    return bool(np.linalg.norm(one - other) < 2e-4)


def test_an_error_needs_a_recovery_and_a_contact_ends_the_episode(
    ros_domain: int, tmp_path: Path
) -> None:
    with bench(ros_domain, tmp_path) as made:
        an_injected_error_needs_an_explicit_recovery(made)
        with session(ros_domain, tmp_path) as states:
            a_contact_aborts_the_episode_with_its_reason(made, states)


def an_injected_error_needs_an_explicit_recovery(made: Bench) -> None:
    made.arm.say("reflex")
    wait_for(lambda: made.status().mode == ArmStatus.REFLEX, 5, "the reflex is reported")
    assert not made.status().ready
    assert "call /recover" in made.status().detail
    before = made.measured()
    for _ in range(10):
        target = before.copy()
        target[2] += 0.01
        made.send(target)
        wait_until(time.monotonic() + PERIOD)
    assert np.linalg.norm(made.measured()[:3] - before[:3]) < 0.0005
    answer = made.call("recover")
    assert answer.success, answer.message
    wait_for(lambda: made.status().ready, 5, "the arm is ready again")

    def follows() -> bool:
        target = before.copy()
        target[2] += 0.01
        made.send(target)
        wait_until(time.monotonic() + PERIOD)
        return bool(made.measured()[2] - before[2] > 0.008)

    wait_for(follows, 5, "targets are followed again")


@contextmanager
def session(domain: int, folder: Path) -> Iterator[list[SessionState]]:
    parameters = {"require_policy": False, "run_dir": folder / "run", "task": "original"}
    log = folder / "session.log"
    with node("fosp_agent", "session_node", domain, log, **parameters), ear(domain) as listener:
        yield listener.listen(SessionState, "session_state", LATCHED)


def a_contact_aborts_the_episode_with_its_reason(made: Bench, states: list[SessionState]) -> None:
    started = wait_for(lambda: made.call("start_episode").success, 20, "an episode starts")
    assert started
    made.arm.say("force 35")
    wait_for(lambda: states and states[-1].state == SessionState.ABORTED, 10, "it is aborted")
    assert "external force 35.0 N" in states[-1].waiting_for
    made.arm.say("force 0")
    refused = made.call("start_episode")
    assert not refused.success


def test_the_arm_returns_to_its_start_pose_through_the_gate(
    ros_domain: int, tmp_path: Path
) -> None:
    gate = {
        "box_min": [0.3, -0.2, 0.4],
        "box_max": [0.7, 0.2, 0.6],
        "rest_rpy": DOWN,
        "action_scale": [0.01, 0.01, 0.01, 0.05, 0.05, 0.05],
    }
    back = {
        "start_pose": "[0.50, 0.05, 0.48, 0.0, 0.0, 0.0]",
        "lift_height": 0.54,
        "rest_rpy": DOWN,
    }
    with bench(ros_domain, tmp_path) as made, ExitStack() as running:
        for name, parameters in (("command_gate_node", gate), ("reset_node", back)):
            log = tmp_path / f"{name}.log"
            running.enter_context(node("fosp_agent", name, ros_domain, log, **parameters))
        statuses = running.enter_context(ear(ros_domain)).listen(
            ResetStatus, "reset_status", LATCHED
        )
        begin, first = made.measured(), len(made.poses)
        wait_for(lambda: made.call("reset").success, 20, "the reset begins")

        def over() -> bool:
            return bool(statuses) and statuses[-1].state in (ResetStatus.DONE, ResetStatus.FAILED)

        wait_for(over, 30, "the reset ends")
        assert statuses[-1].state == ResetStatus.DONE, statuses[-1].detail
        end = made.measured()
        np.testing.assert_allclose(end[:3], [0.50, 0.05, 0.48], atol=0.006)
        path = np.array([pose7(message.pose)[:3] for message in made.poses[first:]])
        assert path[:, 2].max() > 0.53
        sideways = np.abs(path[:, :2] - begin[:2]).max(axis=1) > 0.006
        at_target = np.abs(path[:, :2] - end[:2]).max(axis=1) < 0.006
        assert path[sideways & ~at_target, 2].min() > 0.53
