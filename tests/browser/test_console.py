"""An operator's session in a real browser, at a real stack, from first label to roll-back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from browser.window import COST_LANE, REWARD_LANE, SLOW, Window
from fosp_agent.training import weights
from integration.stack import Process, launched, node, wait_for


@pytest.fixture
def stack(ros_domain: int, tmp_path: Path) -> Iterator[Path]:
    """A fine-tuning stack whose labels come from people."""
    start, run_dir = tmp_path / "start.safetensors", tmp_path / "run"
    weights.fresh("tiny", start, seed=0)
    arguments = {"label": "manual", "console": "true", "console_port": 0, "episodes": 4}
    arguments |= {"updates_per_episode": 2, "tests": 0, "weights": start, "run_dir": run_dir}
    with launched("finetune", ros_domain, tmp_path / "launch.log", **arguments):
        yield run_dir


def listening(run_dir: Path) -> str:
    """The console's address, once it is there."""
    address = run_dir / "console" / "url"
    wait_for(lambda: address.exists() and address.read_text(), 60, "the console listens")
    return address.read_text().strip()


@pytest.mark.timeout(600)
def test_an_operators_session(stack: Path, browser: Any) -> None:
    url = listening(stack)
    run_dir = stack
    one, two = Window(browser, url, run_dir), Window(browser, url, run_dir)
    marks_undo_redo_and_merge(one)
    the_mouse_labels_and_the_version_rises(one, run_dir)
    a_reload_in_mid_label_loses_nothing(one)
    two_windows_at_once_do_not_corrupt(one, two)
    the_keyboard_alone_labels_in_under_ten_seconds(one)
    a_correction_is_learned_from_and_a_roll_back_is_one_click(one, run_dir)
    assert one.errors == []
    assert two.errors == []


def weights_files(run_dir: Path) -> int:
    return len(list((run_dir / "weights").glob("weights-*.safetensors")))


def marks_undo_redo_and_merge(desk: Window) -> None:
    desk.go("dataset")
    desk.wait("document.querySelector('#link').dataset.state === 'connected'")
    got = desk.page.evaluate(
        """async () => {
            const { Marks, above } = await import("/static/js/spans.js");
            const marks = new Marks(81, [{ kind: "cost", first: 70, last: 90 }]);
            const told = [marks.spans()];
            marks.begin(["reward"], 10, 1); marks.reach(30); marks.reach(20); marks.end();
            told.push(marks.spans());
            marks.paint(["reward"], 18, 25, 1); told.push(marks.spans());
            marks.undo(); marks.undo(); told.push(marks.spans());
            marks.redo(); told.push(marks.spans());
            marks.paint(["reward", "cost"], 15, 75, 0); told.push(marks.spans());
            return { told, above: above([0, .9, .2, .9, 0, 0, .8], .5, "cost") };
        }"""
    )
    words = [[f"{s['kind']} {s['first']}-{s['last']}" for s in step] for step in got["told"]]
    assert words == [
        ["cost 70-80"],
        ["reward 10-20", "cost 70-80"],
        ["reward 10-25", "cost 70-80"],
        ["cost 70-80"],
        ["reward 10-20", "cost 70-80"],
        ["reward 10-14", "cost 76-80"],
    ]
    assert [(s["first"], s["last"]) for s in got["above"]] == [(1, 3), (6, 6)]


def the_mouse_labels_and_the_version_rises(desk: Window, run_dir: Path) -> None:
    desk.go("label")
    episode_id = desk.open_for_labelling()
    before = weights_files(run_dir)
    desk.drag(REWARD_LANE, 0.60, 0.90)
    desk.drag(COST_LANE, 0.20, 0.30)
    marked = desk.chips()
    assert [text.split()[0] for text in marked] == ["reward", "cost"]
    desk.drag(REWARD_LANE, 0.90, 0.75)  # the end of the run, taken by its edge
    shorter = desk.chips()
    assert len(shorter) == 2
    assert shorter != marked
    desk.page.click("#label-save")
    wait_for(lambda: desk.store.labels.latest(episode_id), 20, "the label is in the journal")
    assert desk.spans(episode_id) == shorter
    wait_for(lambda: weights_files(run_dir) > before, SLOW / 1000, "the trainer's next version")


def a_reload_in_mid_label_loses_nothing(desk: Window) -> None:
    desk.wait("document.querySelectorAll('[data-span]').length === 0")
    desk.open_for_labelling()
    desk.press("End", "r", *["ArrowLeft"] * 12, "r", *["ArrowLeft"] * 20, "c", "ArrowLeft")
    before = desk.chips()
    assert before == ["reward 68-80", "cost 47-48"]
    desk.page.reload()
    desk.wait("document.querySelectorAll('[data-span]').length === 2")
    assert desk.chips() == before
    assert desk.page.inner_text(".view .big").startswith("47")


