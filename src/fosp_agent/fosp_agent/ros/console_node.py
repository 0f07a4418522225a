"""The operator's console: a web page to watch the robot, and to label its episodes."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import rclpy
from aiohttp import web
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from fosp_agent.console.access import Access
from fosp_agent.console.board import Board
from fosp_agent.console.server import About, Console
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros.board_link import existing
from fosp_agent.ros.console_link import ConsoleLink
from fosp_agent.ros.gate_box import ask_for_box
from fosp_agent.ros.heartbeat import Heart
from fosp_agent.ros.params import declare
from fosp_agent.ros.spin import hear_the_first_interrupt

END_PATIENCE = 2.0
"""How long the pages may take to be told goodbye [s]."""


@dataclass(frozen=True)
class ConsoleConfig:
    """The parameters of the node."""

    run_dir: Path = Path()
    """Folder of the run: its episodes are shown and labelled."""
    host: str = "127.0.0.1"
    """Address to listen at; any but this machine's own asks every page for a token."""
    port: Annotated[int, Range(0, 65535)] = 8642
    """0: any that is free."""
    token: str = ""
    """What a page must know; empty: made anew where one is needed."""
    weights: Path = Path()
    """File that acts until the trainer announces another; to look through its world model."""
    expected_nodes: tuple[str, ...] = ()
    """Shown as dead while they are silent."""
    niceness: Annotated[int, Range(0, 19)] = 10
    """How far the console steps back behind the control loop, 0 to 19."""


async def serve(node: Node, config: ConsoleConfig) -> None:
    """Serve until a signal comes."""
    board = Board(config.expected_nodes)
    link = ConsoleLink(node, board)
    access = Access.of(config.host, config.token)
    about = About(config.run_dir.name, config.expected_nodes, getpass.getuser())
    console = Console(board, link, access, config.run_dir, existing(config.weights), about)
    link.show_camera(console.camera)
    runner = web.AppRunner(console.application(), access_log=None, handle_signals=False)
    await runner.setup()
    port = await listen(runner, config)
    address = announce(config, access, port)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    thread = threading.Thread(target=_spin, args=(executor,), name="ros", daemon=True)
    thread.start()
    loop = asyncio.get_running_loop()
    ask_for_box(node, lambda low, high: loop.call_soon_threadsafe(console.workspace, low, high))
    ended = asyncio.Event()

    def end(*_: object) -> None:
        """Once: what comes after the first signal would hurt, above all when the loop is gone."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        loop.call_soon_threadsafe(ended.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)  # not the loop's own handlers: those go with the loop
    try:
        await ended.wait()
    finally:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(runner.cleanup(), END_PATIENCE)
        address.unlink(missing_ok=True)
        executor.shutdown(timeout_sec=1.0)
        thread.join(1.0)


async def listen(runner: web.AppRunner, config: ConsoleConfig) -> int:
    """Listen at the wanted port, or at any free one where somebody else has it; returns it.

    Raises:
        UserError: the address is none of this machine's.
    """
    for port in (config.port, 0):
        site = web.TCPSite(runner, config.host, port)
        try:
            await site.start()
        except OSError as problem:
            if port == 0:
                raise UserError(
                    f"console_node cannot listen at {config.host} ({problem.strerror}): give "
                    "another host"
                ) from problem
            print(f"console: port {port} is taken, another one is used", flush=True)
            continue
        break
    sockets: Any = runner.addresses
    return int(sockets[-1][1])


def announce(config: ConsoleConfig, access: Access, port: int) -> Path:
    """Tell the person where the page is; the same line is in the returned file."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    query = f"?token={access.token}" if access.token else ""
    url = f"http://{host}:{port}/{query}"
    line = f"  operator's console: {url}  "
    print(f"\n┌{'─' * len(line)}┐\n│{line}│\n└{'─' * len(line)}┘\n", flush=True)
    path = config.run_dir / "console" / "url"
    path.touch(mode=0o600)
    path.write_text(url + "\n")
    return path


def _spin(executor: SingleThreadedExecutor) -> None:
    with contextlib.suppress(ExternalShutdownException):
        executor.spin()


def main() -> None:
    """Entry point."""
    hear_the_first_interrupt()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("console_node")
    Heart(node)
    try:
        config = declare(node, ConsoleConfig)
        if config.run_dir == Path():
            raise UserError("console_node needs the parameter 'run_dir'")
        os.nice(max(0, config.niceness))
        asyncio.run(serve(node, config))
    except UserError as problem:
        print(f"error: {problem}", file=sys.stderr, flush=True)
        sys.exit(2)
    except KeyboardInterrupt:
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
