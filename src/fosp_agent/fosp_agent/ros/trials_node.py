"""The operator's protocol: tests in simulation, episodes one after another, tests again, a table.

Prints a line an episode. Exit code 0 when all episodes are learned from, 1 when the stack stalls;
on Ctrl-C 0, as every node (`ros2 launch` calls anything else a death), and the same run_dir goes on
where it stopped.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import rclpy
from fosp_msgs.msg import EpisodeEvent, SessionState
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros.episode_start import by_a_person, by_itself
from fosp_agent.ros.heartbeat import Heart
from fosp_agent.ros.params import declare
from fosp_agent.ros.spin import hear_the_first_interrupt, interrupt_once
from fosp_agent.ros.stack_watch import StackStalled, StackWatch
from fosp_agent.training.earlier_episodes import (
    earlier_result,
    learned_episodes,
    unlisted_episodes,
)
from fosp_agent.training.trials import EpisodeResult, TrialsSummary, table

EXPECTED = (
    "sim_bridge_node",
    "observation_node",
    "policy_node",
    "command_gate_node",
    "session_node",
    "recorder_node",
    "label_node",
    "oracle_label_node",
    "trainer_node",
)


@dataclass(frozen=True)
class TrialsConfig:
    """The parameters of the node."""

    run_dir: Path = Path()
    """Folder of the run; one with episodes goes on."""
    weights: Path = Path()
    """File that the run starts from."""
    environment: str = "safereach"
    """Name of the environment in which the policy is tested."""
    task: str = "three_obstacles"
    """Name of its task."""
    episodes: Annotated[int, Range(0, 1000000)] = 10
    """In the whole run, those of earlier sessions included."""
    starts: bool = True
    """Whether it starts the episodes itself; false, with a real robot: a person does."""
    tests: Annotated[int, Range(0, 1000000)] = 20
    """Seeded tests before and after; 0: none."""
    test_seed: Annotated[int, Range(0, 2**62)] = 1000
    """Seed of the first test; the others follow."""
    mode: str = "sample"
    """How the tested policy picks its action: sample or greedy."""
    settings: str = ""
    """Acting-time settings of the tests, as the policy node's."""
    expected_nodes: tuple[str, ...] = EXPECTED
    """Nodes that must be there."""
    missing_patience: Annotated[float, Range(0.1, 3600.0)] = 20.0
    """How long a node may be away [s]."""
    silence: Annotated[float, Range(0.1, 36000.0)] = 60.0
    """How long nothing at all may happen during an episode [s]."""
    start_patience: Annotated[float, Range(0.1, 36000.0)] = 120.0
    """The same while the nodes start [s]."""


