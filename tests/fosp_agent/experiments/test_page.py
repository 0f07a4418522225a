"""The page of results: complete, stable, honest about what is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fosp_agent.errors import UserError
from fosp_agent.experiments.folder import FolderError, note_kind
from fosp_agent.experiments.report.data import DataError, OutdatedResults
from fosp_agent.experiments.report.page import PageError, write_page
from fosp_agent.experiments.result import FORMAT, ResultError, as_text

MACHINE = {
    "processor": "abacus",
    "cores": 2,
    "memory_gib": 1,
    "gpu": "none",
    "torch": "2",
    "threads": 1,
}
ORIGIN = {
    "command": "./safereach experiment x",
    "machine": MACHINE,
    "revision": "abc",
    "version": "1",
}
SIGNAL = {
    "total": 10,
    "positives": 2,
    "auc": 0.9,
    "calibration_error": 0.1,
    "at_positives": 0.6,
    "at_negatives": 0.1,
    "reliability": {
        "predicted": [0.05, *[None] * 8, 0.95],
        "observed": [0.0, *[None] * 8, 1.0],
        "share": [0.8, *[0.0] * 8, 0.2],
    },
}
MEASURED = {"episodes": 1, "observations": 10, "signals": {"cost": SIGNAL, "reachability": SIGNAL}}
TRAIL = {
    "seed": 1000,
    "points": [[380, 0], [500, 10], [640, 5]],
    "contacts": [1],
    "reached": [2],
    "target": [650, 0, 20],
    "obstacles": [[520, 0, 20]],
}


def put(root: Path, unit: str, kind: str, settings: dict[str, Any], found: dict[str, Any]) -> None:
    needs = [] if kind == "pretrain" else ["pretrain/fosp/seed0"]
    record = {"format": FORMAT, "unit": unit, "kind": kind, "settings": settings, "needs": needs}
    record |= {"result": found, "spent": {"seconds": 60.0, "sessions": 1}, "provenance": ORIGIN}
    path = root / unit / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text(as_text(record))


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    """The results of one agent with two seeds on one task; the second seed's end is missing."""
    root = tmp_path / "runs" / "reach"
    note_kind(root, "safereach")
    for seed in (0, 1):
        common = {"variant": "fosp", "seed": seed, "preset": "small"}
        path = f"fosp/seed{seed}/three_obstacles"
        settings = common | {"steps": 7, "weights": "last"}
        put(root, f"pretrain/fosp/seed{seed}", "pretrain", settings, {"held_out": MEASURED})
        trials = {"returns": [1, 0, 2], "costs": [0, 1, 0], "new_policy_share": [0.5, 0.2, 0.9]}
        settings = common | {"task": "three_obstacles", "mode": "sample", "trials": 3, "updates": 2}
        settings |= {"first_seed": 10_000}
        put(root, f"{path}/trials", "trials", settings, trials | {"own_roll_outs": MEASURED})
        tests = {"returns": [1, 1], "costs": [0, 1], "trails": [TRAIL]}
        for when in ("before", "start", "after")[: 3 - seed]:
            there = when == "start"
            settings = common | {
                "task": "three_obstacles",
                "mode": "sample",
                "when": when,
                "tests": 3 if there else 2,
                "first_seed": 10_000 if there else 1000,
            }
            put(root, f"{path}/{when}-sample", "test", settings, tests)
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_results_give_the_same_bytes_with_and_without_the_runs(
    experiment: Path, tmp_path: Path
):
    docs = tmp_path / "docs"
    write_page(docs / "results.md", [experiment])
    first = contents(docs)
    shutil.rmtree(experiment)
    write_page(docs / "results.md", [])
    assert contents(docs) == first


def test_rates_budget_and_what_is_missing_are_written(experiment: Path, tmp_path: Path):
    page = write_page(tmp_path / "docs/results.md", [experiment]).page.read_text()
    assert (
        "| `fosp` | before 2, after 1, start 2, during 2 | 100 ±0 (51 to 100) | 100 (34 to 100) |"
        in page
    )
    assert "Reduced budget: 2 of 5 seeds; 1 of 3 tasks (three_obstacles); 3 of 40 trials" in page
    assert "2 of 20 tests" in page
    assert "- tests: 2\n" in page
    assert "- `fosp`, sample, tests: 1 of 3 of seed 1; 2 of 3 of seed 0\n" in page
    assert "`./safereach experiment x`" in page
    assert "2 cores of abacus" in page
    assert "| three_obstacles: CV after | at most 5 % | 50 (9 to 91) % | **missed** |" in page


