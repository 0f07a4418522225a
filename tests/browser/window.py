"""A window of the console in a real browser, as tests use it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import numpy as np

from fosp_agent.episodes.store import EpisodeStore

SLOW = 90_000
"""Longest wait for something that takes gradient steps or a start of PyTorch [ms]."""
LANE_LEFT, LANE_MARGINS = 78, 84
"""Left edge of the track's lanes, and what they lack of its width [pixels]."""
REWARD_LANE, COST_LANE = 0.42, 0.67
"""Middles of the track's lanes, as shares of its height."""


class Window:
    """One window of an operator, and where the run keeps things."""

    def __init__(self, browser: Any, url: str, run_dir: Path, **options: Any) -> None:
        options.setdefault("viewport", {"width": 1280, "height": 860})
        self.page = browser.new_context(**options).new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)
        self.url, self.store = url, EpisodeStore(run_dir / "episodes")

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def go(self, name: str) -> None:
        self.page.goto(f"{self.url}{name}")

    def wait(self, script: str, milliseconds: float = 30_000) -> None:
        """Poll an expression; the page's policy forbids Playwright's own way (eval)."""
        deadline = time.monotonic() + milliseconds / 1000
        while not self.page.evaluate(f"() => {script}"):
            if time.monotonic() > deadline:
                self.page.screenshot(path=str(self.store.path / "browser.png"))
                raise AssertionError(f"not within {milliseconds / 1000:.0f} s: {script}")
            self.page.wait_for_timeout(50)

    def open_for_labelling(self) -> str:
        """Wait until an unlabelled episode is open with its frames; its id."""
        self.wait("document.querySelector('#label-save')?.closest('.label')?.hidden === false")
        self.wait("location.hash.length > 1 && document.querySelector('.big').textContent !== ''")
        return str(self.page.evaluate("decodeURIComponent(location.hash.slice(1))"))

    def chips(self) -> list[str]:
        found = self.page.eval_on_selector_all("[data-span]", "all => all.map(x => x.dataset.span)")
        return [str(one) for one in found]

    def drag(self, lane: float, first: float, last: float) -> None:
        """Drag in a lane between two shares of the episode."""
        box = self.page.locator("#track").bounding_box()
        assert box is not None
        left, wide = box["x"] + LANE_LEFT, box["width"] - LANE_MARGINS
        y = box["y"] + lane * box["height"]
        self.page.mouse.move(left + first * wide, y)
        self.page.mouse.down()
        self.page.mouse.move(left + (first + last) / 2 * wide, y, steps=3)
        self.page.mouse.move(left + last * wide, y, steps=3)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def spans(self, episode_id: str) -> list[str]:
        """What the journal holds, in the form of the chips."""
        label = self.store.labels.latest(episode_id)
        assert label is not None
        found = []
        for kind, values in (("reward", label.reward), ("cost", label.cost)):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], values > 0, [0]]).astype(int)))
            found += [f"{kind} {a}-{b - 1}" for a, b in zip(edges[::2], edges[1::2], strict=True)]
        return found

    def acting(self) -> int:
        """The version of the weights that act, as the live page says it."""
        text = self.page.locator(".totals").inner_text()
        match = re.search(r"v(\d+)", text)
        return int(match[1]) if match else -1
