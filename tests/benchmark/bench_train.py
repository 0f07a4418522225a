"""Seconds a training step, beside dreamerv3-torch at the same sizes in the same run.

    python tests/benchmark/bench_train.py --peer PATH_TO_A_CHECKOUT_OF_DREAMERV3_TORCH

Both: deter 256, 16 x 16 latents, units 256, CNN depth 16, batch 16 x 16, every frame decoded,
15 imagined steps from every state. Ours also sees the pose, and trains three critics more, the
cost head and reachability. Then the `small` preset as it ships, with its cheaper settings. Without
a peer only our own figures are printed. They take turns, so that a busy machine slows all.

Last, the preset in two further processes that take turns: as the C library comes, and with freed
memory kept (``training.allocator``), as pretraining and fine-tuning have it. Processor time, not
wall-clock.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import yaml

from fosp_agent.agents.fosp import Fosp
from fosp_agent.config import load_preset
from fosp_agent.training.allocator import keep_freed_memory
from fosp_agent.types import Batch

BATCH, LENGTH, ACTIONS = 16, 16, 6
SAME_WORK: dict[str, Any] = {
    "training.decoded_share": 1.0,
    "training.horizon": 15,
    "training.imagination_starts": 0,
    "world_model.forget_probability": 0.0,
}
Step = Callable[[], object]


def batch() -> Batch:
    """Random sequences; what they show does not matter for time."""
    rng = np.random.default_rng(0)
    shape = (BATCH, LENGTH)
    first = np.zeros(shape, np.bool_)
    first[:, 0] = True
    return Batch(
        image=rng.integers(0, 255, (*shape, 64, 64, 3), dtype=np.uint8),
        pose=rng.uniform(-0.1, 0.1, (*shape, 6)).astype(np.float32),
        action=rng.uniform(-1, 1, (*shape, ACTIONS)).astype(np.float32),
        reward=(rng.random(shape) < 0.3).astype(np.float32),
        cost=(rng.random(shape) < 0.06).astype(np.float32),
        is_first=first,
        is_terminal=np.zeros(shape, np.bool_),
    )


def our_step(overrides: dict[str, Any]) -> Step:
    """One gradient step of everything."""
    agent, data = Fosp(load_preset("small", overrides)), batch()
    return lambda: agent.train_step(data)


def peer_step(folder: Path) -> Step:
    """One step of the peer's world model and behaviour, in its own default precision."""
    sys.path.insert(0, str(folder))
    import models  # type: ignore[import-not-found]

    config = peer_config(folder)
    space = SimpleNamespace(spaces={"image": np.zeros((64, 64, 3))})
    world = models.WorldModel(space, None, 0, config)
    behavior = models.ImagBehavior(config, world)
    data = peer_data(batch())

    def step() -> None:
        posterior, _, _ = world._train(data)
        behavior._train(
            posterior, lambda f, s, a: world.heads["reward"](world.dynamics.get_feat(s)).mode()
        )

    return step


def peer_config(folder: Path) -> SimpleNamespace:
    """The peer's defaults at our sizes."""
    text = (folder / "configs.yaml").read_text()
    values = _numbers(yaml.safe_load(text)["defaults"])
    values |= {
        "device": "cpu",
        "compile": False,
        "dyn_hidden": 256,
        "dyn_deter": 256,
        "dyn_stoch": 16,
        "dyn_discrete": 16,
        "units": 256,
        "num_actions": ACTIONS,
    }
    for name in ("encoder", "decoder"):
        values[name] |= {"cnn_depth": 16}
    return SimpleNamespace(**values)


def peer_data(data: Batch) -> dict[str, Any]:
    """The same batch under the peer's names."""
    return {
        "image": data.image,
        "action": data.action,
        "reward": data.reward[..., None],
        "is_first": data.is_first.astype(np.float32),
        "is_terminal": data.is_terminal.astype(np.float32),
    }


def _numbers(value: Any) -> Any:
    """YAML reads 1e-4 as text; the peer's own reader does not."""
    if isinstance(value, dict):
        return {key: _numbers(inner) for key, inner in value.items()}
    try:
        return float(value) if isinstance(value, str) and value[:1].isdigit() else value
    except ValueError:
        return value


def race(steps: dict[str, Step], rounds: int) -> dict[str, float]:
    """Median seconds of each, taking turns, after two warm-up steps each."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds + 2):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            if turn >= 2:
                seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}


def timed_steps(asked: Connection, keep: bool) -> None:
    """Of a process of its own: a gradient step each time it is asked; answers processor seconds."""
    if keep and not keep_freed_memory():
        raise SystemExit("this C library is not glibc")
    torch.set_num_threads(1)
    step = our_step({})
    while asked.recv():
        started = time.process_time()
        step()
        asked.send(time.process_time() - started)


def memory_race(rounds: int) -> dict[str, float]:
    """Median processor seconds of a step without and with freed memory kept."""
    context = multiprocessing.get_context("spawn")
    ours, seconds = {}, {}
    for name, keep in (("memory given back", False), ("memory kept", True)):
        ours[name], theirs = context.Pipe()
        context.Process(target=timed_steps, args=(theirs, keep), daemon=True).start()
        seconds[name] = [0.0]
    for _ in range(rounds + 2):
        for name, asked in ours.items():
            asked.send(True)
            seconds[name].append(asked.recv())
    for asked in ours.values():
        asked.send(False)
    return {name: statistics.median(values[3:]) for name, values in seconds.items()}


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer", type=Path, help="a checkout of dreamerv3-torch")
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    steps = {"ours, same work": our_step(SAME_WORK), "ours, small preset": our_step({})}
    if options.peer:
        steps["dreamerv3-torch"] = peer_step(options.peer)
    found = race(steps, options.rounds)
    print(f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads")
    for name, seconds in found.items():
        peer = found.get("dreamerv3-torch")
        ratio = f"  {peer / seconds:.2f} times the peer's rate" if peer else ""
        print(f"{name:22s} {seconds:.3f} s a step{ratio}")
    back, kept = (memory := memory_race(options.rounds)).values()
    for name, seconds in memory.items():
        print(f"{name:22s} {seconds:.3f} s of one processor a step")
    print(f"kept takes {kept / back:.2f} of the time")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
