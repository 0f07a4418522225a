"""Policy tick in the running stack: an observation's arrival to its action's departure.

    python tests/benchmark/bench_tick.py --weights models/safereach-small/weights.safetensors

Launches the fine-tuning stack for some episodes, every node a process, and reads what the policy
measured. Exits 1 when p99 is above the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = ROOT / "models" / "safereach-small" / "weights.safetensors"
    parser.add_argument("--weights", type=Path, default=default)
    parser.add_argument("--episodes", type=int, default=5)
    parser.add_argument("--launch", nargs="*", default=[], help="arguments, e.g. planning:=on")
    parser.add_argument("--limit-ms", type=float, default=20.0)
    options = parser.parse_args()
    if not options.weights.is_file():
        print(f"error: no weights file {options.weights}; give --weights", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        ticks = measure(Path(folder), options.weights.resolve(), options)
    p50, p99 = np.percentile(ticks, [50, 99])
    print(
        f"policy tick: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {ticks.max():.1f} ms over "
        f"{len(ticks)} ticks; {os.cpu_count()} cores, {platform.machine()}; "
        f"limit for p99: {options.limit_ms:.0f} ms"
    )
    return int(p99 > options.limit_ms)


def measure(folder: Path, weights: Path, options: argparse.Namespace) -> npt.NDArray[np.float64]:
    """Ticks [ms] of all episodes of one run."""
    command = [sys.executable, "-m", "fosp_agent.cli.main", "launch", "finetune"]
    command += [f"run_dir:={folder}", f"weights:={weights}", f"episodes:={options.episodes}"]
    command += ["tests:=0", "updates_per_episode:=1", *options.launch]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    lines = (folder / "policy_latency.jsonl").read_text(encoding="utf-8").splitlines()
    return np.concatenate([json.loads(line)["ticks_ms"] for line in lines])


if __name__ == "__main__":
    sys.exit(main())
