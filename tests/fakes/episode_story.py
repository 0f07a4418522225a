"""An episode told step by step, for the monitor's tests."""

from __future__ import annotations

import numpy as np

from fosp_agent.console.foresight import Vision
from fosp_agent.control.session_state import Phase, Snapshot
from fosp_agent.episodes.records import ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.monitor.scene import Scene
from fosp_agent.types import Candidate

SCALE = (0.01, 0.01, 0.01, 0.05, 0.05, 0.05)
START = np.array([0.5, 0.0, 0.08])
AHEAD = np.array([0.01, 0.0, 0.0])
LOW, HIGH = np.array([0.36, -0.13, 0.02]), np.array([0.69, 0.13, 0.12])


def running(episode: str = "e1") -> Snapshot:
    return Snapshot(Phase.RUNNING, episode, 0, 1, "original", 80, True, "the end of the episode")


def observation(step: int, episode: str = "e1", pose: bool = True) -> ObservationRecord:
    place = START + step * AHEAD
    return ObservationRecord(
        stamp_ns=step,
        episode_id=episode,
        step=step,
        is_first=step == 0,
        is_last=False,
        image=np.full((64, 64, 3), 90, np.uint8),
        pose=np.array([*place, 0.0, 0.0, 0.2]) if pose else np.zeros(0),
    )


def action(step: int, chosen: int = 1, u: float = 0.8, episode: str = "e1") -> ActionRecord:
    moves = np.array([[0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]], np.float32)
    candidates = tuple(
        Candidate(name, move, 2.0, 1.0, 0.5)
        for name, move in zip(("offline", "new"), moves, strict=True)
    )
    unit = moves[chosen].astype(np.float64)
    return ActionRecord(
        step, episode, step, "policy", unit * SCALE, unit, chosen=chosen, candidates=candidates,
        feasibility=u,
    )  # fmt: skip


def verdict(step: int, reason: int = 0, episode: str = "e1") -> VerdictRecord:
    target = np.array([*(START + (step + 1) * AHEAD), 0, 0, 0, 1.0])
    move = np.zeros(6)
    return VerdictRecord(
        step, episode, step, "policy", reason == 0, move, move, reason=reason,
        detail="the limit is 0.02 m" if reason else "", target=target,
    )  # fmt: skip


def vision(step: int, cost: float = 0.3, steps: int = 6, episode: str = "e1") -> Vision:
    rise = np.linspace(0.0, cost, steps).tolist()
    places = START + np.linspace(0, 0.05, steps)[:, None] * [0, 0, 1]
    frames = np.full((steps, 64, 64, 3), 120, np.uint8)
    return Vision(episode, step, 3, "new", frames, places, [0.0] * steps, rise)


def told(steps: int = 5, veto: int | None = None) -> Scene:
    """A scene after some steps, the last of them still to be executed."""
    scene = Scene(SCALE)
    scene.box = LOW, HIGH
    scene.hear_session(running())
    for step in range(steps):
        scene.see(observation(step))
        scene.ask(action(step, chosen=step % 2))
        scene.answer(verdict(step, 4 if step == veto else 0))
    scene.expect(vision(steps - 1))
    return scene
