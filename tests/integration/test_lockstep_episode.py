"""Whole episodes through the robot-side nodes, every node a process, with a scripted policy."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import EpisodeEvent, SessionState, SimTruth
from fosp_msgs.srv import LabelEpisode
from std_srvs.srv import Trigger

from fakes.policy_stand_in import scripted_action
from fosp_agent.control.gate_verdict import Reason
from fosp_agent.episodes.reader import read_recording
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.ros.qos import EVENTS, LATCHED, RECORDED
from fosp_agent.types import Episode
from fosp_sim_bridge.safereach.env import WORKSPACE_BOX, make
from integration.stack import ROOT, Ear, Process, ear, node, wait_for

pytestmark = pytest.mark.integration
TASK, SEED, DECISIONS = "three_obstacles", 2, 80
STAND_IN = ROOT / "tests" / "fakes" / "policy_stand_in.py"


class Stack:
    """The robot side, and what the test hears of it."""

    def __init__(self, listener: Ear, run_dir: Path, processes: dict[str, Process]) -> None:
        self.processes = processes
        self.store = EpisodeStore(run_dir / "episodes")
        self.states = listener.listen(SessionState, "session_state", LATCHED)
        self.events = listener.listen(EpisodeEvent, "episode_event", EVENTS)
        self.truth = listener.listen(SimTruth, "sim/truth", RECORDED)
        self._node = listener.node
        self._clients: dict[str, object] = {}

    def call(self, kind: type, service: str, request: object) -> object:
        client = self._clients.setdefault(service, self._node.create_client(kind, service))
        wait_for(client.service_is_ready, 20, f"{service} is served")
        future = client.call_async(request)
        wait_for(future.done, 20, f"{service} answers")
        return future.result()

    def start(self) -> str:
        """Start an episode as soon as the session lets us; its id."""

        def started() -> str:
            answer = self.call(Trigger, "start_episode", Trigger.Request())
            return answer.message if answer.success else ""

        return wait_for(started, 30, "the session starts an episode")

    def told(self, episode_id: str, kind: int) -> EpisodeEvent | None:
        found = [e for e in self.events if (e.episode_id, e.type) == (episode_id, kind)]
        return found[0] if found else None

    def wait_told(self, episode_id: str, kind: int, what: str) -> EpisodeEvent:
        return wait_for(lambda: self.told(episode_id, kind), 60, what)

    def wait_idle(self) -> None:
        wait_for(lambda: self.states[-1].state == SessionState.IDLE, 20, "the session is idle")


@contextmanager
def robot_side(
    domain: int, folder: Path, policy: Sequence[object] = (), **bridge: object
) -> Iterator[Stack]:
    """Every node of the robot side, with a stand-in for the policy and its arguments."""
    run_dir, low, high = folder / "run", WORKSPACE_BOX[0].tolist(), WORKSPACE_BOX[1].tolist()
    lockstep = bool(bridge.get("lockstep", True))
    sim_time = {"use_sim_time": lockstep}
    quality = {"image_reliability": "reliable" if lockstep else "best_effort"}
    nodes: list[tuple[str, str, dict[str, object]]] = [
        ("fosp_sim_bridge", "sim_bridge_node", {"task": TASK, **bridge}),
        ("fosp_agent", "observation_node", {**sim_time, **quality}),
        (
            "fosp_agent",
            "command_gate_node",
            {"box_min": low, "box_max": high, **sim_time, **quality},
        ),
        (
            "fosp_agent",
            "session_node",
            {"task": TASK, "seed": SEED, "learn": False, "run_dir": run_dir},
        ),
        ("fosp_agent", "recorder_node", {"run_dir": run_dir}),
        ("fosp_agent", "label_node", {"run_dir": run_dir}),
        ("fosp_sim_bridge", "oracle_label_node", {}),
    ]
    with ExitStack() as running:
        processes = {
            name: running.enter_context(
                node(package, name, domain, folder / f"{name}.log", **parameters)
            )
            for package, name, parameters in nodes
        }
        command = [sys.executable, str(STAND_IN), *map(str, policy)]
        stand_in = Process(command, folder / "policy.log", domain)
        running.callback(stand_in.stop)
        listener = running.enter_context(ear(domain))
        yield Stack(listener, run_dir, {**processes, "policy": stand_in})


def in_process() -> Episode:
    """The same actions in the environment itself."""
    env = make(TASK)
    observation, _ = env.reset(seed=SEED)
    images, poses, rewards, costs = [observation["image"]], [observation["pose"]], [0.0], [0.0]
    for step in range(DECISIONS):
        observation, reward, cost, *_ = env.step(scripted_action(SEED, step))
        images.append(observation["image"])
        poses.append(observation["pose"])
        rewards.append(reward)
        costs.append(cost)
    env.close()
    length = DECISIONS + 1
    return Episode(
        "in-process",
        np.array(images),
        np.array(poses, np.float32),
        np.zeros((length, 6), np.float32),
        np.array(rewards, np.float32),
        np.array(costs, np.float32),
        np.zeros(length, np.bool_),
    )


def test_a_lockstep_episode_is_the_environments_own_and_repeats_exactly(
    ros_domain: int, tmp_path: Path
) -> None:
    with robot_side(ros_domain, tmp_path) as stack:
        ids = []
        for _ in range(2):
            ids.append(stack.start())
            labelled = stack.wait_told(ids[-1], EpisodeEvent.LABELLED, "the oracle labels it")
            assert labelled.observations == DECISIONS + 1
            stack.wait_idle()
        one, two = (stack.store.load(episode_id) for episode_id in ids)
        assert_same_episode(one, in_process())
        assert_same_episode(one, two)
        np.testing.assert_array_equal(one.action, two.action)
        truths = [truth_of(stack, episode_id) for episode_id in ids]
        assert truths[0] == truths[1]
        assert len(truths[0]) == DECISIONS + 1
        a_second_label_and_an_unknown_episode_are_refused(stack, ids[0])
        every_node_ends_quietly(stack)


def assert_same_episode(one: Episode, other: Episode) -> None:
    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_array_equal(one.pose, other.pose)
    np.testing.assert_array_equal(one.reward, other.reward)
    np.testing.assert_array_equal(one.cost, other.cost)


def truth_of(stack: Stack, episode_id: str) -> list[tuple[int, float, float]]:
    """Step, reward and cost of every frame, repeated frames once; waits until all are heard."""

    def heard() -> dict[int, tuple[int, float, float]]:
        mine = [m for m in list(stack.truth) if m.episode_id == episode_id]
        return {m.step: (m.step, m.reward, m.cost) for m in mine}

    wait_for(lambda: len(heard()) > DECISIONS, 30, f"the truth of all frames of {episode_id}")
    rows = heard()
    return [rows[step] for step in sorted(rows)]


def a_second_label_and_an_unknown_episode_are_refused(stack: Stack, episode_id: str) -> None:
    def label(**fields: object) -> LabelEpisode.Response:
        return stack.call(LabelEpisode, "label_episode", LabelEpisode.Request(**fields))

    again, unknown = label(episode_id=episode_id), label(episode_id="nobody")
    assert (again.success, unknown.success) == (False, False)
    assert episode_id in again.message
    assert "relabel" in again.message
    assert "'nobody'" in unknown.message
    replaced = label(episode_id=episode_id, relabel=True)
    assert replaced.success
    assert replaced.revision == 2


def every_node_ends_quietly(stack: Stack) -> None:
    for process in stack.processes.values():
        process.popen.send_signal(signal.SIGINT)
    for name, process in stack.processes.items():
        assert process.wait(15) == 0, f"{name}:\n{process.output}"
        assert "Traceback" not in process.output, f"{name}:\n{process.output}"


def test_an_aborted_episode_is_recorded_and_labelled_as_far_as_it_went(
    ros_domain: int, tmp_path: Path
) -> None:
    last = DECISIONS // 2  # so that it cannot be over before the abort, however late that comes
    with robot_side(ros_domain, tmp_path, ("--silent-from", last)) as stack:
        episode_id = stack.start()
        wait_for(lambda: any(m.step >= 5 for m in stack.truth), 30, "five steps are done")
        answer = stack.call(Trigger, "abort", Trigger.Request())
        assert answer.success, answer.message
        labelled = stack.wait_told(episode_id, EpisodeEvent.LABELLED, "the oracle labels it")
        episode = stack.store.load(episode_id)
        assert 5 <= labelled.observations == len(episode) <= last + 1
        stack.wait_idle()


def test_a_real_time_episode_is_recorded_and_labelled(ros_domain: int, tmp_path: Path) -> None:
    with robot_side(ros_domain, tmp_path, lockstep=False, rate=25.0) as stack:
        episode_id = stack.start()
        labelled = stack.wait_told(episode_id, EpisodeEvent.LABELLED, "the oracle labels it")
        assert labelled.observations == DECISIONS + 1
        episode = stack.store.load(episode_id)
        assert np.abs(episode.action[:-1]).sum() > 0


def test_a_nan_action_is_vetoed_by_name_and_the_episode_goes_on(
    ros_domain: int, tmp_path: Path
) -> None:
    with robot_side(ros_domain, tmp_path, ("--nan-at", 7)) as stack:
        episode_id = stack.start()
        stack.wait_told(episode_id, EpisodeEvent.LABELLED, "the oracle labels it")
        recording = read_recording(stack.store.file(episode_id), validate=True)
        vetoes = {(v.step, Reason(v.reason)) for _, v in recording.verdicts if not v.accepted}
        # The gate may be asked before it has discovered the session; the request comes again.
        assert vetoes - {(0, Reason.NO_EPISODE)} == {(7, Reason.NOT_FINITE)}
        episode = stack.store.load(episode_id)
        assert len(episode) == DECISIONS + 1
        np.testing.assert_array_equal(episode.action[7], 0)
        assert "NOT_FINITE" in stack.processes["command_gate_node"].output


def test_a_killed_recorder_saves_what_it_had_when_it_comes_back(
    ros_domain: int, tmp_path: Path
) -> None:
    with robot_side(ros_domain, tmp_path, lockstep=False, rate=15.0) as stack:
        episode_id = stack.start()
        active = stack.store.path / f"{episode_id}.mcap.active"

        def written() -> bool:
            return active.exists() and active.stat().st_size > 100_000

        wait_for(written, 30, "a part of the episode is on disk")
        stack.processes["recorder_node"].popen.kill()
        log, run_dir = tmp_path / "recorder_again.log", tmp_path / "run"
        with node("fosp_agent", "recorder_node", ros_domain, log, run_dir=run_dir):
            labelled = stack.wait_told(episode_id, EpisodeEvent.LABELLED, "the oracle labels it")
        assert 20 <= labelled.observations < DECISIONS + 1
        assert len(stack.store.load(episode_id)) == labelled.observations
