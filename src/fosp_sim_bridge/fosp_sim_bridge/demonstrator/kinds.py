"""The four kinds of trajectory of the paper's data set (D.1), and plans that aim at each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fosp_sim_bridge.demonstrator.plan import (
    Points,
    Scene,
    approach,
    beside_obstacle,
    clearance,
    distance_to_target,
    onto_obstacle,
    over_obstacle,
    random_points,
    through_obstacle,
)

Planner = Callable[[Scene, np.random.Generator], Points]
_TRIES = 400


def _shortest_clear(
    scene: Scene,
    rng: np.random.Generator,
    ending: Points,
    must_pass: Points,
    gap: float,
    avoid_target: bool,
) -> Points | None:
    """The shortest of a few random polylines that keep a gap [m] from the obstacles."""
    wanted = int(rng.choice([1, 4, 12, 30]))
    best: Points | None = None
    found, best_length = 0, np.inf
    for _ in range(_TRIES):
        before = random_points(rng, int(rng.integers(0, 3)))
        after = random_points(rng, int(rng.integers(0, 3)))
        path = np.concatenate([scene.start[None], before, must_pass, after, ending])
        if clearance(scene, path) < gap or (
            avoid_target and distance_to_target(scene, path) < 0.006
        ):
            continue
        found += 1
        length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
        if length < best_length:
            best, best_length = path, length
        if found >= wanted:
            break
    return None if best is None else best[1:]


def _detour_point(scene: Scene, rng: np.random.Generator) -> Points:
    """Nothing, a near miss, or a way over the top: (0 or 1, 3)."""
    draw = rng.random()
    if draw < 0.40:
        return beside_obstacle(scene, rng, float(rng.uniform(0.004, 0.020)))
    if draw < 0.52:
        return over_obstacle(scene, rng)
    return np.zeros((0, 3))


def plan_safe_reach(scene: Scene, rng: np.random.Generator) -> Points:
    """To the target, keeping clear, closely or widely."""
    for _ in range(20):
        gap = float(rng.uniform(0.002, 0.022))
        ending = approach(scene, rng)
        path = _shortest_clear(scene, rng, ending, _detour_point(scene, rng), gap, False)
        if path is not None:
            return _perhaps_leave(path, rng)
    return random_points(rng, 2)


def _perhaps_leave(path: Points, rng: np.random.Generator) -> Points:
    """Mostly stay on the target; sometimes lift off again."""
    if rng.random() < 0.88:
        return path
    return np.concatenate([path, path[-1:] + np.array([0.0, 0.0, rng.uniform(0.02, 0.06)])])


def plan_safe_failure(scene: Scene, rng: np.random.Generator) -> Points:
    """Wander, stop short or pass by, touching nothing."""
    for _ in range(20):
        if rng.random() < 0.5:
            ending = random_points(rng, 1)
        else:
            angle = rng.uniform(0.0, 2 * np.pi)
            miss = scene.task.target.half_width + rng.uniform(0.022, 0.05)
            place = scene.target[:2] + miss * np.array([np.cos(angle), np.sin(angle)])
            ending = np.array([[*place, float(rng.uniform(0.025, 0.09))]])
        gap = float(rng.uniform(0.002, 0.020))
        path = _shortest_clear(scene, rng, ending, _detour_point(scene, rng), gap, True)
        if path is not None:
            return path
    return random_points(rng, 1)


def _violation(scene: Scene, rng: np.random.Generator) -> Points:
    """Way points (M, 3) that touch an obstacle in one of several ways."""
    draw = rng.random()
    if draw < 0.60:
        return through_obstacle(scene, rng)
    if draw < 0.85:
        return beside_obstacle(scene, rng, float(rng.uniform(-0.010, 0.001)))
    return onto_obstacle(scene, rng)


def plan_unsafe_reach(scene: Scene, rng: np.random.Generator) -> Points:
    """To the target straight through, after a push, or before one."""
    ending = approach(scene, rng)
    draw = rng.random()
    if draw < 0.30:
        return ending
    if draw < 0.80:
        return np.concatenate([_violation(scene, rng), ending])
    lift = ending[-1:] + np.array([-0.03, 0.0, 0.03])
    return np.concatenate([ending, lift, _violation(scene, rng)])


def plan_unsafe_failure(scene: Scene, rng: np.random.Generator) -> Points:
    """Push obstacles about, and end somewhere else."""
    pushes = [_violation(scene, rng) for _ in range(int(rng.integers(1, 4)))]
    return np.concatenate([*pushes, random_points(rng, 1)])


@dataclass(frozen=True)
class Kind:
    """One kind of trajectory."""

    name: str
    reaches: bool
    violates: bool
    share: int
    """Of 200."""
    plan: Planner


KINDS = (
    Kind("safe_success", True, False, 120, plan_safe_reach),
    Kind("safe_failure", False, False, 30, plan_safe_failure),
    Kind("unsafe_success", True, True, 40, plan_unsafe_reach),
    Kind("unsafe_failure", False, True, 10, plan_unsafe_failure),
)


def mix(episodes: int) -> list[Kind]:
    """The kind of each episode, in the paper's ratio, spread evenly over the data set.

    Raises:
        ValueError: fewer than one episode.
    """
    if episodes < 1:
        raise ValueError(f"a data set has at least one episode, got {episodes}")
    whole = sum(kind.share for kind in KINDS)
    edges = np.round(np.cumsum([kind.share for kind in KINDS]) * episodes / whole).astype(int)
    counts = np.diff(edges, prepend=0)
    ordered = [kind for kind, count in zip(KINDS, counts, strict=True) for _ in range(int(count))]
    order = np.random.default_rng(episodes).permutation(episodes)
    return [ordered[index] for index in order]
