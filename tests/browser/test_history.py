"""The history: filters, the list of a thousand, comparison, and the live page's pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser.site import EPISODES, Site, history, served
from browser.window import Window
from fosp_agent.console.digest import Digest
from fosp_agent.types import ByteArray


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    history(tmp_path)
    with served(tmp_path) as running:
        yield running


def opened(browser: Any, site: Site, page: str) -> Window:
    desk = Window(browser, site.url, site.store.path.parent)
    desk.go(page)
    desk.wait("document.querySelector('#link').dataset.state === 'connected'")
    return desk


def names(desk: Window) -> set[str]:
    return set(desk.page.locator(".entry .name").all_inner_texts())


def kept(**wanted: Any) -> set[str]:
    """The episodes that a filter has to leave."""
    found = set()
    for name, (task, version, spans) in EPISODES.items():
        kinds = {span.kind for span in spans or ()}
        facts = {
            "task": task,
            "version": version,
            "none": spans is None,
            "success": "reward" in kinds,
            "violation": "cost" in kinds,
            "fail": spans is not None and "reward" not in kinds,
        }
        if all(facts[key] == value for key, value in wanted.items()):
            found.add(name)
    return found


def test_every_filter_leaves_what_it_says_and_they_combine(site: Site, browser: Any) -> None:
    desk = opened(browser, site, "history")
    desk.wait(f"document.querySelectorAll('.entry').length === {len(EPISODES)}")
    choose = desk.page.select_option
    for value in ("none", "success", "violation", "fail"):
        choose("[data-filter=label]", value)
        assert names(desk) == kept(**{value: True}), value
    choose("[data-filter=label]", "all")
    choose("[data-filter=task]", "three_obstacles")
    assert names(desk) == kept(task="three_obstacles")
    choose("[data-filter=label]", "none")
    assert names(desk) == kept(task="three_obstacles", none=True)
    choose("[data-filter=task]", "")
    choose("[data-filter=version]", "2")
    assert names(desk) == kept(version=2, none=True)
    desk.page.fill("[data-filter=text]", "7-g")
    assert names(desk) == {"original-7-g"}
    assert desk.page.inner_text("[data-part=count]") == f"1 of {len(EPISODES)}"


def test_an_entry_tells_who_acted_and_two_versions_are_compared(site: Site, browser: Any) -> None:
    desk = opened(browser, site, "history")
    desk.wait(f"document.querySelectorAll('.entry').length === {len(EPISODES)}")
    facts = desk.page.locator(".entry").all_inner_texts()
    assert all("new 48 %" in text and "1 vetoes" in text for text in facts)
    loaded = "[...document.querySelectorAll('.entry img')].every((one) => one.naturalWidth >= 60)"
    desk.wait(loaded)
    desk.page.select_option("[data-part=before]", "0")
    desk.page.select_option("[data-part=after]", "1")
    rows = [row.split("\t") for row in desk.page.inner_text("[data-part=compared]").splitlines()]
    table = {row[0]: row[1:] for row in rows if len(row) == 3}
    assert table["episodes"] == ["1", "2"]
    assert [text.split(" (")[0] for text in table["◆ violation"]] == ["0 %", "100 %"]
    assert table["mean return"] == ["31.0", "10.5"]


def test_of_a_thousand_episodes_only_those_in_sight_exist(site: Site, browser: Any) -> None:
    desk = opened(browser, site, "history")
    rows = []
    for number in range(1000):
        digest = Digest(f"many-{number:04d}-x", number + 1, 81, "original", trail=[0, 0, 0] * 28)
        rows.append({**digest.to_json(), "label": {"revision": 0}})
    hub = site.console._hub
    hub.broadcast([{"type": "episodes", "rows": rows}])
    desk.wait("document.querySelector('[data-part=count]').textContent.endsWith('1007')")
    seen = set()
    for top in range(0, 72 * 1007, 9000):
        desk.page.evaluate("(y) => document.querySelector('.scroller').scrollTo(0, y)", top)
        desk.page.wait_for_timeout(30)
        assert desk.page.locator(".entry").count() < 40
        seen |= names(desk)
    assert len(seen) > 70
    desk.press("ArrowUp")  # the keyboard goes on from where it was, not from where one looked
    assert desk.page.locator(".entry[aria-current=true]").count() == 1


def test_the_live_page_shows_the_cameras_own_picture(site: Site, browser: Any) -> None:
    desk = opened(browser, site, "live")
    frame: ByteArray = np.zeros((720, 1280, 3), np.uint8)
    frame[..., 1] = 200
    desk.page.wait_for_timeout(300)
    site.console.camera.offer(lambda: frame)
    desk.wait("document.querySelector('[data-part=camera]').textContent.startsWith('1280')")
    desk.page.wait_for_timeout(100)
    middle = """() => {
        const eye = document.querySelector("[data-part=eye]");
        const brush = eye.getContext("2d");
        const [r, g, b] = brush.getImageData(eye.width / 2, eye.height / 2, 1, 1).data;
        return [r, g, b, eye.clientWidth / eye.clientHeight];
    }"""
    red, green, blue, ratio = desk.page.evaluate(middle)
    assert abs(green - 200) < 8
    assert max(red, blue) < 12
    assert ratio == pytest.approx(1280 / 720, rel=0.02)
    desk.wait("document.querySelector('[data-part=camera]').textContent.includes('old')")
    assert desk.errors == []


def test_a_correction_is_offered_for_every_labelled_episode(site: Site, browser: Any) -> None:
    desk = opened(browser, site, "history")
    desk.page.click("[aria-label='Correct original-2-b']")
    desk.wait("document.querySelectorAll('[data-span]').length === 2")
    assert desk.chips() == ["reward 60-80", "cost 40-49"]
    desk.press("End", "x", *["Shift+ArrowLeft"] * 2, "x", "Enter")
    desk.wait("document.querySelector('.toast')?.textContent.includes('stored')")
    revisions = site.store.labels.revisions("original-2-b")
    assert [float(one.reward.sum()) for one in revisions] == [21.0, 0.0]
    assert [one.labeller for one in revisions] == ["earlier", "me"]
