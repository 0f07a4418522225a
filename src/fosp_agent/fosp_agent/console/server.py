"""The web server: pages, pictures, and one socket a page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from fosp_agent.console.access import COOKIE, Access
from fosp_agent.console.board import Board
from fosp_agent.console.camera import CameraView
from fosp_agent.console.desk import Desk
from fosp_agent.console.hub import Hub, Page, dump, picture
from fosp_agent.console.library import Library
from fosp_agent.console.media import jpeg, visible
from fosp_agent.console.protocol import ProtocolError, parse
from fosp_agent.console.robot import Robot
from fosp_agent.console.versions import versions
from fosp_agent.console.vision import VisionLoop
from fosp_agent.errors import UserError

TICK = 0.1
"""Between two rounds of news [s]."""
LARGEST_MESSAGE = 1 << 18
"""A page's largest request [bytes]."""
VIEW = 1
"""Kind of the picture messages that show what the policy sees."""
PAGES = ("/", "/live", "/label", "/history", "/dataset")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class About:
    """What every page is told first."""

    run: str
    stack_nodes: tuple[str, ...]
    labeller: str


class Console:
    """Board, library and pages, tied together on one event loop."""

    def __init__(
        self,
        board: Board,
        robot: Robot,
        access: Access,
        run_dir: Path,
        weights: Path | None,
        about: About,
    ) -> None:
        self._board, self._robot, self._access, self._about = board, robot, access, about
        self._run_dir = run_dir
        self._hub = Hub()
        self._files = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._library = Library(run_dir)
        self._vision = VisionLoop(board, self._hub, run_dir, weights)
        self.camera = CameraView()
        """Takes the frames that people are shown."""
        self._desk = Desk(robot, self._library, self._vision, self._hub, self._files)
        self._static = read_static()
        self._box: dict[str, Any] = {}
        self._ready = asyncio.Event()

    def application(self) -> web.Application:
        """The routes. Names in a path are keys of dictionaries, or ids known to the library."""
        app = web.Application(middlewares=[self._guard])
        for path in PAGES:
            app.router.add_get(path, self._index)
        app.router.add_get("/static/{name:[a-z0-9_./-]+}", self._asset)
        app.router.add_get("/media/{what:sheet|thumb}/{episode_id}", self._media)
        app.router.add_get("/socket", self._socket)
        app.on_startup.append(self._start)
        app.on_cleanup.append(self._stop)
        return app

    def workspace(self, low: list[float], high: list[float]) -> None:
        """The corners of the gate's box [m], once they are known."""
        self._box = {"low": low[:3], "high": high[:3]}
        self._hub.broadcast([{"type": "workspace", **self._box}])

    # -- requests ---------------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Hosts, tokens, and the headers of every answer."""
        if not self._access.serves(request.headers.get("Host", "")):
            return _dressed(web.Response(status=403, text="ask by a name of this machine"))
        given = request.query.get("token")
        if given is not None and self._access.knows(given):
            answer: web.StreamResponse = web.Response(status=302)
            answer.headers["Location"] = request.path
            answer.set_cookie(COOKIE, given, httponly=True, samesite="Strict", path="/")
        elif not self._access.knows(request.cookies.get(COOKIE)):
            answer = web.Response(
                status=401, text="Open the address that the console printed, with its token."
            )
        else:
            try:
                answer = await handler(request)
            except web.HTTPException as refusal:
                answer = web.Response(status=refusal.status, text=refusal.text)
        return _dressed(answer)

    async def _index(self, _: web.Request) -> web.Response:
        body, kind = self._static["index.html"]
        return web.Response(body=body, content_type=kind, charset="utf-8")

    async def _asset(self, request: web.Request) -> web.Response:
        found = self._static.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        body, kind = found
        return web.Response(body=body, content_type=kind, charset="utf-8")

    async def _media(self, request: web.Request) -> web.Response:
        name = request.match_info["episode_id"].removesuffix(".jpg")
        make = {"sheet": self._library.sheet, "thumb": self._library.thumb}
        try:
            data = await self._desk.on_files(make[request.match_info["what"]], name)
        except UserError as problem:
            raise web.HTTPNotFound(text=str(problem)) from None
        # A recorded file never changes.
        keep = {"Cache-Control": "private, max-age=86400, immutable"}
        return web.Response(body=data, content_type="image/jpeg", headers=keep)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if not self._access.trusts(origin, host):
            raise web.HTTPForbidden(text="only the console's own page may open this socket")
        socket = web.WebSocketResponse(heartbeat=10.0, max_msg_size=LARGEST_MESSAGE)
        await socket.prepare(request)
        page = Page(socket)
        await self._welcome(page)
        pump = asyncio.create_task(page.pump())
        try:
            await self._listen(page)
        finally:
            self._hub.pages.discard(page)
            self._robot.attend(len(self._hub.pages), self._hub.watching)
            pump.cancel()
        return socket

    async def _welcome(self, page: Page) -> None:
        about = self._about
        hello = {
            "type": "hello",
            "run": about.run,
            "nodes": about.stack_nodes,
            "labeller": about.labeller,
            "workspace": self._box,
        }
        weights = await self._desk.on_files(versions, self._run_dir)
        summaries = await self._desk.on_files(self._library.summaries)
        page.tell(dump(hello))
        page.tell(dump({"type": "weights", "versions": weights}))
        page.tell(dump({"type": "episodes", "all": True, "rows": summaries}))
        for message in self._board.everything():
            page.tell(dump(message))
        # From here on without a wait: no news is lost between the two.
        self._hub.pages.add(page)
        self._robot.attend(len(self._hub.pages), self._hub.watching)

    async def _listen(self, page: Page) -> None:
        tasks: set[asyncio.Task[None]] = set()
        async for message in page.socket:
            if message.type is not WSMsgType.TEXT:
                await page.socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
                return
            try:
                number, request = parse(message.data)
            except ProtocolError as problem:
                reason = str(problem).encode()[:120]
                await page.socket.close(code=WSCloseCode.POLICY_VIOLATION, message=reason)
                return
            task = asyncio.create_task(self._reply(page, number, request))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def _reply(self, page: Page, number: int, request: Any) -> None:
        page.tell(dump(await self._desk.answer(page, number, request)))

    # -- news -------------------------------------------------------------------------------

    async def _start(self, _: web.Application) -> None:
        self._tasks = [
            asyncio.create_task(work)
            for work in (
                self._tell_news(),
                self._look_for_episodes(),
                self._vision.run(),
                self.camera.run(self._hub),
            )
        ]

    async def _stop(self, _: web.Application) -> None:
        for task in self._tasks:
            task.cancel()
        await self._hub.close()
        self._vision.close()
        self._files.shutdown(wait=False, cancel_futures=True)

    async def _tell_news(self) -> None:
        shown: tuple[str, int] | None = None
        while True:
            await asyncio.sleep(TICK)
            self._board.look_for_dead(time.monotonic())
            changes = self._board.changes()
            self._hub.broadcast(changes)
            for event in self._board.events():
                self._hub.broadcast([{"type": "event", **event}])
                await self._take_in(event)
            if any("announced" in change for change in changes):
                listed = await self._desk.on_files(versions, self._run_dir)
                self._hub.broadcast([{"type": "weights", "versions": listed}])
            seen = self._board.newest() if self._hub.watching else None
            if seen is not None and (seen.episode_id, seen.step) != shown:
                shown = seen.episode_id, seen.step
                about = {"episode_id": seen.episode_id, "step": seen.step}
                self._hub.show(VIEW, picture(VIEW, about, jpeg(visible(seen.image), quality=92)))

    async def _take_in(self, event: dict[str, Any]) -> None:
        if event["kind"] == "RECORDED":
            self._ready.set()
        else:
            await self._desk.share(event["episode_id"])

    async def _look_for_episodes(self) -> None:
        """Take in new files: when one was announced, and every now and then."""
        while True:
            batches = self._library.refresh()
            while batch := await self._desk.on_files(next, batches, None):
                self._hub.broadcast([{"type": "episodes", "rows": batch}])
            self._ready.clear()
            try:
                await asyncio.wait_for(self._ready.wait(), 2.0)
            except asyncio.TimeoutError:
                continue


def _dressed(answer: web.StreamResponse) -> web.StreamResponse:
    """The answer with the headers that every one has, unless it is a socket by now."""
    if not answer.prepared:
        answer.headers.update({name: answer.headers.get(name, HEADERS[name]) for name in HEADERS})
    return answer


def read_static() -> dict[str, tuple[bytes, str]]:
    """Every file of the page by its name, with its type: requests never reach the disk."""
    root = resources.files("fosp_agent.console") / "static"
    found: dict[str, tuple[bytes, str]] = {}
    folders = [("", root)]
    while folders:
        prefix, folder = folders.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                folders.append((f"{prefix}{entry.name}/", entry))
            elif (kind := TYPES.get(Path(entry.name).suffix)) is not None:
                found[prefix + entry.name] = entry.read_bytes(), kind
    # All modules at once, not one after another as their imports are met.
    modules = sorted(name for name in found if name.endswith(".js") and "theme" not in name)
    links = "".join(f'<link rel="modulepreload" href="/static/{name}">' for name in modules)
    page, kind = found["index.html"]
    found["index.html"] = page.replace(b"</head>", links.encode() + b"</head>"), kind
    return found
