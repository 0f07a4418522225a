"""Observation in, action out. New weights are taken over between episodes only."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from fosp_msgs.msg import Action, Candidate, CommandVerdict, Observation, SessionState
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fosp_agent.control.decision_loop import Answer, DecisionLoop, Observed
from fosp_agent.control.latency import LatencyLog
from fosp_agent.control.policy_fit import surface_of
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.control.weights_follower import Chunk, WeightsFollower
from fosp_agent.errors import UserError
from fosp_agent.overrides import parse_overrides
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import image_from_message
from fosp_agent.ros.diagnostics import OK, WARN, Diagnostics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import LATCHED, RECORDED, RELIABLE
from fosp_agent.ros.spin import run
from fosp_agent.ros.weights_link import WeightsLink


@dataclass(frozen=True)
class PolicyConfig:
    """The parameters of the node."""

    weights: Path = Path()
    """File to act with until the trainer announces another; empty: wait for the trainer."""
    agent: str = ""
    """Agent that the weights must be of, such as "fosp"; empty: whichever they are."""
    mode: str = "sample"
    """"sample", or "greedy" for tests."""
    seed: Annotated[int, Range(0, 2**62)] = 0
    """Of the randomness outside episodes; each episode is seeded by the session."""
    settings: str = ""
    """Acting-time settings, section.key=value each, separated by spaces; such as
    planning.horizon=8 shield.enabled=true. They hold for every weights file."""
    torch_threads: Annotated[int, Range(1, 1024)] = 1
    """Processor threads of one decision."""
    cache_dir: Path = Path("~/.cache/safereach/weights")
    """Where fetched weights are kept."""
    force_fetch: bool = False
    """Never read the announced path: fetch the weights from the trainer."""
    verdict_patience: Annotated[float, Range(0.01, 60.0)] = 2.0
    """Longest wait for the verdict on the previous action; then it counts as not executed [s]."""
    run_dir: Path = Path()
    """Where policy_latency.jsonl goes; empty: nowhere."""


class PolicyNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Feeds the decision loop and publishes its answers."""

    def __init__(self) -> None:
        super().__init__("policy_node")
        self._config = config = declare(self, PolicyConfig)
        torch.set_num_threads(config.torch_threads)
        self._follower = WeightsFollower(
            self._load, config.cache_dir, self._fetch_chunk, read_path=not config.force_fetch
        )
        self._link = WeightsLink(self, self._follower)
        self._loop = DecisionLoop(self._acting, config.verdict_patience)
        log = config.run_dir / "policy_latency.jsonl" if config.run_dir != Path() else None
        self._latency = LatencyLog(log)
        self._diagnostics = Diagnostics(self)
        if config.weights != Path():
            self._link.acknowledge(self._follower.start_with(config.weights))
        self._wire()
        gc.collect()
        gc.freeze()  # the libraries' objects would cost tens of milliseconds in a later collection

    def _wire(self) -> None:
        self._actions = self.create_publisher(Action, topics.ACTION, RECORDED)
        self.create_subscription(Observation, topics.OBSERVATION, self._on_observation, RELIABLE)
        self.create_subscription(CommandVerdict, topics.COMMAND_VERDICT, self._on_verdict, RELIABLE)
        self.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.1, self._on_timer, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)

    def destroy_node(self) -> None:
        """Also end the thread that prepares weights."""
        self._link.close()
        super().destroy_node()

    def _load(self, path: Path) -> PolicyRunner:
        config = self._config
        runner = PolicyRunner.from_file(
            path,
            mode=config.mode,
            seed=config.seed,
            overrides=parse_overrides(config.settings.split()),
            agent=config.agent,
        )
        robot = runner.config.robot
        side, channels = robot.image_size, robot.image_channels
        # The first decision is slower than the others: not in an episode.
        runner.act(
            np.zeros((side, side, channels), np.uint8), np.zeros(robot.pose_size, np.float32)
        )
        runner.reset(self._config.seed)
        return runner

    def _fetch_chunk(self, version: int, offset: int, max_bytes: int) -> Chunk:
        return self._link.fetch_chunk(version, offset, max_bytes)

    def _acting(self) -> PolicyRunner | None:
        return self._follower.acting

    def _on_observation(self, message: Observation) -> None:
        self._answer(self._observe, message, time.perf_counter())

    def _observe(self, message: Observation, received: float) -> Answer | None:
        return self._loop.observe(
            Observed(
                episode_id=message.episode_id,
                step=message.step,
                is_first=message.is_first,
                is_last=message.is_last,
                image=image_from_message(message.image),
                pose=np.asarray(message.pose, np.float32),
                received=received,
                token=message.header,
            )
        )

    def _on_verdict(self, message: CommandVerdict) -> None:
        if message.reason == CommandVerdict.DUPLICATE:
            return
        if message.source != Action.POLICY and not message.accepted:
            return  # somebody else's request, and nothing came of it
        self._answer(
            self._loop.verdict,
            message.episode_id,
            message.step,
            message.normalized,
            message.accepted,
        )

    def _on_session(self, message: SessionState) -> None:
        running = message.state == SessionState.RUNNING
        self._answer(self._loop.session, message.episode_id, message.seed, running)
        if not running and (summary := self._latency.finish(message.episode_id)):
            self.get_logger().info(summary)
        self._swap_between_episodes()

    def _on_timer(self) -> None:
        self._answer(self._loop.expire, time.perf_counter())

    def _diagnose(self) -> None:
        runner = self._follower.acting
        if runner is None:
            self._diagnostics.publish(WARN, "no weights act yet", {})
            return
        known = surface_of(runner.config.robot).values()
        self._diagnostics.publish(OK, f"weights version {runner.version} act", known)

    def _swap_between_episodes(self) -> None:
        self._link.may_swap = self._loop.between_episodes
        self._link.swap()

    def _answer(self, step: Callable[..., Answer | None], *arguments: object) -> None:
        """Take one step of the decision loop and publish what it answers."""
        try:
            answer = step(*arguments)
        except UserError as problem:
            self.get_logger().error(f"no action: {problem}", throttle_duration_sec=1.0)
            answer = None
        if answer is not None:
            self._actions.publish(self._message(answer))
            if not answer.repeated:
                self._latency.add(time.perf_counter() - answer.observed.received)
        self._link.may_swap = self._loop.between_episodes

    def _message(self, answer: Answer) -> Action:
        decision, runner = answer.decision, self._follower.acting
        assert runner is not None
        normalized = np.asarray(decision.action, np.float64)
        scale = np.array(runner.config.robot.action_scale, np.float64)
        return Action(
            header=answer.observed.token,
            episode_id=answer.observed.episode_id,
            step=answer.observed.step,
            source=Action.POLICY,
            delta=(normalized * scale).tolist(),
            normalized=normalized.tolist(),
            chosen=decision.chosen,
            candidates=[
                Candidate(
                    policy=candidate.policy,
                    normalized=np.asarray(candidate.action, np.float64).tolist(),
                    q_r=float(candidate.q_r),
                    q_c=float(candidate.q_c),
                    probability=float(candidate.probability),
                    violation=float(candidate.violation),
                    feasibility=float(candidate.feasibility),
                )
                for candidate in decision.candidates
            ],
            feasibility=float(decision.feasibility),
            weights_version=runner.version,
            weights_sha256=runner.sha256,
            shield=int(decision.shield),
            shield_reason=decision.shield_reason,
            dropped=decision.dropped,
        )


def main() -> None:
    """Entry point."""
    run(PolicyNode)
