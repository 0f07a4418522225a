"""What is written about the open readings: each beside what it is compared with, in its scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fosp_agent.experiments.folder import note_kind
from fosp_agent.experiments.provenance import provenance
from fosp_agent.experiments.readings import OFFLINE, ONLINE, reading
from fosp_agent.experiments.report.page import write_page
from fosp_agent.experiments.report.readings import (
    PRETRAINED,
    ReadingCells,
    head_table,
    paired_table,
    rate_table,
)
from fosp_agent.experiments.result import FORMAT, Result, as_text

TESTS = 20
SIGNAL = {
    "total": 10,
    "positives": 2,
    "reliability": {
        "predicted": [0.05, *[None] * 8, 0.95],
        "observed": [0.05, *[None] * 8, 0.75],
        "share": [0.8, *[0.0] * 8, 0.2],
    },
}


def result(unit: str, kind: str, found: dict[str, Any], **settings: object) -> Result:
    stage, name = unit.split("/")[:2]
    name = str(settings.get("reading", name))
    common = {"variant": "fosp", "seed": 0, "preset": "small", "stage": stage, "reading": name}
    needs = () if kind == "pretrain" else (f"{stage}/{name}/seed0/pretrain",)
    every = {**common, "switch": dict(reading(name).settings), **settings}
    spent = {"seconds": 60.0, "sessions": 1}
    return Result(unit, kind, every, needs, found, spent, provenance("./safereach x"))


def acted(unit: str, kind: str, reached: int, violated: int, **settings: object) -> Result:
    """Of so many episodes the first reached, and of so many the last violated."""
    found: dict[str, Any] = {
        "returns": [1] * reached + [0] * (TESTS - reached),
        "costs": [0] * (TESTS - violated) + [1] * violated,
        "trails": [],
    }
    if kind == "trials":
        found |= {"new_policy_share": [0.25] * TESTS}
    number = {"test": "tests", "trials": "trials"}[kind]
    about = {"mode": "sample", number: TESTS, "first_seed": 1000, **settings}
    return result(unit, kind, found, **about)


def offline(name: str, reached: int, violated: int, auc: float) -> list[Result]:
    measured = {"signals": {"cost": SIGNAL | {"auc": auc}}}
    path = f"offline/{name}/seed0"
    return [
        result(f"{path}/pretrain", "pretrain", {"held_out": measured}, steps=7, weights="last"),
        acted(f"{path}/test-sample", "test", reached, violated, task="original", when="before"),
    ]


def online(name: str, during: tuple[int, int], after: tuple[int, int]) -> list[Result]:
    path, task = f"online/{name}/seed0/three_obstacles", "three_obstacles"
    scenes = {"task": task, "first_seed": 10_000}
    return [
        acted(f"{path}/trials", "trials", *during, **scenes, updates=1),
        acted(f"{path}/after-sample", "test", *after, task=task, when="after"),
    ]


@pytest.fixture
def results() -> list[Result]:
    path, task = "online/default/seed0/three_obstacles", "three_obstacles"
    in_trials = {"task": task, "when": "start", "first_seed": 10_000}
    return [
        *offline("optimistic_cost", 20, 18, 0.75),
        *offline("default", 18, 4, 0.5),
        *online("direct_cloning", (5, 0), (5, 0)),
        *online("direct_value", (15, 0), (15, 0)),
        *online("default", (16, 2), (18, 1)),
        acted(f"{path}/before-sample", "test", 10, 9, task=task, when="before"),
        acted(f"{path}/start-sample", "test", 12, 5, **in_trials),
    ]


def rows(table: str | None) -> dict[str, list[str]]:
    assert table is not None
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {row[0].strip("`"): row[1:] for row in cells[2:]}


def test_readings_stand_in_the_registrys_order_with_their_rates(results: list[Result]):
    found = ReadingCells.of(results, OFFLINE)
    table = rows(rate_table(found, found.tasks, "sample"))
    assert list(table) == ["default", "optimistic_cost"]
    assert table["optimistic_cost"] == ["1", "100 (84 to 100)", "90 (70 to 97)", "10 (3 to 30)"]


def test_a_difference_is_of_the_reading_less_the_default_and_says_what_it_decides(
    results: list[Result],
):
    table = rows(paired_table(ReadingCells.of(results, OFFLINE), "sample"))
    assert list(table) == ["optimistic_cost"]
    less, seeds, reached, violated, safe, decided = table["optimistic_cost"]
    assert (less, seeds, reached[:3]) == ("`default`", "1", "+10")
    assert violated.startswith("**+70 (")
    assert safe.startswith("**-70 (")
    assert decided == "CV higher, safe SR lower"


def test_a_reading_is_compared_with_the_one_that_it_means_something_beside(results: list[Result]):
    table = rows(paired_table(ReadingCells.of(results, ONLINE), "sample"))
    assert table["direct_value"][0] == "`default`"
    assert table["direct_cloning"][0] == "`direct_value`"
    assert table["direct_cloning"][2].startswith("**-50 (")


def test_what_all_begin_with_is_shown_in_the_scenes_of_the_trials_and_of_the_tests(
    results: list[Result],
):
    found = ReadingCells.of(results, ONLINE)
    table = rows(rate_table(found, found.tasks, "sample"))
    assert list(table) == [PRETRAINED, "default", "direct_value", "direct_cloning"]
    during, after = table[PRETRAINED][1:3]
    assert (during[:3], after[:3]) == ("60 ", "50 ")
    assert [row[-1] for row in table.values()] == ["-", "25", "25", "25"]
    paired = rows(paired_table(found, "sample"))[PRETRAINED]
    assert paired[2].startswith("-20 (")
    assert paired[3].startswith("**-40 (")


def test_heads_are_those_of_each_readings_own_pretraining(results: list[Result]):
    table = rows(head_table(ReadingCells.of(results, OFFLINE)))
    assert table["default"][:2] == ["0.500", "0.040"]
    assert table["optimistic_cost"][:2] == ["0.750", "0.040"]


def test_the_page_takes_them_in_with_a_table_and_a_plot_a_stage(
    results: list[Result], tmp_path: Path
):
    root = tmp_path / "runs" / "readings"
    note_kind(root, "readings")
    for one in results:
        (root / one.unit).mkdir(parents=True)
        record = {"format": FORMAT, **{k: v for k, v in vars(one).items() if k != "needs"}}
        (root / one.unit / "result.json").write_text(as_text(record | {"needs": list(one.needs)}))
    written = write_page(tmp_path / "docs/results.md", [root])
    page = written.page.read_text()
    assert "| `optimistic_cost` | V_c is a low expectile" in page
    assert "| `critic.cost_expectile=0.2` |" in page
    assert "### Online: fine-tuned with each" in page
    assert [plot.name for plot in written.plots] == [
        "readings-offline-sample.png",
        "readings-online-sample.png",
    ]
    for plot in written.plots:
        with Image.open(plot) as picture:
            assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 5


def test_one_stage_alone_is_a_page_too(results: list[Result]):
    found = ReadingCells.of([r for r in results if r.settings["stage"] == OFFLINE], ONLINE)
    assert found.names == []
    assert head_table(found) is None
