"""The folder of an experiment, which several crews may begin at the same moment."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from fakes.crews import begin_often
from fosp_agent.experiments.folder import kind_of_folder


def test_crews_that_begin_together_do_not_fail_each_other(tmp_path: Path):
    rounds, crews = 50, 3
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(crews)
    running = [
        context.Process(target=begin_often, args=(tmp_path, rounds, together)) for _ in range(crews)
    ]
    for one in running:
        one.start()
    for one in running:
        one.join(timeout=60)
    assert [one.exitcode for one in running] == [0] * crews
    for number in range(rounds):
        assert kind_of_folder(tmp_path / str(number)) == "safereach"
        assert [path.name for path in (tmp_path / str(number)).iterdir()] == ["experiment.json"]
