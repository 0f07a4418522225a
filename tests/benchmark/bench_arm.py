"""What the command gate adds, and how regularly the arm's node speaks.

Prints how long the gate's core takes for a verdict, and (with franky-sim) the rate of franka_node's
pose as another process sees it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fosp_agent.control.cadence import Cadence
from fosp_agent.control.command_gate import CommandGate
from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.gate_verdict import Request, RobotState

TESTS = Path(__file__).resolve().parents[1]
REQUESTS = 5000
SECONDS = 10.0
DOMAIN = 93


def gate() -> None:
    """Processor time of one judgement: what the gate adds where a core is free for it."""
    low, high = (0.3, -0.2, 0.0), (0.7, 0.2, 0.3)
    judge = CommandGate(GateConfig(box_min=low, box_max=high, max_tilt=0.3)).judge
    rng, pose = np.random.default_rng(0), np.array([0.5, 0.0, 0.1, 0.0, 0.0, 0.0])
    scale = np.array(GateConfig().action_scale)
    times = []
    for step in range(REQUESTS):
        normalized, stamp = rng.uniform(-1, 1, 6), step * 100_000_000
        request = Request("e", step, stamp, "policy", normalized * scale, normalized, "base")
        state = RobotState(stamp, "e", pose, stamp)
        begin = time.thread_time()
        judge(request, state)
        times.append(time.thread_time() - begin)
    p50, p99 = np.percentile(times, [50, 99]) * 1e3
    print(f"command gate: {p50:.3f} ms a request (median), p99 {p99:.3f} ms of processor time")


def arm() -> None:
    """Intervals between poses."""
    from geometry_msgs.msg import PoseStamped

    sys.path.insert(0, str(TESTS))
    from integration.franka_sim import franka_node, simulated_arm
    from integration.stack import ear, wait_for

    folder = Path(tempfile.mkdtemp(prefix="bench-arm-"))
    with (
        simulated_arm(folder / "sim.log") as simulated,
        franka_node(DOMAIN, folder / "node.log", simulated),
        ear(DOMAIN) as listener,
    ):
        topic = "franka_robot_state_broadcaster/current_pose"
        heard = listener.listen(PoseStamped, topic, 10)
        wait_for(lambda: len(heard) > 100, 60, "poses arrive")
        first = len(heard)
        time.sleep(SECONDS)
        stamps = [m.header.stamp.sec + m.header.stamp.nanosec * 1e-9 for m in heard[first:]]
    cadence = Cadence(1.0 / 100.0)
    for stamp in stamps:
        cadence.tick(stamp)
    found = cadence.report()
    print(
        f"franka_node: {found.rate:.1f} Hz over {SECONDS:.0f} s, {found.late_share:.2%} of the "
        f"intervals over 15 ms, longest {found.longest * 1e3:.1f} ms"
    )


if __name__ == "__main__":
    gate()
    try:
        arm()
    except BaseException as problem:
        if type(problem).__name__ != "Skipped":
            raise
        print(f"franka_node: not measured: {problem}")
