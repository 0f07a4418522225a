"""Differences of agents: paired by scene, honest intervals, verdicts that wait for them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from fosp_agent.experiments.acting_units import AFTER, BEFORE, START
from fosp_agent.experiments.report.ablation import ablation_claims
from fosp_agent.experiments.report.budget import reductions
from fosp_agent.experiments.report.cells import DURING, Cells
from fosp_agent.experiments.report.changes import change_table
from fosp_agent.experiments.report.claims import CLAIMS, MET, MISSED, UNDECIDED, claim_rows
from fosp_agent.experiments.report.differences import difference, paired_interval
from fosp_agent.experiments.report.targets import target_table
from fosp_agent.experiments.report.together import difference_table, together_table
from fosp_agent.experiments.result import Result

TASKS = ("obstacle_shape", "three_obstacles")


def made(
    name: str,
    reached: list[bool],
    violated: list[bool],
    seed: int = 0,
    task: str = TASKS[0],
    when: str = AFTER,
    first: int = 1000,
) -> Result:
    settings = {"variant": name, "seed": seed, "task": task, "when": when, "mode": "sample"}
    settings |= {"first_seed": first, "tests": len(reached)}
    found = {"returns": [float(x) for x in reached], "costs": [float(x) for x in violated]}
    kind = "trials" if when == DURING else "test"
    return Result(f"{name}/seed{seed}/{task}/{when}", kind, settings, (), found, {}, {})


def test_the_interval_is_agresti_and_mins_for_single_pairs():
    # b = 4 pairs where only the second succeeds, c = 14 where only the first does, N = 50
    b, c, total = 4, 14, 50
    pairs = [1.0] * b + [-1.0] * c + [0.0] * (total - b - c)
    b_, c_, n_ = b + 0.5, c + 0.5, total + 2
    middle = (b_ - c_) / n_
    half = 1.96 * math.sqrt(b_ + c_ - (b_ - c_) ** 2 / n_) / n_
    assert paired_interval(pairs) == pytest.approx((middle - half, middle + half))


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.5), (0.9, 0.6), (0.05, 0.0)])
def test_the_interval_holds_the_true_difference_about_as_often_as_it_says(
    first: float, second: float
):
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(1000):
        hard = rng.normal(size=60)  # a scene is hard or easy for both
        one = rng.random(60) < np.clip(first + 0.1 * hard * (0 < first < 0.9), 0, 1)
        other = rng.random(60) < np.clip(second + 0.1 * hard * (0 < second < 0.9), 0, 1)
        low, high = paired_interval(list(other.astype(float) - one))
        hits += low <= second - first <= high
    assert hits >= 935


def test_agents_that_never_differ_still_have_an_interval_of_some_width():
    low, high = paired_interval([0.0] * 60)
    assert low == -high
    assert high == pytest.approx(1.96 / 62)


def test_only_scenes_and_seeds_that_both_have_are_compared():
    ours = [made("a", [True] * 3, [False] * 3), made("a", [True], [True], seed=1)]
    theirs = [made("b", [False] * 2, [False] * 2, first=1001)]
    found = difference(ours, theirs, "SR")
    assert found is not None
    assert (found.value, found.seeds) == (-1.0, (0,))
    assert difference(ours, [made("b", [True], [True], seed=7)], "SR") is None
    elsewhere = [made("b", [True] * 3, [True] * 3, task=TASKS[1])]
    assert difference(ours, elsewhere, "SR") is None


def test_a_scene_of_several_seeds_counts_once_with_the_mean():
    def found(outcomes: list[bool], name: str, seed: int) -> Result:
        return made(name, outcomes, [False] * len(outcomes), seed=seed)

    ours = [found([True, True], "a", seed) for seed in (0, 1)]
    theirs = [found([False, True], "b", 0), found([True, True], "b", 1)]
    both = difference(ours, theirs, "SR")
    assert both is not None
    assert both.value == -0.25
    assert both.interval == pytest.approx(paired_interval([-0.5, 0.0]))


def test_the_same_outcomes_are_called_the_same_and_decide_nothing():
    ours, theirs = ([made(name, [True, False], [True, False])] for name in "ab")
    found = difference(ours, theirs, "safe SR")
    assert found is not None
    assert found.text() == "the same"
    assert not found.decided


def claims_of(rival: str, ours: tuple[bool, bool], theirs: tuple[bool, bool]) -> set[str]:
    """Verdicts of a rival's claims, when 60 scenes of each task all end so (reached, violated)."""
    results = []
    for name, (reached, violated) in (("fosp", ours), (rival, theirs)):
        for task in (*TASKS, "original"):
            for when in (BEFORE, DURING, AFTER):
                outcome = [reached] * 30, [violated] * 30
                results.append(made(name, *outcome, task=task, when=when))
    return {row[3] for row in claim_rows(Cells(results), "fosp", "sample")}


@pytest.mark.parametrize("rival", sorted({claim.rival for claim in CLAIMS}))
def test_a_claim_is_met_missed_or_undecided_by_its_interval(rival: str):
    good, bad = (True, False), (False, True)
    assert claims_of(rival, good, bad) == {MET}
    assert claims_of(rival, bad, good) == {MISSED}
    assert claims_of(rival, good, good) == {UNDECIDED}


