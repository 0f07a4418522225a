"""What the operator's console costs the control loop, and how quick its pages are.

    python tests/benchmark/bench_console.py [--loop-episodes 8] [--history-episodes 1000]

The loop: a fine-tuning stack in real time, a page open in every second episode (a socket that
watches, as a tablet beside the robot would; its own drawing is not this machine's work). The pages:
Debian's Chromium, where it is installed. Prints a table; exits 1 when a limit is missed. For a
machine that does nothing else: `make bench-console`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode
from integration.stack import ROOT, node_command

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
figures: list[tuple[str, float, float, str]] = []  # name, value, limit, unit


def report(what: str, value: float, limit: float, unit: str, detail: str = "") -> None:
    """Keep a figure for the table; print it with how it came about."""
    figures.append((what, value, limit, unit))
    print(f"{what}: {value:.1f} {unit} {detail}".rstrip(), flush=True)


def print_table() -> bool:
    """Every figure beside its limit; whether all are kept."""
    print(f"\n{'figure':<36} {'measured':>12} {'limit':>10}")
    for what, value, limit, unit in figures:
        word = "" if value <= limit else "  MISSED"
        print(f"{what:<36} {value:>9.1f} {unit:<2} {limit:>7g} {unit:<2}{word}")
    return all(value <= limit for _, value, limit, _ in figures)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loop-episodes", type=int, default=8)
    parser.add_argument("--history-episodes", type=int, default=1000)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if options.loop_episodes:
            asyncio.run(measure_loop(Path(folder) / "loop", options.loop_episodes))
        if options.history_episodes:
            measure_pages(Path(folder) / "pages", options.history_episodes)
    return int(not print_table())


# -- the control loop -----------------------------------------------------------------------


async def measure_loop(run: Path, episodes: int) -> None:
    """Ticks of the policy with and without a page, and what the page costs."""
    arguments = {"run_dir": run, "episodes": episodes, "tests": 0, "updates_per_episode": 1}
    arguments |= {"lockstep": "false", "console_port": 0, "dataset": "none"}
    with launched("finetune", arguments) as process:
        url = await address(run, process)
        pid = child(process.pid, "console_node")
        watched, seconds, spent = await watch_every_second(url, run, process, pid)
    lines = (run / "policy_latency.jsonl").read_text(encoding="utf-8").splitlines()
    ticks: dict[bool, list[float]] = {True: [], False: []}
    for entry in map(json.loads, lines):
        ticks[entry["episode_id"] in watched] += entry["ticks_ms"][5:]
    for group in ticks.values():
        if not group:
            raise SystemExit("every episode was watched, or none: give more --loop-episodes")
    (open99, shut99), (open50, shut50) = (
        [float(np.percentile(ticks[key], q)) for key in (True, False)] for q in (99, 50)
    )
    detail = f"p99 {shut99:.1f} ms without and {open99:.1f} ms with a page, "
    detail += f"p50 {shut50:.2f} and {open50:.2f}; {len(ticks[True])} + {len(ticks[False])} ticks"
    report("control loop, added at p99", open99 - shut99, 1.0, "ms", f"({detail})")
    report("console, share of one core", 100 * spent / seconds, 25.0, "%", "(page open)")


async def watch_every_second(
    url: str, run: Path, process: subprocess.Popen[bytes], pid: int
) -> tuple[set[str], float, float]:
    """Watched episodes, how long pages were open [s], and processor time meanwhile [s]."""
    met: list[str] = []
    seconds = spent = 0.0
    async with ClientSession() as session:
        while process.poll() is None:
            try:
                page = await session.ws_connect(f"{url}socket", headers={"Origin": url[:-1]})
                running = await until(
                    page, lambda m: m.get("phase") == "RUNNING" and m["episode_id"] not in met
                )
                met.append(str(running["episode_id"]))
                if len(met) % 2 == 0:
                    began, before = time.monotonic(), cpu_seconds(pid)
                    await page.send_json({"id": 1, "type": "watch", "live": True})
                    await until(page, lambda m: m.get("phase") not in ("RUNNING", None))
                    seconds += time.monotonic() - began
                    spent += cpu_seconds(pid) - before
                await page.close()
                await timed(run, met[-1], process)
            except (ConnectionError, OSError, EOFError):
                break
    return set(met[1::2]), max(seconds, 1e-9), spent


async def timed(run: Path, episode: str, process: subprocess.Popen[bytes]) -> None:
    """Wait, with no page open, until the ticks of an episode are written."""
    path = run / "policy_latency.jsonl"
    while process.poll() is None and not (path.exists() and episode in path.read_text()):
        await asyncio.sleep(0.2)


async def until(
    page: ClientWebSocketResponse, wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The first state of the session that is wanted."""
    while True:
        message = await page.receive()
        if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING):
            raise EOFError
        if message.type is WSMsgType.TEXT:
            session = json.loads(message.data).get("session")
            if session and wanted(session):
                return dict(session)


