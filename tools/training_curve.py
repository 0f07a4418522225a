"""Draw a pretraining run, and what tests of its weights returned and cost.

python tools/training_curve.py RUN --test 500=tests-500.json --test 967=tests-967.json --out x.png

The tests are reports of ``./safereach evaluate --json``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

LOSSES = ("loss/image", "loss/reward", "loss/cost", "loss/cloning")
VALUES = ("value/reward", "value/cost")


def lines(run: Path) -> list[dict[str, Any]]:
    """What the run logged, in order."""
    text = (run / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def draw(run: Path, tests: dict[int, dict[str, Any]], out: Path) -> None:
    """Write the picture: losses, mean targets of Q, and tests, over gradient steps."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    logged = lines(run)
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
    for ax, names in zip(axes, (LOSSES, VALUES), strict=False):
        for name in names:
            points = [(line["step"], line[name]) for line in logged if name in line]
            ax.plot(*zip(*points, strict=True), marker=".", label=name.partition("/")[2])
        ax.legend(fontsize=7)
    axes[0].set_yscale("log")
    axes[0].set_title("losses")
    axes[1].set_title("what Q is to be")
    _draw_tests(axes[2], tests)
    for ax in axes:
        ax.set_xlabel("gradient steps")
        ax.grid(alpha=0.3)
    figure.savefig(out, dpi=110)


def _draw_tests(ax: Any, tests: dict[int, dict[str, Any]]) -> None:
    """Reward and cost with their intervals, on an axis each."""
    other = ax.twinx()
    for side, name, label, color in (
        (ax, "mean_return", "reward $J_r$", "tab:blue"),
        (other, "mean_cost", "cost $J_c$", "tab:red"),
    ):
        steps = sorted(tests)
        means = [tests[step][name] for step in steps]
        ends = [tests[step][f"{name}_interval"] for step in steps]
        errors = [[abs(m - e[i]) for m, e in zip(means, ends, strict=True)] for i in (0, 1)]
        side.errorbar(steps, means, errors, marker="o", capsize=3, color=color)
        side.set_ylabel(label, color=color)
        side.set_ylim(bottom=min(0.0, *(e[0] for e in ends)))
    ax.set_title("tests in the environment")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--test", action="append", default=[], metavar="STEP=REPORT.json")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tests = {}
    for text in options.test:
        step, _, path = text.partition("=")
        tests[int(step)] = json.loads(Path(path).read_text())
    draw(options.run, tests, options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
