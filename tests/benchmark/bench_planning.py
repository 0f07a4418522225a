"""Decision with planning, by candidates and horizon: an observation in, an action out, in process.

    python tests/benchmark/bench_planning.py

`planned` is what `--set planned` and `planning:=on` set, with the 32 candidates of two policies.
Exits 1 when its p99 is above the limit.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.named_settings import PLANNED

ROOT = Path(__file__).parents[2]
SHAPES = ((1, 0), (16, 0), (16, 8), (32, 8), (64, 8), (16, 20), (32, 20))
"""(K, H) with one policy: K candidates in all."""
CHECKED = "planned"


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = ROOT / "models" / "safereach-small" / "weights.safetensors"
    parser.add_argument("--weights", type=Path, default=default)
    parser.add_argument("--ticks", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit-ms", type=float, default=40.0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{os.cpu_count()} cores, {platform.machine()}, {options.threads} threads")
    slow = False
    for name, settings in cases().items():
        ticks = measure(options.weights, settings, options.ticks)
        (p50, cpu50), (p99, cpu99) = np.percentile(ticks, [50, 99], axis=0)
        print(
            f"{name:<10}  p50 {p50:5.1f} ms  p99 {p99:5.1f} ms  "
            f"(CPU time alone: {cpu50:5.1f}, {cpu99:5.1f} ms)"
        )
        slow |= name == CHECKED and p99 > options.limit_ms
    return int(slow)


def cases() -> dict[str, dict[str, Any]]:
    """Settings of each row."""
    shapes = {
        f"K {candidates:>2}  H {horizon:>2}": {
            "expansion.candidates": candidates,
            "planning.horizon": horizon,
            "planning.choice": "return",
            "shield.enabled": horizon > 0,
        }
        for candidates, horizon in SHAPES
    }
    return shapes | {CHECKED: {**PLANNED, "expansion.candidates": 32}}


def measure(weights: Path, settings: dict[str, Any], ticks: int) -> npt.NDArray[np.float64]:
    """Wall and CPU time of each decision (N, 2) [ms]."""
    runner = PolicyRunner.from_file(weights, overrides=settings)
    robot = runner.config.robot
    rng = np.random.default_rng(0)
    shape = (robot.image_size, robot.image_size, robot.image_channels)
    pose = np.array(robot.pose_center[: robot.pose_size], np.float32)
    spent = []
    for tick in range(ticks + 10):
        image = rng.integers(0, 256, shape, dtype=np.uint8)
        wall, cpu = time.perf_counter(), time.process_time()
        runner.act(image, pose)
        if tick >= 10:
            spent.append((time.perf_counter() - wall, time.process_time() - cpu))
    return 1000 * np.array(spent)


if __name__ == "__main__":
    sys.exit(main())
