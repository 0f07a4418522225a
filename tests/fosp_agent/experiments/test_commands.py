"""The page's commands: they make the results again, and say nothing twice."""

from __future__ import annotations

from typing import Any

from fosp_agent.experiments.report.commands import commands
from fosp_agent.experiments.result import Result

BASE = "./safereach experiment safereach --tests 50"


def made(
    command: str, variant: str, seed: int, kind: str = "test", when: str | None = None
) -> Result:
    settings: dict[str, Any] = {"variant": variant, "seed": seed}
    settings |= {"when": when} if when else {}
    return Result("unit", kind, settings, (), {}, {}, {"command": command})


def after_tests(command: str, variant: str, seed: int) -> Result:
    return made(command, variant, seed, when="after")


def test_commands_that_differ_in_seeds_variants_and_processes_become_one():
    results = [
        after_tests(f"{BASE} --jobs 2 --seeds 0,1 --variants fosp,safedreamer", "fosp", 0),
        after_tests(f"{BASE} --jobs 2 --seeds 0,1 --variants fosp,safedreamer", "safedreamer", 0),
        after_tests(f"{BASE} --seeds 1, --variants safedreamer", "safedreamer", 1),
        after_tests(f"{BASE} --seeds 1, --variants fosp", "fosp", 1),
    ]
    assert commands(results) == {f"{BASE} --seeds 0,1 --variants fosp,safedreamer"}


def test_an_agent_stands_with_the_seeds_that_it_has_and_one_seed_is_no_count():
    results = [
        after_tests(f"{BASE} --seeds 0,3 --variants fosp", "fosp", seed) for seed in (0, 3)
    ] + [after_tests(f"{BASE} --seeds 3, --variants no_expansion", "no_expansion", 3)]
    assert commands(results) == {
        f"{BASE} --seeds 0,3 --variants fosp",
        f"{BASE} --seeds 3, --variants no_expansion",
    }


def test_what_makes_another_result_stays_apart():
    other = BASE.replace("50", "20")
    results = [
        after_tests(f"{BASE} --seeds 0, --variants fosp", "fosp", 0),
        after_tests(f"{other} --seeds 0, --variants fosp_planning", "fosp_planning", 0),
    ]
    assert len(commands(results)) == 2


def test_the_number_of_tests_is_that_of_the_command_that_tested():
    """Trials and the tests in their scenes may have been there before."""
    earlier = f"{BASE.replace('50', '20')} --seeds 0, --variants fosp"
    results = [
        made(earlier, "fosp", 0, "pretrain"),
        made(earlier, "fosp", 0, "trials"),
        made(earlier, "fosp", 0, when="start"),
        after_tests(f"{BASE} --seeds 0, --variants fosp", "fosp", 0),
    ]
    assert commands(results) == {f"{BASE} --seeds 0, --variants fosp"}


def test_an_agent_without_tests_is_not_forgotten():
    command = f"{BASE} --seeds 2, --variants fosp"
    pretrained = made(command, "fosp", 2, "pretrain")
    assert commands([pretrained]) == {command}
    assert commands([pretrained, made(command, "fosp", 2, "trials")]) == {command}


def test_a_command_without_variants_is_kept_as_it_was_typed():
    command = "./safereach experiment readings --seeds 1, --pretrained 'runs/seed{seed}/w'"
    assert commands([after_tests(command, "fosp", 1)]) == {command}