def two_windows_at_once_do_not_corrupt(one: Window, two: Window) -> None:
    episode_id = one.open_for_labelling()
    mine = one.chips()
    two.go(f"label#{episode_id}")
    two.open_for_labelling()
    two.wait("document.querySelectorAll('[data-span]').length === 2")  # the draft of the other
    two.press("Home", "x", "End", "x", "Home", "c", "ArrowRight", "c")
    theirs = two.chips()
    assert theirs == ["cost 0-1"]
    one.page.evaluate("window.__asked = true")
    two.press("Enter")
    two.wait("document.querySelector('.toast')?.textContent.includes('revision 1')")
    one.press("Enter")
    one.wait(
        "[...document.querySelectorAll('.toast.bad')].some(x => x.textContent.includes('mean'))"
    )
    assert one.chips() == mine
    assert len(one.store.labels.revisions(episode_id)) == 1
    assert one.spans(episode_id) == theirs


def the_keyboard_alone_labels_in_under_ten_seconds(desk: Window) -> None:
    earlier = desk.page.evaluate("location.hash")
    desk.go("label")
    desk.page.reload()
    desk.wait(f"location.hash !== '{earlier}' && location.hash.length > 1", SLOW)
    episode_id = desk.open_for_labelling()
    started = time.monotonic()
    desk.press(*["ArrowRight"] * 25)
    desk.page.keyboard.down("c")
    desk.press(*["ArrowRight"] * 5)
    desk.page.keyboard.up("c")
    desk.press(*["ArrowRight"] * 20, "r", *["ArrowRight"] * 30, "r", "z", "y", "Enter")
    wait_for(lambda: desk.store.labels.latest(episode_id), 20, "the label is in the journal")
    assert time.monotonic() - started < 10.0
    assert desk.spans(episode_id) == ["reward 50-80", "cost 25-30"]


def a_correction_is_learned_from_and_a_roll_back_is_one_click(desk: Window, run_dir: Path) -> None:
    episode_id = desk.store.ids()[0]
    desk.go("history")
    desk.wait("document.querySelectorAll('.entry').length >= 4", SLOW)  # the fourth was recorded
    all_learned: Callable[[], bool] = lambda: weights_files(run_dir) >= 4  # noqa: E731
    wait_for(all_learned, SLOW / 1000, "three lessons")
    desk.page.click(f"[aria-label='Correct {episode_id}']")
    desk.open_for_labelling()
    desk.wait("document.querySelectorAll('[data-span]').length === 2")
    before = weights_files(run_dir)
    desk.press("Home", "f")
    wait_for(lambda: len(desk.store.labels.revisions(episode_id)) == 2, 20, "a second revision")
    assert desk.spans(episode_id)[0].startswith("cost")
    wait_for(lambda: weights_files(run_dir) > before, SLOW / 1000, "a lesson on the new label")
    desk.go("history")
    desk.page.click("[data-rollback='1']", timeout=SLOW)
    wait_for(lambda: weights_files(run_dir) > before + 1, 30, "the version that was gone back to")
    desk.go("live")
    desk.wait(f"document.querySelector('.totals').textContent.includes('v{before + 1}')", SLOW)
    assert desk.acting() == before + 1


NODES = ("label_node", "recorder_node")
"""Two light nodes of the stack."""


def test_a_dead_node_is_shown_within_two_seconds_and_the_page_recovers(
    ros_domain: int, tmp_path: Path, browser: Any
) -> None:
    run_dir, expected = tmp_path / "run", f"[{','.join(NODES)}]"

    def start(name: str, log: str, **parameters: object) -> Any:
        log_file = tmp_path / f"{log}.log"
        return node("fosp_agent", name, ros_domain, log_file, run_dir=run_dir, **parameters)

    with (
        start("console_node", "console", port=0, expected_nodes=expected, niceness=0),
        start("label_node", "label") as label_node,
        start("recorder_node", "recorder"),
    ):
        desk = Window(browser, listening(run_dir), run_dir)
        desk.go("live")
        quiet = "document.querySelector('#alarms').textContent === ''"
        heard = "!document.querySelector('.node.starting, .node.dead')"
        desk.wait(f"document.querySelectorAll('.node').length >= 2 && {heard} && {quiet}", SLOW)
        assert seconds_until_told(desk, label_node, "label_node") < 2.0
        with start("label_node", "label_again"):
            desk.wait(quiet, SLOW)
        assert desk.errors == []


def seconds_until_told(desk: Window, process: Process, name: str) -> float:
    """Kill a process; how long the page took to name it."""
    desk.page.evaluate(
        """(name) => new MutationObserver(() => {
            const text = document.querySelector("#alarms").textContent;
            if (text.includes(name) && !window.told) window.told = Date.now();
        }).observe(document.querySelector("#alarms"), { childList: true, subtree: true })""",
        name,
    )
    killed = time.time()
    process.popen.kill()
    desk.wait("window.told")
    return float(desk.page.evaluate("() => window.told")) / 1000 - killed
