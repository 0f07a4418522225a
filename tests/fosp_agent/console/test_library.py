"""The recorded episodes as the page sees them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from fosp_agent.console import library as library_module
from fosp_agent.console.digest import label_spans
from fosp_agent.console.drafts import Drafts
from fosp_agent.console.library import Library
from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.labels import Label, LabelRecord, Span, expand
from fosp_agent.episodes.store import EpisodeStore


@pytest.fixture
def run(tmp_path: Path, make_episode) -> Path:
    store = EpisodeStore(tmp_path / "run" / "episodes")
    store.write(make_episode("original-1-a"))
    store.write(dataclasses.replace(make_episode("original-2-b"), labelled=False))
    return tmp_path / "run"


def taken_in(run: Path) -> Library:
    library = Library(run)
    for _ in library.refresh():
        pass
    return library


def test_new_files_are_taken_in_once(run: Path, make_episode):
    library = Library(run)
    assert sorted(one["id"] for batch in library.refresh() for one in batch) == [
        "original-1-a",
        "original-2-b",
    ]
    assert list(library.refresh()) == []
    library.store.write(make_episode("original-3-c"))
    assert [one["id"] for batch in library.refresh() for one in batch] == ["original-3-c"]


def test_a_second_session_reads_no_file_again(run: Path, monkeypatch: pytest.MonkeyPatch):
    before = taken_in(run).summaries()
    monkeypatch.setattr(library_module, "read_recording", None)
    assert taken_in(run).summaries() == before


def test_a_summary_follows_the_label(run: Path):
    library = taken_in(run)
    assert library.summary("original-2-b")["label"] == {"revision": 0}
    length = library.summary("original-2-b")["observations"]
    reward, cost = expand([Span("reward", 2, 4)], length)
    EpisodeStore(run / "episodes").labels.add(LabelRecord("original-2-b", reward, cost, "me"))
    label = library.summary("original-2-b")["label"]
    assert (label["revision"], label["return"], label["cost"]) == (1, 3.0, 0.0)
    assert (label["success"], label["violation"], label["labeller"]) == (True, False, "me")


@pytest.mark.parametrize(
    "name", ["../labels", "..", "", "/etc/passwd", "original-1-a/../../x", "nobody", "a\0b"]
)
def test_no_name_but_that_of_an_episode_reaches_a_file(run: Path, name: str):
    library = taken_in(run)
    for ask in (library.sheet, library.thumb, library.detail, library.summary, library.revision):
        with pytest.raises(EpisodeError.__mro__[1]):
            ask(name)


def test_a_damaged_file_is_listed_as_damaged_and_the_others_stay(run: Path):
    path = run / "episodes" / "original-9-z.mcap"
    path.write_bytes((run / "episodes" / "original-1-a.mcap").read_bytes()[:3000])
    library = taken_in(run)
    assert "damaged" in library.summary("original-9-z")["damage"]
    assert library.summary("original-1-a")["damage"] == ""
    with pytest.raises(EpisodeError):
        library.sheet("original-9-z")


def test_pictures_are_jpeg_and_cover_every_frame(run: Path):
    import io

    from PIL import Image

    library = taken_in(run)
    detail = library.detail("original-1-a")
    rows = -(-detail["summary"]["observations"] // detail["columns"])
    with Image.open(io.BytesIO(library.sheet("original-1-a"))) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (64 * detail["columns"], 64 * rows)
    with Image.open(io.BytesIO(library.thumb("original-1-a"))) as picture:
        assert picture.size == (64, 64)


def test_spans_of_a_label_give_that_label_again():
    rng = np.random.default_rng(0)
    reward, cost = rng.integers(0, 2, (2, 60)).astype(np.float32)
    label = Label("e", 1, reward, cost, "", "", False, 0)
    spans = [Span(one["kind"], one["first"], one["last"]) for one in label_spans(label)]
    again = expand(spans, 60)
    np.testing.assert_array_equal(again, (reward, cost))


def test_a_draft_outlives_the_console_and_a_damaged_file_does_not_stop_it(tmp_path: Path):
    path = tmp_path / "drafts.json"
    Drafts(path).keep("e", {"revision": 0, "spans": []})
    assert Drafts(path).get("e") == {"revision": 0, "spans": []}
    path.write_text("{")
    assert Drafts(path).get("e") is None
    assert path.with_name("drafts.json.damaged").read_text() == "{"
