"""Labelling by keyboard and by what the model and the record suggest, without a stack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.site import TOUCHES, VETOED, Site, record, served
from browser.window import COST_LANE, REWARD_LANE, SLOW, Window
from fosp_agent.training import weights
from integration.stack import wait_for

KEYS_A_SECOND = 5.0
"""A practised hand, one key after another."""
MOST_KEYS = 35
"""In a label of two runs."""
COUNT_KEYS = """() => {
    window.pressed = 0;
    addEventListener("keydown", () => { window.pressed += 1; }, true);
}"""


@pytest.fixture
def model() -> Path | None:
    """Weights whose world model makes suggestions; None: there are none."""
    return None


@pytest.fixture
def site(tmp_path: Path, model: Path | None) -> Iterator[Site]:
    with served(tmp_path, model) as running:
        for number in range(4):
            record(running.store, f"original-{number}-x")
        yield running


@pytest.fixture
def desk(site: Site, browser: Any) -> Window:
    one = Window(browser, site.url, site.store.path.parent)
    one.go("label")
    one.wait("document.querySelector('#todo').textContent === '4'")
    return one


def given(desk: Window, episode_id: str) -> None:
    wait_for(lambda: desk.store.labels.latest(episode_id), 20, "the label is in the journal")


def test_80_frames_are_labelled_by_keys_alone_in_under_ten_seconds(desk: Window) -> None:
    """Two runs, frame by frame where it matters, at a rate that a hand can keep up."""
    episode_id = desk.open_for_labelling()
    desk.page.evaluate(COUNT_KEYS)
    started = time.monotonic()
    ten, pause = ["Shift+ArrowRight"], 1 / KEYS_A_SECOND

    def slowly(*keys: str) -> None:
        for key in keys:
            began = time.monotonic()
            desk.press(key)
            desk.page.wait_for_timeout(max(0.0, 1000 * (began + pause - time.monotonic())))

    slowly(*ten * 2, *["ArrowRight"] * 5, "c", *["ArrowRight"] * 5, "c")  # 25 to 30
    slowly(*ten * 2, *["ArrowRight"] * 3, "r", "End", "r", "Enter")  # 53 to 80
    given(desk, episode_id)
    assert time.monotonic() - started < 10.0
    assert desk.page.evaluate("() => window.pressed") <= MOST_KEYS
    assert desk.spans(episode_id) == ["reward 53-80", "cost 25-30"]


def test_success_and_failure_are_one_key_where_it_is_plain(desk: Window) -> None:
    first = desk.open_for_labelling()
    desk.press("s")  # at the first frame, where no arm touches anything: told, not stored
    desk.wait("document.querySelector('.toast.bad') !== null")
    assert desk.store.labels.latest(first) is None
    desk.press(".", ".", "s")
    given(desk, first)
    assert desk.spans(first)[0].endswith("-80")
    desk.wait(f"!location.hash.includes('{first}')")
    second = desk.open_for_labelling()
    desk.press("f")
    given(desk, second)
    assert desk.spans(second) == []


def test_keys_go_to_contacts_and_vetoes_of_the_record(desk: Window) -> None:
    desk.open_for_labelling()
    met = []
    for _ in range(12):
        desk.press(".")
        words = desk.page.inner_text("[data-part=gate]")
        step = int(desk.page.inner_text("[data-part=where]").split("/")[0])
        met.append((step, words))
    by_step = dict(met)
    assert "vetoed: step too large" in by_step[VETOED]
    assert "contact, 8.0 N" in by_step[TOUCHES[0]]
    assert "contact, 8.0 N" in by_step[TOUCHES[-1]]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("weights") / "start.safetensors"
    weights.fresh("tiny", path, seed=0)
    return path


class TestWithAModel:
    @pytest.fixture
    def model(self, tiny: Path) -> Path:
        return tiny

    def test_the_suggestion_is_shown_accepted_corrected_and_taken_back(self, desk: Window) -> None:
        suggestion_accepted_corrected_and_taken_back(desk)


def suggestion_accepted_corrected_and_taken_back(desk: Window) -> None:
    episode_id = desk.open_for_labelling()
    desk.wait("document.querySelector('#label-accept').disabled === false", SLOW)
    asked = """async (id) => {
        const { above } = await import("/static/js/spans.js");
        const socket = new WebSocket(`ws://${location.host}/socket`);
        await new Promise((done) => socket.addEventListener("open", done));
        const reply = new Promise((done) => socket.addEventListener("message", ({ data }) => {
            const message = JSON.parse(data);
            if (message.type === "reply") done(message);
        }));
        socket.send(JSON.stringify({ id: 1, type: "suggest", episode_id: id }));
        const said = await reply;
        return ["reward", "cost"].flatMap((kind) => above(said[kind], 0.5, kind))
            .map((one) => `${one.kind} ${one.first}-${one.last}`);
    }"""
    expected = desk.page.evaluate(asked, episode_id)
    desk.press("t")
    assert desk.chips() == expected
    desk.press("z")
    assert desk.chips() == []
    desk.press("y")
    assert desk.chips() == expected
    desk.press("Home", "x", "End", "x", "c", "ArrowLeft", "c", "Enter")
    given(desk, episode_id)
    assert desk.spans(episode_id) == ["cost 79-80"]


def test_next_back_and_discard_by_keys(desk: Window) -> None:
    first = desk.open_for_labelling()
    desk.press("n")
    desk.wait(f"location.hash !== '#{first}'")
    second = desk.open_for_labelling()
    desk.press("d")
    assert desk.store.labels.latest(second) is None
    desk.press("d")
    given(desk, second)
    label = desk.store.labels.latest(second)
    assert label is not None
    assert label.discard
    desk.wait(f"location.hash !== '#{second}'")
    desk.open_for_labelling()
    desk.press("b")
    desk.wait(f"location.hash === '#{second}'")


def test_zoom_widens_the_lanes_around_the_playhead_and_drags_follow_it(desk: Window) -> None:
    desk.open_for_labelling()
    desk.press(*["Shift+ArrowRight"] * 4, *["+"] * 3)  # about 20 frames wide, around 40
    desk.drag(REWARD_LANE, 0.0, 1.0)
    span = desk.chips()[0].split()[1].split("-")
    assert 15 <= int(span[1]) - int(span[0]) <= 25
    desk.press("0")
    desk.drag(COST_LANE, 0.0, 0.99)
    assert desk.chips()[1] == "cost 0-80"


def test_a_drag_of_an_end_is_one_step_of_undo(desk: Window) -> None:
    desk.open_for_labelling()
    desk.drag(REWARD_LANE, 0.50, 0.70)
    before = desk.chips()
    desk.drag(REWARD_LANE, 0.704, 0.90)
    assert desk.chips() != before
    desk.press("z")
    assert desk.chips() == before
    desk.press("z")
    assert desk.chips() == []


def test_the_mouse_may_come_between_two_keys(desk: Window) -> None:
    """A run begun by key is ended by a drag; a clicked button does not keep the keyboard."""
    episode_id = desk.open_for_labelling()
    desk.press("Home", "r", "ArrowRight")
    desk.drag(COST_LANE, 0.50, 0.60)
    desk.press("ArrowRight")
    assert desk.chips()[0] == "reward 0-1"
    desk.page.click("#label-undo")
    desk.page.click("#label-redo")
    desk.press("Enter")
    given(desk, episode_id)
    assert len(desk.spans(episode_id)) == 2
    assert desk.errors == []
