"""The account of a run: survives a restart, and says before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from fosp_agent.training.trials import EpisodeResult, SummaryError, TrialsSummary, table


def result(episode_id: str) -> EpisodeResult:
    return EpisodeResult(episode_id, 1.0, 3.0, {"offline": 41, "new": 39}, 10, 4, 12.25)


def test_a_saved_summary_is_read_back_the_same(tmp_path: Path) -> None:
    summary = TrialsSummary("safereach", "original", "w.safetensors", [result("a")])
    summary.save(tmp_path / "summary.json")
    again = TrialsSummary.open(tmp_path / "summary.json", "safereach", "original", "other")
    assert again == summary


def test_a_summary_of_another_task_is_refused(tmp_path: Path) -> None:
    TrialsSummary("safereach", "original", "w").save(tmp_path / "summary.json")
    with pytest.raises(SummaryError, match="choose another run_dir"):
        TrialsSummary.open(tmp_path / "summary.json", "safereach", "three_obstacles", "w")


def test_a_damaged_summary_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text('{"episodes": [')
    with pytest.raises(SummaryError, match="move it away"):
        TrialsSummary.open(tmp_path / "summary.json", "safereach", "original", "w")


def test_the_line_of_an_episode_says_who_acted() -> None:
    line = result("a").line(4, 10)
    assert "4/10" in line
    assert "new 39, offline 41" in line
    assert "updates  10" in line


def test_the_table_shows_rates_with_intervals() -> None:
    report = {"success_rate": 0.8, "success_rate_interval": [0.6, 0.9]}
    text = table(report, None)
    assert "80 % (60 to 90)" in text
    assert "before" in text
