"""The spans that a person types."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fosp_agent.cli.label import list_labels, parse_spans, write_sheet
from fosp_agent.console.contact_sheet import COLUMNS, SCALE, STRIP, contact_sheet
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError


def test_spans_are_read_with_both_ends():
    assert parse_spans(["60-80", "7"]) == [(60, 80), (7, 7)]


@pytest.mark.parametrize("text", ["", "60-", "-3", "a-b", "60:80"])
def test_what_is_no_span_is_refused_with_an_example(text):
    with pytest.raises(UserError, match="write 60-80"):
        parse_spans([text])


@pytest.fixture
def run(tmp_path: Path, make_episode) -> Path:
    """A run with one labelled and one unlabelled episode."""
    store = EpisodeStore(tmp_path / "run" / "episodes")
    store.write(make_episode("original-1-a"))
    store.write(replace(make_episode("original-2-b"), labelled=False))
    return tmp_path / "run"


def test_the_list_tells_what_is_unlabelled(run: Path, capsys: pytest.CaptureFixture[str]):
    list_labels(run)
    lines = {
        line.split()[1]: line for line in capsys.readouterr().out.splitlines() if "orig" in line
    }
    assert "revision 1" in lines["original-1-a"]
    assert "none" in lines["original-2-b"]


def test_on_a_narrow_terminal_an_id_is_still_whole(
    run: Path, make_episode, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    name = "three_obstacles-1-20261121T171400825"
    EpisodeStore(run / "episodes").write(make_episode(name))
    monkeypatch.setenv("COLUMNS", "80")
    list_labels(run)
    assert name in capsys.readouterr().out


def test_the_contact_sheet_shows_every_frame_of_the_first_unlabelled_episode(run: Path):
    path = run / "sheet.png"
    assert "original-2-b" in write_sheet("", path, run)
    episode = EpisodeStore(run / "episodes").load("original-2-b")
    with Image.open(path) as picture:
        rows = -(-len(episode) // COLUMNS)
        assert picture.size == (COLUMNS * (64 * SCALE + 4), rows * (64 * SCALE + 2 * STRIP))


def test_the_contact_sheet_marks_reward_and_cost_in_their_own_places(make_episode):
    episode = make_episode("original-3-c")
    reward, cost = np.zeros(len(episode), np.float32), np.zeros(len(episode), np.float32)
    plain = np.asarray(contact_sheet(replace(episode, reward=reward, cost=cost)))
    reward[1], cost[2] = 1.0, 1.0
    marked = np.asarray(contact_sheet(replace(episode, reward=reward, cost=cost)))
    rows, columns = np.nonzero((plain != marked).any(-1))
    wide = 64 * SCALE + 4
    assert set(np.unique(columns // wide)) == {1, 2}
    bar = rows[(columns // wide == 1)]
    assert bar.max() < STRIP
    dashes = rows[(columns // wide == 2) & (rows >= STRIP)]
    assert dashes.min() >= STRIP + 64 * SCALE


def test_without_any_run_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SAFEREACH_ROOT", str(tmp_path))
    with pytest.raises(UserError, match="--run"):
        list_labels(None)
