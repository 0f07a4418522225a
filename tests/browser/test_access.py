"""The pages for everyone: contrast, keyboard, colour-blindness, sizes of screens."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from browser.site import Site, history, label, served
from browser.window import COST_LANE, LANE_LEFT, REWARD_LANE, Window
from fosp_agent.episodes.labels import Span

PAGES = ("live", "label", "history", "dataset")
LAPTOP, UPRIGHT, LYING = (1366, 768), (820, 1180), (1180, 820)
CONTROLS = "a[href], button, input, select, [tabindex='0']"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    history(tmp_path)
    with served(tmp_path) as running:
        running.runs("original-8-h", 40)
        yield running


def window(browser: Any, site: Site, **options: Any) -> Window:
    return Window(browser, site.url, site.store.path.parent, **options)


def settled(desk: Window, name: str) -> None:
    """Open a page and wait until it shows what there is."""
    desk.go(name)
    desk.wait("document.querySelector('#link').dataset.state === 'connected'")
    shown = {
        "live": "document.querySelectorAll('.vetoes li').length > 0",
        "label": "document.querySelector('#label-save').closest('.label').hidden === false"
        " && document.querySelector('.big').textContent !== ''",
        "history": "document.querySelectorAll('.entry').length > 5",
        "dataset": "document.querySelectorAll('.tile').length === 4",
    }
    desk.wait(shown[name])


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_page_has_a_fault_of_contrast_names_or_roles(
    site: Site, browser: Any, theme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make setup")
    desk = window(browser, site, color_scheme=theme, reduced_motion="reduce")
    for name in PAGES:
        settled(desk, name)
        for dialog in (False, True) if name == "label" else (False,):
            if dialog:
                desk.press("?")
            found = axe.Axe().run(desk.page).response["violations"]
            told = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]
            assert not told, f"{name}: {json.dumps(told, indent=1)}"
    assert desk.errors == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_is_drawn_contrasts_with_what_it_is_drawn_on(
    site: Site, browser: Any, theme: str
) -> None:
    """WCAG 2.1, 1.4.3 for words (4.5) and 1.4.11 for graphics and the edges of controls (3)."""
    desk = window(browser, site, color_scheme=theme)
    settled(desk, "dataset")

    def luminance(name: str) -> float:
        script = "(name) => getComputedStyle(document.documentElement).getPropertyValue(name)"
        text = desk.page.evaluate(script, f"--{name}").strip().lstrip("#")
        value = np.array([int(text[at : at + 2], 16) for at in (0, 2, 4)]) / 255
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    words, drawn = ("text", "quiet"), ("reward", "cost", "new", "offline", "person", "good", "bad")
    for ground in ("card", "raised"):
        for colour, least in [
            *((word, 4.5) for word in words),
            *((graphic, 3.0) for graphic in (*drawn, "accent", "edge")),
        ]:
            assert contrast(colour, ground) >= least, f"{colour} on {ground}"
    assert contrast("on-accent", "accent") >= 4.5


def test_reward_and_cost_are_told_apart_without_colour(site: Site, browser: Any) -> None:
    """By their place, their words and their filling: one is plain, the other hatched."""
    name = "original-7-g"
    label(site.store, name, Span("reward", 10, 70), Span("cost", 10, 70))
    desk = window(browser, site)
    desk.go(f"label#{name}")
    desk.wait("document.querySelectorAll('[data-span]').length === 2")
    desk.page.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(desk.page.locator("#track").screenshot())).convert("L")
    grey = np.asarray(picture, np.float64)
    columns = slice(LANE_LEFT + 180, LANE_LEFT + 280)
    spread = [
        grey[round(lane * len(grey)) - 12 : round(lane * len(grey)) + 12, columns].std()
        for lane in (REWARD_LANE, COST_LANE)
    ]
    assert spread[0] < 5.0
    assert spread[1] > 25.0
    words = desk.page.locator("[data-span]").all_inner_texts()
    assert [text.split()[:2] for text in words] == [["▲", "reward"], ["◆", "cost"]]


def test_every_control_is_reached_by_tab_and_shows_that_it_has_the_focus(
    site: Site, browser: Any
) -> None:
    desk = window(browser, site)
    for name in PAGES:
        settled(desk, name)
        mark = f"""() => [...document.querySelectorAll("{CONTROLS}")]
            .filter((one) => one.checkVisibility() && !one.disabled)
            .map((one, at) => (one.dataset.stop = at))"""
        stops = set(desk.page.evaluate(mark))
        assert len(stops) > 6
        deadline = time.monotonic() + 30
        while stops and time.monotonic() < deadline:
            desk.press("Tab")
            now, outline = desk.page.evaluate(
                """() => {
                    const style = getComputedStyle(document.activeElement);
                    const wide = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
                    return [Number(document.activeElement.dataset.stop ?? -1), wide];
                }"""
            )
            if now >= 0:
                assert outline >= 2.0, f"{name}, stop {now}"
            stops.discard(now)
        assert not stops, f"{name}: never reached {stops}"


@pytest.mark.parametrize(("width", "height"), [LAPTOP, UPRIGHT, LYING, (390, 844)])
def test_nothing_is_cut_off_or_too_small_to_touch(
    site: Site, browser: Any, width: int, height: int
) -> None:
    touch = (width, height) != LAPTOP
    viewport = {"width": width, "height": height}
    desk = window(browser, site, viewport=viewport, has_touch=touch, is_mobile=touch)
    for name in PAGES:
        settled(desk, name)
        found = desk.page.evaluate(
            """() => {
                const shown = [...document.querySelectorAll("button, select, nav a, canvas, .card")]
                    .filter((one) => one.checkVisibility());
                const box = (one) => one.getBoundingClientRect();
                const name = (one) => one.id || one.ariaLabel || one.textContent || one.className;
                return {
                    wide: document.documentElement.scrollWidth - innerWidth,
                    outside: shown.filter((one) => box(one).right > innerWidth + 1
                        || box(one).left < -1).map(name),
                    low: shown.filter((one) => ["BUTTON", "A", "SELECT"].includes(one.tagName)
                        && box(one).height < 43).map(name),
                };
            }"""
        )
        assert found["wide"] <= 0, name
        assert found["outside"] == [], name
        assert not touch or found["low"] == [], name


def test_on_a_laptop_the_buttons_that_stop_the_robot_are_seen_without_scrolling(
    site: Site, browser: Any
) -> None:
    desk = window(browser, site)
    settled(desk, "live")
    for size in (LAPTOP, UPRIGHT, LYING):
        desk.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        for name in ("start", "stop", "abort", "hold"):
            box = desk.page.locator(f"#do-{name}").bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= size[1], f"{name} at {size}"
