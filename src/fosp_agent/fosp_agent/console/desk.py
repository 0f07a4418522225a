"""Answers the requests of the pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from fosp_agent.console.drafts import Draft
from fosp_agent.console.hub import Hub, Page
from fosp_agent.console.library import Library
from fosp_agent.console.protocol import (
    Command,
    GiveLabel,
    OpenEpisode,
    Request,
    RollBack,
    SaveDraft,
    Suggest,
    Watch,
)
from fosp_agent.console.robot import Robot
from fosp_agent.console.vision import VisionLoop
from fosp_agent.errors import UserError

Reply = dict[str, Any]
ResultT = TypeVar("ResultT")


class Desk:
    """One for all pages: what two of them ask at once is done one after the other."""

    def __init__(
        self, robot: Robot, library: Library, vision: VisionLoop, hub: Hub, files: Executor
    ) -> None:
        """Serve.

        Args:
            robot: the stack's services.
            library: touched on ``files`` only.
            vision: the world model's opinion.
            hub: the pages.
            files: an executor with one thread.
        """
        self._robot, self._library, self._vision = robot, library, vision
        self._hub, self._files = hub, files
        self._labelling = asyncio.Lock()
        self._answers: dict[type[Any], Callable[[Page, Any], Awaitable[Reply]]] = {
            Command: self._command,
            GiveLabel: self._label,
            SaveDraft: self._draft,
            OpenEpisode: self._open,
            Suggest: self._suggest,
            Watch: self._watch,
            RollBack: self._roll_back,
        }

    async def answer(self, page: Page, number: int, request: Request) -> Reply:
        """Do what is asked; a refusal is an answer with ``ok`` false."""
        try:
            reply = await self._answers[type(request)](page, request)
        except UserError as problem:
            reply = {"ok": False, "message": str(problem)}
        return {"type": "reply", "id": number, **reply}

    async def on_files(self, work: Callable[..., ResultT], *arguments: Any) -> ResultT:
        """Run something on the library's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._files, work, *arguments)

    async def share(self, episode_id: str) -> None:
        """Tell every page how an episode stands now."""
        try:
            summary = await self.on_files(self._library.summary, episode_id)
        except UserError:
            return
        self._hub.broadcast([{"type": "episodes", "rows": [summary]}])

    async def _command(self, _: Page, request: Command) -> Reply:
        answer = await self._robot.command(request.what)
        return {"ok": answer.ok, "message": answer.message}

    async def _roll_back(self, _: Page, request: RollBack) -> Reply:
        answer = await self._robot.roll_back(request.version)
        return {"ok": answer.ok, "message": answer.message}

    async def _label(self, _: Page, request: GiveLabel) -> Reply:
        async with self._labelling:
            revision = await self.on_files(self._library.revision, request.episode_id)
            if revision != request.revision:
                return await self._conflict(request.episode_id, revision)
            answer = await self._robot.label(request, revision > 0)
        if answer.ok:
            await self.on_files(self._library.drafts.drop, request.episode_id)
            await self.share(request.episode_id)
        return {"ok": answer.ok, "message": answer.message, "revision": answer.revision}

    async def _conflict(self, episode_id: str, revision: int) -> Reply:
        label = await self.on_files(self._library.store.labels.latest, episode_id)
        who = f" by {label.labeller}" if label and label.labeller else ""
        return {
            "ok": False,
            "conflict": True,
            "revision": revision,
            "message": f"meanwhile it was labelled{who} (revision {revision}): nothing was stored. "
            "Look at that label first; your marks are kept as a draft",
        }

    async def _draft(self, page: Page, request: SaveDraft) -> Reply:
        await self.on_files(self._library.revision, request.episode_id)  # it exists
        spans = [vars(span) for span in request.spans]
        if request.revision < 0:
            await self.on_files(self._library.drafts.drop, request.episode_id)
        else:
            draft: Draft = {"revision": request.revision, "author": request.author, "spans": spans}
            draft["at"] = time.time_ns() // 1_000_000
            await self.on_files(self._library.drafts.keep, request.episode_id, draft)
        note = {"type": "draft", "episode_id": request.episode_id, "author": request.author}
        self._hub.broadcast([{**note, "spans": spans}], but=page)
        return {"ok": True}

    async def _open(self, _: Page, request: OpenEpisode) -> Reply:
        detail = await self.on_files(self._library.detail, request.episode_id)
        return {"ok": True, "episode": detail}

    async def _suggest(self, _: Page, request: Suggest) -> Reply:
        episode = await self.on_files(self._library.store.load, request.episode_id)
        reward, cost = await self._vision.judge(episode)
        return {"ok": True, "reward": reward, "cost": cost, "version": self._vision.version}

    async def _watch(self, page: Page, request: Watch) -> Reply:
        self._hub.watch(page, request.live)
        self._robot.attend(len(self._hub.pages), self._hub.watching)
        return {"ok": True}
