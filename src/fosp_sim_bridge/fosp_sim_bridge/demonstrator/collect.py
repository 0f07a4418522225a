"""Demonstrations by reject and retry: drive, look at the truth, keep what is of the kind."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

import numpy as np

from fosp_agent.types import Episode
from fosp_sim_bridge.demonstrator.kinds import Kind, mix
from fosp_sim_bridge.demonstrator.person import Manner, Person
from fosp_sim_bridge.demonstrator.plan import Scene
from fosp_sim_bridge.safereach.env import SafeReachEnv, make

FIRST_SEED = 100_000
"""Layouts of demonstrations have seeds from here on, far from those of the tests."""
ATTEMPTS = 200
ATTEMPTS_A_LAYOUT = 20
"""After so many the layout is taken to be unfit for the kind, and another is drawn."""


class DemonstrationError(RuntimeError):
    """No attempt came out as wanted."""


def layout_seed(seed: int, index: int, attempt: int) -> int:
    """The environment's seed of an attempt; no two episodes of a data set share one."""
    slots = ATTEMPTS // ATTEMPTS_A_LAYOUT
    return FIRST_SEED + (seed * 10_000 + index) * slots + attempt // ATTEMPTS_A_LAYOUT


def episode_id(task: str, seed: int, index: int) -> str:
    """The name of a demonstration."""
    return f"demonstration-{task}-{seed}-{index:04d}"


def drive(env: SafeReachEnv, kind: Kind, seed: int, rng: np.random.Generator, name: str) -> Episode:
    """One attempt at a kind in the layout of a seed; labels are the simulator's truth."""
    observation, _ = env.reset(seed=seed)
    assert env.layout is not None
    person = Person(kind.plan(Scene(env.layout, env.task), rng), Manner.draw(rng), rng)
    count = env.max_steps + 1
    image = np.zeros((count, *observation["image"].shape), np.uint8)
    pose = np.zeros((count, 6), np.float32)
    action = np.zeros((count, 6), np.float32)
    reward, cost = np.zeros(count, np.float32), np.zeros(count, np.float32)
    image[0], pose[0] = observation["image"], observation["pose"]
    for step in range(1, count):
        action[step - 1] = person.act(env.pose)
        observation, reward[step], cost[step], _, _, _ = env.step(action[step - 1])
        image[step], pose[step] = observation["image"], observation["pose"]
    metadata = {
        "seed": str(seed),
        "kind": kind.name,
        "source": "scripted demonstrator",
        "labeller": "simulator",
        "action_scale": json.dumps(env.action_scale.tolist()),
    }
    terminal = np.zeros(count, np.bool_)
    return Episode(
        name, image, pose, action, reward, cost, terminal, task=env.task.name, metadata=metadata
    )


def demonstrate_one(env: SafeReachEnv, kind: Kind, seed: int, index: int) -> Episode:
    """Attempts until one is of the kind.

    Raises:
        DemonstrationError: none of ``ATTEMPTS`` was.
    """
    name = episode_id(env.task.name, seed, index)
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, index, attempt])
        episode = drive(env, kind, layout_seed(seed, index, attempt), rng, name)
        if (episode.success, episode.violation) == (kind.reaches, kind.violates):
            episode.metadata["attempts"] = str(attempt + 1)
            return episode
    raise DemonstrationError(
        f"{name}: none of {ATTEMPTS} attempts became a {kind.name}; try another --seed"
    )


def demonstrations(
    task: str, episodes: int, seed: int, skip: Collection[str] = ()
) -> Iterator[Episode]:
    """Yield the demonstrations of a task in the paper's mix.

    Args:
        task: a SafeReach task.
        episodes: how many; 200 gives 120, 30, 40 and 10 of the four kinds.
        seed: the whole data set is a function of it.
        skip: names of episodes that exist already.

    Raises:
        ValueError: unknown task, or no episodes.
        DemonstrationError: an episode of some kind could not be driven.
    """
    env = make(task)
    try:
        for index, kind in enumerate(mix(episodes)):
            if episode_id(task, seed, index) not in skip:
                yield demonstrate_one(env, kind, seed, index)
    finally:
        env.close()
