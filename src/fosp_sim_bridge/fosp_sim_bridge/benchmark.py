"""How fast SafeReach is: ``python -m fosp_sim_bridge.benchmark``.

Time is that of the process, so that other programs on the machine do not count; one thread
computes and renders.
"""

from __future__ import annotations

import os
import time

import numpy as np

from fosp_sim_bridge.safereach.env import make
from fosp_sim_bridge.safereach.tasks import TASKS

EPISODES = 5


def steps_per_second(task: str, episodes: int = EPISODES) -> float:
    """Environment steps with image in a second of processor time, resets included."""
    env = make(task)
    rng = np.random.default_rng(0)
    env.reset(seed=0)
    actions = rng.uniform([0.0, -1, -1, -1, -1, -1], 1.0, (env.max_steps, 6)).astype(np.float32)
    start = time.process_time()
    for seed in range(1000, 1000 + episodes):
        env.reset(seed=seed)
        for action in actions:
            env.step(action)
    taken = time.process_time() - start
    env.close()
    return episodes * env.max_steps / taken


def main() -> None:
    """Print one line a task."""
    print(f"MUJOCO_GL={os.environ.get('MUJOCO_GL')}, one core, image 64 x 64 at every step")
    for task in TASKS:
        print(f"{task:16s} {steps_per_second(task):6.0f} steps/s")


if __name__ == "__main__":
    main()
