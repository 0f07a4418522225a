"""A simulated Franka arm that speaks libfranka's protocol, and that can be made to fail.

Runs in an environment of its own that has franky-sim. Reads commands from its standard input, one a
line: ``reflex`` (an error that needs a recovery), ``force N`` (an external force along z [N]),
``quit``. Prints ``ready <address>`` when it serves.
"""

import sys
import threading

from franky_sim import SimulationServer
from franky_sim.franka_robot_protocol import (
    AutomaticErrorRecoveryCommand,
    BaseCommand,
    MoveCommand,
    MoveStatus,
    RobotCommand,
    RobotMode,
)
from franky_sim.franka_robot_server import FrankaRobotServer
from franky_sim.mujoco_simulator import MujocoSimulator

FAULT = {"error": False, "force": 0.0, "abort": False}
healthy_state = FrankaRobotServer.robot_state
healthy_move = MoveCommand.handle
healthy_recovery = AutomaticErrorRecoveryCommand.handle
healthy_commands = FrankaRobotServer.process_commands


def state(server):
    found = healthy_state.fget(server)
    wrench = (0.0, 0.0, FAULT["force"], 0.0, 0.0, 0.0)
    found = found.replace(O_F_ext_hat_K=wrench)
    if not FAULT["error"]:
        return found
    errors = list(found.errors)
    errors[ERROR_INDEX] = True
    return found.replace(robot_mode=RobotMode.kReflex, errors=tuple(errors))


def move(command, server):
    if FAULT["error"]:
        command.reply(MoveStatus.kCommandNotPossibleRejected)
    else:
        healthy_move(command, server)


def recover(command, server):
    FAULT["error"] = False
    healthy_recovery(command, server)


def process_commands(server):
    if FAULT["abort"]:
        FAULT["abort"] = False
        motion = server.current_motion_id
        server.stop_motion(send_preemption_signal=False)
        if motion:
            BaseCommand.send_response(
                server._tcp_socket, RobotCommand.kMove, motion, MoveStatus.kReflexAborted
            )
            server.reset_current_motion_id()
    healthy_commands(server)


ERROR_INDEX = 3
"""Of libfranka's list of errors: cartesian_reflex."""


def obey(line):
    word, _, value = line.strip().partition(" ")
    if word == "reflex":
        FAULT.update(error=True, abort=True)
    elif word == "force":
        FAULT["force"] = float(value)


def main():
    FrankaRobotServer.robot_state = property(state)
    FrankaRobotServer.process_commands = process_commands
    MoveCommand.handle = move
    AutomaticErrorRecoveryCommand.handle = recover
    with MujocoSimulator(enable_visualization=False) as simulator:
        robot = simulator.add_robot()
        with SimulationServer(simulator) as server:
            thread = threading.Thread(target=server.run_forever, daemon=True)
            thread.start()
            print(f"ready {robot.hostname}", flush=True)
            for line in sys.stdin:
                if line.strip() == "quit":
                    break
                obey(line)
            server.running = False
            thread.join(2.0)


if __name__ == "__main__":
    main()
