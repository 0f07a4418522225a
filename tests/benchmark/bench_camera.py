"""A 640x480 camera through observation_node, and with the policy to target_pose: rate, latency.

A software RealSense at 30 frames/s (or a stand-in without librealsense) and a pose at 100 Hz; the
recorder beside them counts what it lost. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from array import array
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from fosp_msgs.msg import Observation, SessionState
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fosp_agent.episodes import schema
from fosp_agent.episodes.reader import read_recording
from fosp_agent.ros import middleware, topics
from fosp_agent.ros.conversions import nanoseconds, stamped_pose
from fosp_agent.ros.qos import FRAMES, LATCHED, MEASURED, RECORDED, RELIABLE
from integration.stack import ROOT, ear, node, wait_for

WEIGHTS = ROOT / "models" / "safereach-small" / "weights.safetensors"
HOME = np.array([0.45, 0.0, 0.08, 0.0, 0.0, 0.0])


class Robot:
    """Camera and pose from this process, at exact rates."""

    def __init__(self, handle: object, fps: float) -> None:
        self._frames = handle.create_publisher(Image, topics.IMAGE, FRAMES)
        self._poses = handle.create_publisher(PoseStamped, topics.CURRENT_POSE, MEASURED)
        self._period = 1.0 / fps
        self._noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3)).astype(np.uint8)
        self.frames: list[int] = []
        self.poses: list[int] = []

    def run(self, seconds: float) -> None:
        begun = time.monotonic()
        frame_due = pose_due = begun
        while (now := time.monotonic()) < begun + seconds:
            if now >= pose_due:
                pose_due += 0.01
                stamp = time.time_ns()
                self._poses.publish(stamped_pose(HOME, stamp, "base"))
                self.poses.append(stamp)
            if now >= frame_due:
                frame_due += self._period
                self._show()
            time.sleep(max(0.0, min(frame_due, pose_due) - time.monotonic()))

    def _show(self) -> None:
        self._noise[len(self.frames) % 480] ^= 255
        message = Image(height=480, width=640, encoding="rgb8", step=1920)
        message.data = array("B", self._noise.tobytes())
        stamp = time.time_ns()
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 10**9)
        self._frames.publish(message)
        self.frames.append(stamp)


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    if not milliseconds:
        return {}
    found = np.percentile(milliseconds, [50, 99, 100])
    return dict(zip(("p50_ms", "p99_ms", "worst_ms"), np.round(found, 1).tolist(), strict=True))


def main() -> None:
    middleware.settle()
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--policy-hz", type=float, default=15.0)
    parser.add_argument("--domain", type=int, default=99)
    parser.add_argument("--set", default="", help="settings of the policy, e.g. planned")
    asked = parser.parse_args()
    print(json.dumps(measure(asked)))


def measure(asked: argparse.Namespace) -> dict[str, object]:
    steps = int(asked.seconds * asked.policy_hz) + 100
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name)
        policy = {"weights": WEIGHTS} | ({"settings": asked.set} if asked.set else {})
        box = {"box_min": "[0.3, -0.2, 0.0]", "box_max": "[0.6, 0.2, 0.3]"}
        for package, which, parameters in (
            ("fosp_agent", "observation_node", {"min_period": 0.9 / asked.policy_hz}),
            ("fosp_agent", "command_gate_node", box),
            ("fosp_agent", "session_node", {"task": "original", "max_steps": steps}),
            ("fosp_agent", "policy_node", policy),
            ("fosp_agent", "recorder_node", {"run_dir": folder}),
        ):
            log = folder / f"{which}.log"
            running.enter_context(node(package, which, asked.domain, log, **parameters))
        listener = running.enter_context(ear(asked.domain))
        observed: list[tuple[int, int]] = []
        aimed: list[tuple[int, int]] = []
        handle = listener.node

        def note(into: list[tuple[int, int]], message: object) -> None:
            into.append((nanoseconds(message.header.stamp), time.time_ns()))

        handle.create_subscription(
            Observation, topics.OBSERVATION, lambda m: note(observed, m), RECORDED
        )
        handle.create_subscription(
            PoseStamped, topics.TARGET_POSE, lambda m: note(aimed, m), RELIABLE
        )
        states = listener.listen(SessionState, topics.SESSION_STATE, LATCHED)
        robot = Robot(handle, asked.fps)
        start = handle.create_client(Trigger, topics.START_EPISODE)
        stop = handle.create_client(Trigger, topics.STOP_EPISODE)
        wait_for(start.service_is_ready, 60, "the session answers")

        def begun() -> bool:
            future = start.call_async(Trigger.Request())
            wait_for(future.done, 20, "the session answers")
            return bool(future.result().success)

        wait_for(begun, 60, "an episode starts")
        robot.run(asked.seconds)
        wait_for(stop.call_async(Trigger.Request()).done, 20, "the session stops")
        episode = states[-1].episode_id
        file = folder / "episodes" / f"{episode}.mcap"
        wait_for(file.exists, 60, "the file is closed")
        return report(robot, observed, aimed, file)


def report(
    robot: Robot, observed: list[tuple[int, int]], aimed: list[tuple[int, int]], file: Path
) -> dict[str, object]:
    def ages(pairs: list[tuple[int, int]]) -> dict[str, float]:
        return percentiles([(at - stamp) / 1e6 for stamp, at in pairs[5:]])

    recording = read_recording(file, streams=True)
    first = recording.observations[0][0]
    kept = {
        topic: {m.stamp_ns for m in recording.streams if m.topic == topic}
        for topic in (schema.PICTURES, schema.POSES)
    }
    sent = {schema.PICTURES: robot.frames, schema.POSES: robot.poses}
    lost = {
        topic: f"{len([s for s in stamps if s >= first and s not in kept[topic]])} of "
        f"{len([s for s in stamps if s >= first])}"
        for topic, stamps in sent.items()
    }
    gaps = np.diff([stamp for stamp, _ in observed[5:]]) / 1e6
    return {
        "camera to observation": ages(observed),
        "camera to target_pose": ages(aimed),
        "decisions": len(aimed),
        "observation period": percentiles(gaps.tolist()),
        "recorder lost": lost,
        "file_MB": round(file.stat().st_size / 1e6, 1),
    }


if __name__ == "__main__":
    main()
