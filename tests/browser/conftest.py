"""A browser: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Chromium without a window; skips the tests where there is none."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: make browser (apt install chromium)")
    driver = pytest.importorskip("playwright.sync_api", reason="needs Playwright: make setup")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with driver.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield running
        running.close()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """A browser whose windows close with the test."""
    yield chromium
    for context in chromium.contexts:
        context.close()