def test_settings_that_are_not_alike_are_said(experiment: Path, tmp_path: Path):
    path = experiment / "pretrain/fosp/seed1/result.json"
    path.write_text(path.read_text().replace('"steps":7', '"steps":9'))
    page = write_page(tmp_path / "docs/results.md", [experiment]).page.read_text()
    assert (
        "- gradient steps of a pretraining, **mixed**: 7 for `fosp` (seed 0); 9 for `fosp` (seed 1)"
        in page
    )


def test_seeds_with_weights_from_elsewhere_are_told_from_those_pretrained_in_the_run(
    experiment: Path, tmp_path: Path
):
    path = experiment / "pretrain/fosp/seed0/result.json"
    path.write_text(path.read_text().replace('"steps":7,"weights":"last"', '"adopted":"w.safe"'))
    page = write_page(tmp_path / "docs/results.md", [experiment]).page.read_text()
    assert (
        "- weights of w.safe instead of a pretraining: `fosp` (seed 0); pretrained in this run: "
        "`fosp` (seed 1)\n"
    ) in page
    other = experiment / "pretrain/fosp/seed1/result.json"
    other.write_text(path.read_text().replace('"seed":0', '"seed":1').replace("seed0", "seed1"))
    page = write_page(tmp_path / "docs/results.md", [experiment]).page.read_text()
    assert "instead of a pretraining: `fosp` (seeds 0, 1), the same weights for several" in page
    assert "pretrained in this run" not in page
    for number, file in enumerate((path, other)):
        file.write_text(
            file.read_text().replace('{"held_out"', f'{{"sha256":"file {number}","held_out"')
        )
    page = write_page(tmp_path / "docs/results.md", [experiment]).page.read_text()
    assert "instead of a pretraining: `fosp` (seeds 0, 1)\n" in page


def test_what_was_never_asked_of_an_agent_is_said_in_one_line(experiment: Path, tmp_path: Path):
    settings = {"variant": "fosp", "seed": 0, "preset": "small", "task": "three_obstacles"}
    settings |= {"mode": "greedy", "when": "before", "tests": 1, "first_seed": 1000}
    tests = {"returns": [1], "costs": [0], "trails": []}
    put(experiment, "fosp/seed0/three_obstacles/before-greedy", "test", settings, tests)
    trials = {"returns": [1], "costs": [0], "new_policy_share": [0.0], "own_roll_outs": None}
    settings = {"task": "three_obstacles", "mode": "sample", "trials": 1, "updates": 2}
    settings |= {"variant": "safedreamer", "seed": 4, "preset": "small", "first_seed": 1}
    path = "safedreamer/seed4/three_obstacles/trials"
    put(experiment, path, "trials", settings, trials)
    page = write_page(tmp_path / "docs/results.md", [experiment]).page.read_text()
    lines = [line for line in page.splitlines() if line.startswith("- ") and "tests" in line]
    assert "- `fosp`, greedy, tests: 0 of 3 of seed 1; 1 of 3 of seed 0" in lines
    assert "- tests, greedy: none of `safedreamer`" in lines
    assert sum("greedy" in line for line in lines) == 2
    assert "- seeds: 0, 1 of `fosp`; 4 of `safedreamer`" in page


def test_trails_are_those_of_the_agents_own_first_seed(experiment: Path, tmp_path: Path):
    for folder in (experiment / "fosp").iterdir():
        for path in folder.rglob("result.json"):
            path.write_text(path.read_text().replace('"seed":0,', '"seed":3,'))
    settings = {"variant": "safedreamer", "seed": 0, "preset": "small", "task": "three_obstacles"}
    settings |= {"mode": "sample", "when": "before", "tests": 2, "first_seed": 1000}
    path = "safedreamer/seed0/three_obstacles/before-sample"
    put(experiment, path, "test", settings, {"returns": [1, 1], "costs": [0, 1], "trails": [TRAIL]})
    page = write_page(tmp_path / "docs/results.md", [experiment]).page.read_text()
    assert "Trails of fosp on three_obstacles, seed 1, the first test scenes" in page


