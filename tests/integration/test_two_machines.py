"""The trainer on one machine, the policy on another: a cut cable costs time, never weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_agent.control.weights_follower import CHUNK_BYTES
from fosp_agent.training import weights
from integration.stack import Process, node_command, wait_for
from integration.two_machines import TwoMachines, two_machines

pytestmark = pytest.mark.integration


@contextmanager
def node_on(
    machines: TwoMachines, side: str, name: str, domain: int, log: Path, **parameters: object
) -> Iterator[Process]:
    command = node_command("fosp_agent", name, **parameters)
    process = Process(machines.command(side, command), log, domain)
    try:
        yield process
    finally:
        process.stop()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_weights_cross_a_cable_that_is_cut_in_mid_transfer_and_go_on_at_the_chunk_reached(
    ros_domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, run_dir, cache = tmp_path / "start.safetensors", tmp_path / "run", tmp_path / "cache"
    weights.fresh("small", start, seed=0)
    with (
        two_machines(monkeypatch) as machines,
        node_on(
            machines, "trainer", "trainer_node", ros_domain, tmp_path / "trainer.log",
            run_dir=run_dir, weights=start,
        ) as trainer,
        node_on(
            machines, "robot", "policy_node", ros_domain, tmp_path / "policy.log",
            force_fetch=True, cache_dir=cache,
        ) as policy,
    ):  # fmt: skip
        sizes: list[int] = []

        def part() -> Path | None:
            assert trainer.popen.poll() is None, trainer.output
            assert policy.popen.poll() is None, policy.output
            found = list(cache.glob("*.part"))
            if found:
                sizes.append(found[0].stat().st_size)
            return found[0] if found else None

        def under_way() -> Path | None:
            return part() if part() and sizes[-1] >= 2 * CHUNK_BYTES else None

        begun = wait_for(under_way, 90, "two chunks of the weights to arrive")
        machines.cable(plugged=False)
        wait_for(lambda: part() and "Trying again" in policy.output, 40, "the policy to notice")
        reached, inode = sizes[-1], begun.stat().st_ino
        assert 0 < reached < start.stat().st_size
        machines.cable(plugged=True)

        def arrived() -> list[Path]:
            part()
            return list(cache.glob("*.safetensors"))

        (fetched,) = wait_for(arrived, 90, "the rest of the weights to arrive")
        wait_for(lambda: "weights version" in policy.output, 30, "the weights to act")
        announced = next((run_dir / "weights").glob("*.safetensors"))
        assert sha256(fetched) == sha256(announced)
        # The same file went on growing: nothing that had arrived was asked for again.
        assert fetched.stat().st_ino == inode
        assert sizes == sorted(sizes)
        assert reached >= 2 * CHUNK_BYTES
