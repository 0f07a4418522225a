"""How well each behaviour does, without images: ``python -m ...safety_gymnasium.survey TASK ...``.

The same scenes and drives as a dataset's first trajectories, at the speed of the physics alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from fosp_sim_bridge.safety_gymnasium import library
from fosp_sim_bridge.safety_gymnasium.adapter import full_name
from fosp_sim_bridge.safety_gymnasium.behaviours import BEHAVIOURS
from fosp_sim_bridge.safety_gymnasium.body import body_of
from fosp_sim_bridge.safety_gymnasium.collect import Job
from fosp_sim_bridge.safety_gymnasium.surroundings import look_around

EPISODES = 10
TASKS = (
    *("PointGoal1", "PointButton1", "PointPush1", "PointGoal2"),
    *("CarGoal1", "CarButton1", "CarPush1", "CarGoal2"),
    *("PointFadingEasy1", "PointFadingHard1", "PointRace2", "PointBuildingGoal1"),
)


@dataclass(frozen=True)
class Survey:
    """Return and cost of one behaviour's episodes in one task."""

    returns: tuple[float, ...]
    costs: tuple[float, ...]


def survey(task: str, kind: str, episodes: int, action_repeat: int = 4) -> Survey:
    """Drive the first episodes of a dataset with seed 0.

    Raises:
        ValueError: the task's robot has no behaviours.
    """
    name = full_name(task)
    body = body_of(name)
    world = library.load().make(f"{name}-v0").unwrapped
    returns, costs = [], []
    for index in range(episodes):
        job = Job(name, kind, 0, index, action_repeat)
        behaviour = BEHAVIOURS[kind](job.rng(), body)
        world.reset(seed=job.scene)
        total_reward = total_cost = 0.0
        while not world.done:
            around = look_around(world.task, body)
            action = np.asarray(body.action(*behaviour.drive(around)), np.float64)
            for _ in range(action_repeat):
                if not world.done:
                    _, reward, cost, *_ = world.step(action)
                    total_reward, total_cost = total_reward + reward, total_cost + cost
        returns.append(total_reward)
        costs.append(total_cost)
    world.close()
    return Survey(tuple(returns), tuple(costs))


def main() -> None:
    """Print a Markdown row a task and behaviour; all tasks unless some are named."""
    print(f"mean and standard deviation of {EPISODES} episodes\n")
    print("| task | behaviour | return | cost |\n|---|---|---|---|")
    for task in sys.argv[1:] or TASKS:
        for kind in BEHAVIOURS:
            found = survey(task, kind, EPISODES)
            print(
                f"| {task} | {kind} | {_cell(found.returns)} | {_cell(found.costs)} |", flush=True
            )


def _cell(values: tuple[float, ...]) -> str:
    return f"{np.mean(values):.1f} ± {np.std(values):.1f}"


if __name__ == "__main__":
    main()