def test_every_plot_is_shown_small_and_a_picture(experiment: Path, tmp_path: Path):
    docs = tmp_path / "docs"
    written = write_page(docs / "results.md", [experiment])
    assert {p.name for p in written.plots} == {
        "reach-learning-curves-others.png",
        "reach-together-sample.png",
        "reach-new-policy.png",
        "reach-calibration.png",
        "reach-trails-three_obstacles.png",
    }
    for plot in written.plots:
        assert f"(results/plots/{plot.name})" in written.page.read_text()
        assert plot.stat().st_size < 100_000
        with Image.open(plot) as picture:
            assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 5


def test_what_is_written_by_hand_is_put_where_the_layout_says(experiment: Path, tmp_path: Path):
    folder = tmp_path / "docs" / "results"
    folder.mkdir(parents=True)
    (folder / "layout.md").write_text(
        "# R\n<!-- include: log.md -->\n<!-- generated: safereach -->\n<!-- fragments -->\n"
    )
    (folder / "log.md").write_text("the log")
    (folder / "other.md").write_text("something else")
    page = write_page(tmp_path / "docs/results.md", [experiment]).page.read_text()
    assert page.count("the log") == page.count("something else") == 1
    assert page.index("the log") < page.index("Table 3") < page.index("something else")


@pytest.mark.parametrize(
    ("layout", "wrong"),
    [
        ("<!-- include: gone.md -->\n", r"gone\.md.*write it, or take the line out"),
        ("<!-- generated: nonsense -->\n", "no generated section 'nonsense'; there are safereach"),
    ],
)
def test_a_layout_that_asks_for_what_is_not_there_is_refused(
    tmp_path: Path, layout: str, wrong: str
):
    folder = tmp_path / "docs" / "results"
    folder.mkdir(parents=True)
    (folder / "layout.md").write_text(layout)
    with pytest.raises(PageError, match=wrong):
        write_page(tmp_path / "docs/results.md", [])


def test_a_broken_result_is_named_and_the_page_stays(experiment: Path, tmp_path: Path):
    out = tmp_path / "docs/results.md"
    write_page(out, [experiment])
    before = out.read_bytes()
    path = experiment / "fosp/seed0/three_obstacles/trials/result.json"
    path.write_text(path.read_text()[:100])
    with pytest.raises(ResultError, match=r"trials.result\.json cannot be read.*remove it"):
        write_page(out, [experiment])
    assert out.read_bytes() == before


def test_results_of_two_trainings_of_one_seed_are_never_mixed(experiment: Path, tmp_path: Path):
    docs = tmp_path / "docs"
    write_page(docs / "results.md", [experiment])
    before, name = contents(docs), "fosp--seed0--three_obstacles--after-sample.json"
    assert f"results/data/reach/{name}" in before
    path = experiment / "pretrain/fosp/seed0/result.json"
    path.write_text(path.read_text().replace('{"held_out"', '{"sha256":"another","held_out"'))
    shutil.rmtree(experiment / "fosp/seed0/three_obstacles/after-sample")
    wrong = "1 of these began with the earlier.*seed0/three_obstacles/after-sample.*--drop-outdated"
    with pytest.raises(OutdatedResults, match=wrong):
        write_page(docs / "results.md", [experiment])
    assert contents(docs) == before
    write_page(docs / "results.md", [experiment], drop_outdated=True)
    assert set(before) - set(contents(docs)) >= {f"results/data/reach/{name}"}
    write_page(docs / "results.md", [experiment])


def test_a_folder_without_an_experiment_or_result_is_refused(tmp_path: Path):
    out: Path = tmp_path / "docs/results.md"
    (tmp_path / "nothing").mkdir()
    with pytest.raises(FolderError, match="not the folder of an experiment"):
        write_page(out, [tmp_path / "nothing"])
    note_kind(tmp_path / "empty", "safereach")
    with pytest.raises(DataError, match="no result yet"):
        write_page(out, [tmp_path / "empty"])
    with pytest.raises(FolderError, match="is of the experiment 'safereach'"):
        note_kind(tmp_path / "empty", "dataset-ablation")
    assert issubclass(DataError, UserError)
    assert json.loads((tmp_path / "empty/experiment.json").read_text())