async def address(run: Path, process: subprocess.Popen[bytes]) -> str:
    path = run / "console" / "url"
    while not (path.exists() and path.read_text()):
        if process.poll() is not None:
            raise SystemExit("the stack ended before its console listened")
        await asyncio.sleep(0.2)
    return path.read_text().strip()


# -- the pages ------------------------------------------------------------------------------


def measure_pages(run: Path, episodes: int) -> None:
    """Time until a page may be used, a label's round trip, and scrolling through the history."""
    if CHROMIUM is None:
        print("pages: not measured, no Chromium here (make browser)")
        return
    write_episodes(EpisodeStore(run / "episodes"), episodes)
    nodes = [["console_node", "port", "0"], ["label_node"]]
    with processes(run, nodes):
        while not (run / "console" / "url").exists():
            time.sleep(0.2)
        url = (run / "console" / "url").read_text().strip()
        in_browser(url, episodes)


def in_browser(url: str, episodes: int) -> None:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(f"{url}history")
        while page.inner_text(".history .row .quiet") != f"{episodes} of {episodes}":
            page.wait_for_timeout(200)  # the first look reads every file
        times = [interactive(page, url) for _ in range(5)]
        report("page interactive", float(np.median(times)), 1000.0, "ms", "(median of 5, /live)")
        measure_scrolling(page, url)
        measure_labels(page, url)
        browser.close()


def interactive(page: Any, url: str) -> float:
    page.goto(f"{url}live")
    while page.get_attribute("#link", "data-state") != "connected":
        page.wait_for_timeout(10)
    return float(page.evaluate("() => performance.now()"))


def measure_scrolling(page: Any, url: str) -> None:
    page.goto(f"{url}history")
    page.wait_for_selector(".entry")
    gaps = page.evaluate(
        """() => new Promise((done) => {
            const list = document.querySelector(".scroller"), gaps = [];
            let last = performance.now();
            const step = (now) => {
                gaps.push(now - last); last = now;
                list.scrollTop += 140;
                if (gaps.length < 240) requestAnimationFrame(step); else done(gaps.slice(1));
            };
            requestAnimationFrame(step);
        })"""
    )
    entries = page.evaluate("() => document.querySelectorAll('.entry').length")
    detail = f"(median {np.median(gaps):.1f} ms, worst {max(gaps):.0f} ms, {entries} rows exist)"
    report("history, frame at p95", float(np.percentile(gaps, 95)), 34.0, "ms", detail)


def measure_labels(page: Any, url: str) -> None:
    page.goto(f"{url}label")
    for count in range(1, 12):
        page.wait_for_timeout(400)
        page.keyboard.press("End")
        page.keyboard.press("s")
        while len(page.evaluate("() => performance.getEntriesByName('label')")) < count:
            page.wait_for_timeout(20)
    times = page.evaluate("() => performance.getEntriesByName('label').map((x) => x.duration)")
    detail = f"(p95 of {len(times)}, median {np.median(times):.0f} ms)"
    report("label, round trip", float(np.percentile(times, 95)), 200.0, "ms", detail)


def write_episodes(store: EpisodeStore, count: int) -> None:
    """Short unlabelled episodes with pictures."""
    rng = np.random.default_rng(0)
    for number in range(count):
        length = 9
        image = np.full((length, 64, 64, 3), rng.integers(40, 220, 3), np.uint8)
        image[:, 20:44, 20:44] = rng.integers(0, 255, 3)
        pose = np.zeros((length, 6), np.float32)
        pose[:, :3] = np.array([0.5, 0.0, 0.07]) + rng.normal(0, 0.01, (length, 3)).cumsum(0)
        zeros = np.zeros(length, np.float32)
        action = np.zeros((length, 6), np.float32)
        flags = np.zeros(length, np.bool_)
        name = f"original-{number}-bench"
        store.write(Episode(name, image, pose, action, zeros, zeros, flags, False, "original"))


# -- processes ------------------------------------------------------------------------------


@contextmanager
def launched(stack: str, arguments: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """A stack for the length of a ``with``."""
    command = [sys.executable, "-m", "fosp_agent.cli.main", "launch", stack]
    command += [f"{name}:={value}" for name, value in arguments.items()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def processes(run: Path, nodes: list[list[str]]) -> Iterator[None]:
    """Single nodes, with the run's folder and further parameters."""
    started = []
    for name, *rest in nodes:
        parameters = dict(zip(rest[::2], rest[1::2], strict=True))
        command = node_command("fosp_agent", name, run_dir=run, **parameters)
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))
    try:
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def child(parent: int, name: str) -> int:
    """Pid of the child whose command line has ``name``."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().decode()
        except OSError:
            continue
        if int(fields[1]) == parent and name in command:
            return int(folder.name)
    raise SystemExit(f"no process {name} below {parent}")


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has taken [s]."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        raise EOFError from None
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


if __name__ == "__main__":
    sys.exit(main())