class Trials:
    """Runs the protocol; blocks, so it lives on the main thread while the node spins elsewhere."""

    def __init__(self, config: TrialsConfig, watch: StackWatch) -> None:
        """Follow the protocol of ``config`` through ``watch``."""
        self._config = config
        self._watch = watch
        self._start = by_itself if config.starts else by_a_person(say)
        self._path = config.run_dir / "summary.json"
        self.summary = TrialsSummary.open(
            self._path, config.environment, config.task, str(config.weights)
        )

    def run(self) -> None:
        """All of it.

        Raises:
            UserError: it cannot go on; everything finished so far is on disk.
        """
        config, summary = self._config, self.summary
        say(
            f"fine-tuning on {config.environment}/{config.task}: {config.episodes} episodes, "
            f"folder {config.run_dir}"
        )
        if summary.before is None and config.tests > 0:
            summary.before = self._evaluate("the starting weights", Path(summary.weights))
        self._wait_ready()
        self._take_in_earlier()
        while len(summary.episodes) < config.episodes:
            number = len(summary.episodes) + 1
            result = self._episode(number)
            summary.episodes.append(result)
            summary.save(self._path)
            say(result.line(number, config.episodes))
        self._finish()

    def _finish(self) -> None:
        announced = self._watch.announced
        assert announced is not None
        if self._config.tests > 0 and self.summary.after_version != announced.version:
            self.summary.after = self._evaluate(
                f"weights version {announced.version}", Path(announced.path)
            )
        self.summary.after_version = announced.version
        self.summary.save(self._path)
        if self._config.tests > 0:
            mode, tests = self._config.mode, self._config.tests
            say(f"\n{tests} tests each, mode {mode}, 95 % intervals:")
            say(table(self.summary.before, self.summary.after))
        say(f"\nepisodes, metrics and weights: {self._config.run_dir}")

    def _wait_ready(self) -> None:
        patience = self._config.start_patience
        self._watch.wait_until("all nodes to start", self._all_present, patience, patience / 2)
        self._watch.wait_until(
            "the policy to load the trainer's weights", self._ready_for_episode, patience
        )

    def _all_present(self) -> bool:
        return not self._watch.missing() and self._watch.session is not None

    def _ready_for_episode(self) -> bool:
        session = self._watch.session
        idle = session is not None and session.state == SessionState.IDLE
        return idle and self._watch.weights_act

    def _take_in_earlier(self) -> None:
        """Count episodes of an earlier session that it could not write down any more."""
        run_dir, watch, summary = self._config.run_dir, self._watch, self.summary
        earlier = unlisted_episodes(run_dir, {result.episode_id for result in summary.episodes})
        due = set(earlier) - learned_episodes(run_dir)
        ends = (EpisodeEvent.LEARNED, EpisodeEvent.DISCARDED)

        def all_learned() -> bool:
            return all(any((one, end) in watch.events for end in ends) for one in due)

        names = ", ".join(sorted(due))
        watch.wait_until(f"the trainer to learn from {names}", all_learned, self._config.silence)
        summary.episodes.extend(earlier_result(run_dir, one) for one in earlier)
        if done := len(summary.episodes):
            say(f"going on after {done} episode{'s' * (done > 1)}")
        summary.save(self._path)

    def _episode(self, number: int) -> EpisodeResult:
        """Run one episode, from its start until its weights act."""
        watch = self._watch
        watch.wait_until("the session to be idle", self._ready_for_episode, self._config.silence)
        updates = watch.announced.updates if watch.announced else 0
        what = f"episode {number}"
        episode_id = self._start(watch, what, self._config.silence)
        started = time.monotonic()

        def is_over() -> bool:
            dropped = (episode_id, EpisodeEvent.DISCARDED) in watch.events
            return dropped or self._ready_for_episode()

        try:
            watch.wait_until(f"the end of {what} ({episode_id})", is_over, self._config.silence)
        except StackStalled:
            watch.abort()
            raise
        return self._result(episode_id, updates, time.monotonic() - started)

    def _result(self, episode_id: str, updates_before: int, seconds: float) -> EpisodeResult:
        watch = self._watch
        labelled = watch.events.get((episode_id, EpisodeEvent.LABELLED))
        dropped = watch.events.get((episode_id, EpisodeEvent.DISCARDED))
        note = "aborted" if episode_id in watch.aborted else ""
        note = (dropped.detail or "discarded") if dropped else note
        acted: dict[str, int] = {}
        for policy in watch.actors.pop(episode_id, {}).values():
            acted[policy] = acted.get(policy, 0) + 1
        return EpisodeResult(
            episode_id=episode_id,
            episode_return=labelled.episode_return if labelled else 0.0,
            episode_cost=labelled.episode_cost if labelled else 0.0,
            acted=acted,
            updates=(watch.announced.updates if watch.announced else 0) - updates_before,
            version=watch.acting.version if watch.acting else 0,
            seconds=round(seconds, 2),
            note=note,
        )

    def _evaluate(self, what: str, weights: Path) -> dict[str, Any]:
        """Evaluate in a child process, so that this node's connections stay alive."""
        config = self._config
        say(f"testing {what}: {config.tests} seeded tests")
        command = [sys.executable, "-m", "fosp_agent.cli.main", "evaluate", "--json"]
        command += ["--weights", str(weights), "--environment", config.environment]
        command += ["--task", config.task, "--tests", str(config.tests)]
        command += ["--seed", str(config.test_seed), "--mode", config.mode]
        command += [word for text in config.settings.split() for word in ("--set", text)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            try:
                output, _ = child.communicate()
            except KeyboardInterrupt:
                child.terminate()
                raise
        if child.returncode != 0:
            raise UserError(f"the evaluation failed; to see why, run: {' '.join(command)}")
        report: dict[str, Any] = json.loads(output)
        return report


def say(text: str) -> None:
    """A line for the operator, at once even through a pipe."""
    print(text, flush=True)


def main() -> None:
    """Entry point."""
    hear_the_first_interrupt()
    signal.signal(signal.SIGTERM, interrupt_once)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("trials_node")
    Heart(node)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    spinning = threading.Thread(target=_spin, args=(executor,), daemon=True)
    code = 1
    try:
        code = _run(node, spinning)
    finally:
        executor.shutdown(timeout_sec=2.0)
        if spinning.is_alive():
            spinning.join(2.0)
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(code)


def _run(node: Node, spinning: threading.Thread) -> int:
    trials: Trials | None = None
    try:
        config = declare(node, TrialsConfig)
        if Path() in (config.run_dir, config.weights):
            raise UserError("trials_node needs the parameters 'run_dir' and 'weights'")
        watch = StackWatch(node, config.expected_nodes, config.missing_patience)
        trials = Trials(config, watch)
        spinning.start()
        trials.run()
    except UserError as problem:
        print(f"error: {problem}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        if trials is not None:
            say(
                f"\nstopped after {len(trials.summary.episodes)} of {config.episodes} episodes; "
                f"to go on: start again with run_dir:={config.run_dir}"
            )
    return 0


def _spin(executor: SingleThreadedExecutor) -> None:
    with contextlib.suppress(ExternalShutdownException):
        executor.spin()
