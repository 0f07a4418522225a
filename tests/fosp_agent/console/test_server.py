"""The server over a real socket: security, two pages at once, and what a refusal leaves behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestServer

from fakes.label_journal import LabelJournal
from fosp_agent.console.access import Access
from fosp_agent.console.board import Board
from fosp_agent.console.server import About, Console
from fosp_agent.control.verbs import VERBS
from fosp_agent.episodes.store import EpisodeStore

ID = "original-1-a"


class Site:
    """A console with pages."""

    def __init__(self, server: TestServer, session: ClientSession, run: Path) -> None:
        self.server, self.session, self.run = server, session, run
        self.url = f"http://127.0.0.1:{server.port}"

    async def page(self, origin: str | None = "own") -> ClientWebSocketResponse:
        headers = {"Origin": self.url if origin == "own" else origin} if origin else {}
        return await self.session.ws_connect(f"{self.url}/socket", headers=headers)

    async def status(self, path: str, **options: Any) -> int:
        async with self.session.get(self.url + path, **options) as answer:
            return answer.status


async def hear(page: ClientWebSocketResponse, wanted: Callable[[dict[str, Any]], bool]) -> Any:
    while True:
        message = await asyncio.wait_for(page.receive(), 10)
        assert message.type is WSMsgType.TEXT, message
        content = json.loads(message.data)
        if wanted(content):
            return content


async def ask(page: ClientWebSocketResponse, number: int, **fields: Any) -> dict[str, Any]:
    await page.send_str(json.dumps({"id": number, **fields}))
    return await hear(page, lambda m: m["type"] == "reply" and m["id"] == number)


def label(first: int, revision: int = 0, who: str = "one") -> dict[str, Any]:
    spans = [{"kind": "reward", "first": first, "last": first + 1}]
    fields = {"episode_id": ID, "revision": revision, "spans": spans, "labeller": who}
    return {"type": "label", **fields}


@pytest.fixture
def run(tmp_path: Path, make_episode) -> Path:
    store = EpisodeStore(tmp_path / "run" / "episodes")
    store.write(replace(make_episode(ID), labelled=False))
    (tmp_path / "secret.jpg").write_text("treasure")
    return tmp_path / "run"


@pytest.fixture
def visit(run: Path):
    """Run a visit to a console."""

    def go(scene: Callable[[Site], Awaitable[None]], access: Access | None = None) -> None:
        async def whole() -> None:
            console = Console(
                Board(["policy_node"]),
                LabelJournal(run),
                access or Access.of("127.0.0.1", ""),
                run,
                None,
                About("run", ("policy_node",), "me"),
            )
            async with TestServer(console.application()) as server, ClientSession() as session:
                await scene(Site(server, session, run))

        asyncio.run(whole())

    return go


def test_a_page_is_told_who_it_talks_to_what_there_is_and_that_a_node_is_silent(visit):
    async def scene(site: Site) -> None:
        page = await site.page()
        assert (await hear(page, lambda m: m["type"] == "hello"))["run"] == "run"
        rows = (await hear(page, lambda m: m["type"] == "episodes" and m["rows"]))["rows"]
        assert rows[0]["id"] == ID
        nodes = await hear(page, lambda m: m["type"] == "live" and m.get("nodes"))
        assert nodes["nodes"] == [{"name": "policy_node", "alive": False, "starting": True}]

    visit(scene)


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
def test_a_foreign_page_opens_no_socket(visit, origin: str | None):
    async def scene(site: Site) -> None:
        with pytest.raises(Exception, match="403"):
            await site.page(origin)

    visit(scene)


def test_a_foreign_host_name_gets_nothing(visit):
    async def scene(site: Site) -> None:
        assert await site.status("/", headers={"Host": "evil.example"}) == 403
        assert await site.status("/") == 200

    visit(scene)


def test_with_a_token_nothing_is_had_without_it_and_the_cookie_is_for_this_site_alone(visit):
    async def scene(site: Site) -> None:
        for path in ("/", "/static/js/main.js", f"/media/thumb/{ID}.jpg", "/?token=wrong"):
            assert await site.status(path) == 401
        with pytest.raises(Exception, match="401"):
            await site.page()
        options = {"allow_redirects": False}
        async with site.session.get(f"{site.url}/?token=right", **options) as answer:
            assert answer.status == 302
            assert answer.headers["Location"] == "/"
            cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        jar = {"Cookie": cookie.partition(";")[0]}
        assert await site.status("/", headers=jar) == 200

    visit(scene, Access("0.0.0.0", "right"))


@pytest.mark.parametrize(
    "path",
    [
        "/media/thumb/..%2f..%2f..%2fsecret.jpg",
        "/media/sheet/%2e%2e%2fsecret",
        "/media/thumb/%00.jpg",
        "/media/else/original-1-a.jpg",
        "/static/..%2fserver.py",
        "/static/../../board.py",
        "/static/%2fetc%2fpasswd",
    ],
)
def test_no_path_reaches_the_file_system(visit, path: str):
    async def scene(site: Site) -> None:
        from yarl import URL

        async with site.session.get(URL(site.url + path, encoded=True)) as answer:
            assert answer.status in (403, 404)
            assert "treasure" not in await answer.text()

    visit(scene)


def test_every_answer_forbids_scripts_from_elsewhere_and_frames(visit):
    async def scene(site: Site) -> None:
        for path in ("/", "/static/js/main.js", f"/media/thumb/{ID}.jpg", "/nothing"):
            async with site.session.get(site.url + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy

    visit(scene)


@pytest.mark.parametrize("text", ["{", "[]", '{"id": 1, "type": "eval"}', "x" * 300_000])
def test_a_malformed_message_closes_its_own_socket_and_no_other(visit, text: str):
    async def scene(site: Site) -> None:
        bad, good = await site.page(), await site.page()
        await bad.send_str(text)
        while (message := await asyncio.wait_for(bad.receive(), 10)).type is WSMsgType.TEXT:
            pass
        assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        assert (await ask(good, 1, type="watch", live=True))["ok"]

    visit(scene)


def test_binary_messages_close_their_socket(visit):
    async def scene(site: Site) -> None:
        page = await site.page()
        await page.send_bytes(b"\0" * 10)
        while (message := await asyncio.wait_for(page.receive(), 10)).type is WSMsgType.TEXT:
            pass
        assert message.type is WSMsgType.CLOSE

    visit(scene)


def test_of_two_pages_that_label_at_once_one_wins_and_the_other_is_told(visit):
    async def scene(site: Site) -> None:
        one, two = await site.page(), await site.page()
        replies = await asyncio.gather(
            ask(one, 1, **label(1, who="one")), ask(two, 1, **label(3, who="two"))
        )
        assert sorted(reply["ok"] for reply in replies) == [False, True]
        refused = next(reply for reply in replies if not reply["ok"])
        assert refused["conflict"]
        assert refused["revision"] == 1
        labels = EpisodeStore(site.run / "episodes").labels.revisions(ID)
        assert len(labels) == 1
        assert labels[0].labeller in refused["message"]

    visit(scene)


def test_a_label_reaches_every_page_and_a_correction_keeps_the_earlier_one(visit):
    async def scene(site: Site) -> None:
        one, two = await site.page(), await site.page()
        assert (await ask(one, 1, **label(1)))["revision"] == 1
        await hear(
            two, lambda m: m["type"] == "episodes" and m["rows"][0]["label"]["revision"] == 1
        )
        assert (await ask(two, 1, **label(4, revision=1, who="two")))["revision"] == 2
        detail = (await ask(one, 2, type="episode", episode_id=ID))["episode"]
        assert [one["labeller"] for one in detail["revisions"]] == ["one", "two"]
        assert detail["spans"] == [{"kind": "reward", "first": 4, "last": 5}]

    visit(scene)


def test_a_draft_comes_back_and_ends_with_the_label(visit):
    async def scene(site: Site) -> None:
        page = await site.page()
        spans = [{"kind": "cost", "first": 0, "last": 2}]
        draft = {"episode_id": ID, "revision": 0, "author": "w", "spans": spans}
        assert (await ask(page, 1, type="draft", **draft))["ok"]
        again = await site.page()
        detail = (await ask(again, 1, type="episode", episode_id=ID))["episode"]
        assert detail["draft"]["spans"] == spans
        assert (await ask(again, 2, **label(1)))["ok"]
        assert (await ask(again, 3, type="episode", episode_id=ID))["episode"]["draft"] is None

    visit(scene)


def test_what_is_refused_is_an_answer_and_the_socket_stays(visit):
    async def scene(site: Site) -> None:
        page = await site.page()
        past = {**label(1), "spans": [{"kind": "cost", "first": 0, "last": 999}]}
        assert "past the end" in (await ask(page, 1, **past))["message"]
        unknown = {**label(1), "episode_id": "../nobody"}
        assert not (await ask(page, 2, **unknown))["ok"]
        assert not (await ask(page, 3, type="suggest", episode_id=ID))["ok"]
        assert "no session" in (await ask(page, 4, type="command", what="start"))["message"]
        assert not page.closed

    visit(scene)


@pytest.mark.parametrize("what", VERBS)
def test_a_page_is_told_what_the_robots_service_answered(visit, what: str):
    async def scene(site: Site) -> None:
        page = await site.page()
        reply = await ask(page, 1, type="command", what=what)
        assert (reply["ok"], reply["message"]) == (False, f"{what}: no session")

    visit(scene)


@pytest.mark.parametrize("verb", VERBS.values())
def test_no_verb_of_the_robot_is_had_without_the_pages_socket_and_its_token(visit, verb):
    async def scene(site: Site) -> None:
        for method in ("GET", "POST"):
            asked = site.session.request(method, f"{site.url}/{verb.service}")
            async with asked as answer:
                assert answer.status == 401
        with pytest.raises(Exception, match="401"):
            await site.page()

    visit(scene, Access("0.0.0.0", "right"))
