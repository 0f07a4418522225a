"""The buttons of a real arm: confirmed where they move it, disabled with a reason, by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from browser.site import Site, served
from browser.window import Window
from fosp_agent.control.session_state import Phase, Snapshot
from fosp_agent.control.verbs import ROBOT_VERBS

TOASTS = "document.querySelector('#toasts').textContent"
REFLEX = "the arm is in mode REFLEX (contact): call /recover once the way is free"


def waits(site: Site, what: str) -> None:
    site.board.session(Snapshot(Phase.IDLE, "", 0, 1, "original", 80, True, what))


def enabled(desk: Window, what: str) -> bool:
    return bool(desk.page.evaluate(f"() => !document.querySelector('#do-{what}').disabled"))


def test_the_arms_buttons_ask_before_they_move_it_and_say_why_they_do_nothing(
    tmp_path: Path, browser: Any
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make setup")
    (tmp_path / "episodes").mkdir()
    with served(tmp_path) as site:
        desk = Window(browser, site.url, tmp_path, reduced_motion="reduce")
        desk.go("live")
        waits(site, "/start_episode")
        desk.wait("document.querySelector('.control') !== null")
        assert not desk.page.is_visible("#do-reset")
        site.board.services({"reset": True})
        desk.wait("!document.querySelector('#do-reset').disabled")
        assert "offers /recover" in desk.page.inner_text(".control")
        assert not any(enabled(desk, what) for what in ("ready", "recover"))

        site.board.services(dict.fromkeys(ROBOT_VERBS, True))
        site.board.recovery(REFLEX)
        desk.wait("document.querySelector('#do-recover.urgent') !== null")
        assert desk.page.inner_text("#recovery") == REFLEX
        assert not enabled(desk, "ready")
        waits(site, "the scene to be set: call /scene_ready when it is")
        desk.wait("!document.querySelector('#do-ready').disabled")

        desk.page.focus("#do-reset")
        desk.press("Enter")
        desk.wait("document.querySelector('#sure').open")
        found = axe.Axe().run(desk.page).response["violations"]
        assert not found, [(one["id"], [n["html"][:90] for n in one["nodes"]]) for one in found]
        desk.press("Enter")  # on Cancel, which has the focus
        desk.wait("!document.querySelector('#sure').open")
        desk.press("r")  # no single key moves the arm
        assert not desk.page.evaluate("() => document.querySelector('#sure').open")
        assert desk.page.evaluate(f"() => {TOASTS}") == ""
        desk.press("Enter", "Tab", "Enter")
        desk.wait(f"{TOASTS}.includes('reset: no session')")
        desk.page.click("#do-ready")
        desk.wait(f"{TOASTS}.includes('ready: no session')")
        desk.page.click("#do-recover")
        desk.wait(f"{TOASTS}.includes('recover: no session')")
        assert desk.errors == []