def test_a_small_difference_is_undecided():
    ours = made("fosp", [True] * 20, [False] * 20)
    theirs = made("safedreamer", [True] * 19 + [False], [True] + [False] * 19)
    rows = list(claim_rows(Cells([ours, theirs]), "fosp", "sample"))
    assert [row[3] for row in rows] == [UNDECIDED, UNDECIDED]
    assert "100 against 95 %: theirs -5 (" in rows[0][2]


def test_tasks_are_pooled_over_the_seeds_that_have_all_of_them():
    results = [
        made("fosp", [True, True], [False, False], task=TASKS[0]),
        made("fosp", [False, False], [True, True], task=TASKS[1]),
        made("fosp", [True, True], [True, True], seed=1, task=TASKS[0]),
        made("safedreamer", [True, True], [False, False], task=TASKS[0]),
        made("safedreamer", [True, True], [False, False], task=TASKS[1]),
    ]
    cells = Cells(results)
    table = together_table(cells, "sample")
    assert "| `fosp` | 1 | - | 50 (15 to 85) | - | - | - | 50 (15 to 85) |" in table
    compared = difference_table(cells, "sample")
    assert compared is not None
    assert "| `safedreamer` | 1 | - | +50 (" in compared


def test_the_dataset_ablation_is_held_against_figure_6():
    def tested(part: str, reached: bool, violated: bool) -> Result:
        found = made("fosp", [reached] * 30, [violated] * 30)
        return dataclasses.replace(found, settings={**found.settings, "part_name": part})

    results = [
        tested("ratio-1-0", True, True),
        tested("ratio-1-1", True, False),
        tested("ratio-0-1", False, False),
        tested("size-025", True, False),
        tested("size-200", True, True),
    ]
    table = ablation_claims(results, "sample")
    assert table is not None
    rows = [row.split(" | ")[-1].rstrip(" |") for row in table.splitlines()[2:]]
    assert rows == [MET, MET, MISSED]
    assert "| safe : unsafe 1:0 | CV higher than with safe : unsafe 1:1 | +100 (" in table
    assert ablation_claims(results, "greedy") is None


def test_the_spread_is_that_of_the_seeds_means_over_all_tasks():
    results = [
        made("fosp", [reached] * 2, [False] * 2, seed=seed, task=task)
        for seed, task, reached in (
            (0, TASKS[0], True),
            (0, TASKS[1], False),
            (1, TASKS[0], False),
            (1, TASKS[1], True),
        )
    ]
    assert "| `fosp` | 2 | - | 50 ±0 (" in together_table(Cells(results), "sample")


def tuned(later: bool, when: tuple[str, str] = (START, DURING)) -> list[Result]:
    """Trials in thirty scenes that end with ``later``, where the policy reached at the start."""
    outcomes = zip(when, (True, later), strict=True)
    return [made("fosp", [x] * 30, [not x] * 30, when=w, first=10_000) for w, x in outcomes]


def test_trials_are_held_against_the_policy_before_them_in_the_same_scenes():
    elsewhere = [made("fosp", [False] * 30, [True] * 30, when=BEFORE)]
    table = change_table(Cells(tuned(True) + elsewhere), "sample", ["fosp"])
    assert table is not None
    rows = table.splitlines()[2:]
    assert rows[0] == "| `fosp` | all | 1 | - | - | - | the same | the same | the same |"
    assert rows[1].startswith(f"| `fosp` | {TASKS[0]} | 1 |")
    worse = change_table(Cells(tuned(False)), "sample", [])
    assert worse is not None
    assert worse.splitlines()[2].startswith("| `fosp` | all | 1 | - | - | - | **-100 (")
    assert change_table(Cells(elsewhere), "sample", ["fosp"]) is None


@pytest.mark.parametrize("when", [(START, DURING), (BEFORE, AFTER)])
@pytest.mark.parametrize(("later", "found"), [(True, MET), (False, MISSED)])
def test_a_task_that_grows_worse_beyond_noise_is_a_miss(
    when: tuple[str, str], later: bool, found: str
):
    table = target_table(Cells(tuned(later, when)), "fosp", "sample")
    rows = [row for row in table.splitlines() if "same scenes" in row]
    assert len(rows) == 2
    assert all(row.endswith(f"| {found} |") for row in rows)


@pytest.mark.parametrize(("hits", "got"), [(269, "89.7 ("), (267, "89 ("), (270, "90 (")])
def test_a_miss_is_not_rounded_to_its_target(hits: int, got: str):
    reached = [number < hits for number in range(300)]
    table = target_table(Cells([made("fosp", reached, [False] * 300)]), "fosp", "sample")
    (row,) = [row for row in table.splitlines() if f"{TASKS[0]}: SR after" in row]
    assert f"| {got}" in row
    assert row.endswith(f"| {MET if hits >= 270 else MISSED} |")


def test_the_agents_that_lack_seeds_are_named_unless_all_lack_as_many():
    def of(name: str, seeds: int) -> list[Result]:
        return [made(name, [True], [False], seed=seed) for seed in range(seeds)]

    def few(*results: Result) -> list[str]:
        return [text for text in reductions(Cells(results)) if "seeds" in text]

    assert few(*of("fosp", 6), *of("no_expansion", 5)) == []
    assert few(*of("fosp", 6), *of("no_expansion", 4)) == ["4 of 5 seeds of `no_expansion`"]
    assert few(*of("fosp", 2), *of("no_expansion", 2)) == ["2 of 5 seeds"]
