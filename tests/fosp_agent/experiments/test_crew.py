"""Workers at a plan: each unit once, in whatever order, however many, whatever fails."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from fosp_agent.config import AgentConfig
from fosp_agent.errors import UserError
from fosp_agent.experiments import crew
from fosp_agent.experiments.claim import claim
from fosp_agent.experiments.crew import Worker
from fosp_agent.experiments.result import ResultError, read_result
from fosp_agent.experiments.unit import CLAIM, RESULT, Unit, UnitMismatch, require_all_same
from fosp_agent.experiments.work import Found


class Listener:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def began(self, unit: Unit) -> None:
        self.told.append(("began", unit.path))

    def advanced(self, unit: Unit, done: int, total: int, what: str) -> None:
        pass

    def ended(self, unit: Unit, _seconds: float) -> None:
        self.told.append(("ended", unit.path))

    def failed(self, unit: Unit, _why: str) -> None:
        self.told.append(("failed", unit.path))

    def waiting(self, units: Sequence[Unit]) -> None:
        self.told.append(("waiting", str(len(units))))


FIRST = Unit("a", "count", {"steps": 1})
SECOND = Unit("b", "count", {"steps": 1}, needs=("a",))
OTHER = Unit("c", "count", {"steps": 1})


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """Units in the order in which they were worked on; "bad" ones fail."""
    order: list[str] = []

    def work(_root: Path, unit: Unit, progress) -> Found:
        order.append(unit.path)
        progress(1, 1, "steps")
        if unit.settings.get("bad"):
            raise UserError("it is bad")
        return Found({"order": len(order)})

    monkeypatch.setattr(crew, "WORK", {"count": work})
    return order


def test_what_is_needed_is_done_first_and_nothing_twice(tmp_path: Path, done: list[str]):
    for _ in range(2):
        Worker(tmp_path, [SECOND, FIRST], Listener(), "test").work()
    assert done == ["a", "b"]


def test_a_unit_in_other_hands_is_left_and_waited_for(tmp_path: Path, done: list[str]):
    listener, held = Listener(), claim(tmp_path / "a" / CLAIM)
    assert held.__enter__()

    def free(_seconds: float) -> None:
        held.__exit__(None, None, None)

    Worker(tmp_path, [FIRST, SECOND, OTHER], listener, "test", wait=free).work()
    assert done == ["c", "a", "b"]
    assert ("waiting", "2") in listener.told


def test_a_failure_stops_only_what_needs_it(tmp_path: Path, done: list[str]):
    bad = Unit("a", "count", {"bad": True})
    worker = Worker(tmp_path, [bad, SECOND, OTHER], Listener(), "test")
    worker.work()
    assert done == ["a", "c"]
    assert worker.failures == {"a": "it is bad", "b": "needs a"}


def test_another_setting_in_the_same_folder_is_refused_before_anything_is_done(
    tmp_path: Path, done: list[str]
):
    Worker(tmp_path, [FIRST], Listener(), "test").work()
    changed = Unit("a", "count", {"steps": 2})
    with pytest.raises(UnitMismatch, match=r"steps was 1, now 2.*another --out"):
        Worker(tmp_path, [OTHER, changed], Listener(), "test").work()
    assert done == ["a"]


def test_a_setting_that_came_later_is_named_and_changes_nothing_at_its_default(
    tmp_path: Path, done: list[str]
):
    now = AgentConfig().to_dict()
    then = copy.deepcopy(now)
    del then["actor"]["center_advantage"], then["shield"]
    begun = Unit("a", "count", {"steps": 1}, config=then)
    begun.begin(tmp_path)
    resumed = dataclasses.replace(begun, config=now)
    assert require_all_same([resumed, OTHER], tmp_path) == ("actor.center_advantage", "shield")
    Worker(tmp_path, [resumed], Listener(), "test").work()
    assert done == ["a"]
    assert require_all_same([resumed], tmp_path) == ()


@pytest.mark.parametrize("removed", [("actor", "center_advantage"), ("actor", "beta_cost")])
def test_a_setting_that_came_later_and_is_not_at_its_default_is_refused(
    tmp_path: Path, removed: tuple[str, str]
):
    section, name = removed
    now = AgentConfig().to_dict()
    then = copy.deepcopy(now)
    del then[section][name]
    now[section][name] = 17
    Unit("a", "count", {}, config=then).begin(tmp_path)
    with pytest.raises(UnitMismatch, match=rf"\({section}\.{name} did not exist, now 17\)"):
        require_all_same([Unit("a", "count", {}, config=now)], tmp_path)


def test_beside_a_setting_that_came_later_a_changed_one_is_still_refused(tmp_path: Path):
    now = AgentConfig().to_dict()
    then = copy.deepcopy(now)
    del then["actor"]["center_advantage"]
    then["actor"]["beta_cost"] = 5.0
    Unit("a", "count", {}, config=then).begin(tmp_path)
    with pytest.raises(UnitMismatch, match=r"\(actor\.beta_cost was 5\.0, now 10\.0\)"):
        require_all_same([Unit("a", "count", {}, config=now)], tmp_path)


@pytest.mark.usefixtures("done")
def test_a_result_says_where_it_comes_from(tmp_path: Path):
    Worker(tmp_path, [FIRST], Listener(), "./safereach experiment test").work()
    result = read_result(tmp_path / "a" / RESULT)
    assert result.result == {"order": 1}
    assert result.settings["steps"] == 1
    assert result.provenance["command"] == "./safereach experiment test"
    assert {"machine", "revision", "version"} <= set(result.provenance)
    assert result.spent["seconds"] >= 0
    assert result.spent["sessions"] == 1


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("{", "cannot be read"), ("{}", "not a result of this version"), (None, "no such result")],
)
def test_a_broken_result_is_named_with_the_remedy(tmp_path: Path, text: str | None, wrong: str):
    path = tmp_path / RESULT
    if text is not None:
        path.write_text(text)
    with pytest.raises(ResultError, match=wrong) as caught:
        read_result(path)
    assert str(path) in str(caught.value)
    assert "run its experiment again" in str(caught.value)


@pytest.mark.usefixtures("done")
def test_a_result_without_an_entry_names_it(tmp_path: Path):
    Worker(tmp_path, [FIRST], Listener(), "test").work()
    path = tmp_path / "a" / RESULT
    record = json.loads(path.read_text())
    del record["spent"]
    path.write_text(json.dumps(record))
    with pytest.raises(ResultError, match="lacks spent"):
        read_result(path)
