"""The in-process trials: acted, labelled by the truth, learned from; a killed run goes on."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.environments import make_environment
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training.earlier_episodes import learned_episodes
from fosp_agent.training.finetune import Finetuner
from fosp_agent.training.learner import Lesson
from fosp_agent.training.metrics import METRICS, MetricsLog, read_metrics
from fosp_agent.training.online import SUMMARY, run_trials
from fosp_agent.training.trials import EpisodeResult, TrialsSummary
from fosp_agent.training.weights import WeightsInfo

load_greedy = partial(PolicyRunner.from_file, mode="greedy")


@pytest.fixture(scope="module")
def robot():
    environment = make_environment("safereach", "original")
    yield environment
    environment.close()


class Killed(Exception):
    """Stands for the end of the process."""


def finished(
    robot, weights: Path, run_dir: Path, trials: int, on_progress=None
) -> list[EpisodeResult]:
    """The records of a run brought to ``trials``, from wherever its folder stands."""
    resumed = Finetuner.exists(run_dir)
    finetuner = (
        Finetuner.resume(run_dir) if resumed else Finetuner.start(run_dir, weights, None, 2, 0)
    )
    summary = TrialsSummary.open(run_dir / SUMMARY, "safereach", "original", str(weights))
    options = {"on_progress": on_progress} if on_progress else {}
    trial = run_trials(
        robot, finetuner, load_greedy, summary, run_dir, trials=trials, first_seed=3, **options
    )
    return [dataclasses.replace(r, seconds=0.0, note="") for r in trial]


def test_each_trial_is_recorded_labelled_by_the_truth_and_learned_from(
    robot, weights: Path, tmp_path: Path
):
    run_dir = tmp_path / "run"
    results = finished(robot, weights, run_dir, 2)
    assert [r.episode_id for r in results] == ["original-3-trial0001", "original-4-trial0002"]
    assert [(r.version, r.updates) for r in results] == [(1, 2), (2, 2)]
    store = EpisodeStore(run_dir / "episodes", create=False)
    for result, seed in zip(results, (3, 4), strict=True):
        assert result.decisions == robot.max_steps
        assert result.share("offline") + result.share("new") == pytest.approx(1.0)
        episode = store.load(result.episode_id)
        assert (store.info(episode.id).seed, episode.metadata["labeller"]) == (seed, "simulator")
        robot.reset(seed=seed)
        truth = [robot.step(action)[1:3] for action in episode.action[:-1]]
        assert np.array_equal(np.stack([episode.reward, episode.cost], 1)[1:], np.array(truth))
        assert (result.episode_return, result.episode_cost) == tuple(np.sum(truth, 0))
        assert (result.reached, result.violated) == (episode.success, episode.violation)
    assert learned_episodes(run_dir) == set(store.ids())
    assert finished(robot, weights, run_dir, 2) == results


@pytest.mark.parametrize("step", [1, 2])
def test_a_run_killed_while_it_learns_ends_in_the_records_of_one_that_was_not(
    robot, weights: Path, tmp_path: Path, step: int
):
    def kill(episode_id: str, done: int, _total: int, _metrics: dict[str, float]) -> None:
        if episode_id.endswith("0002") and done == step:
            raise Killed

    whole = finished(robot, weights, tmp_path / "whole", 3)
    broken = tmp_path / "broken"
    with pytest.raises(Killed):
        finished(robot, weights, broken, 3, kill)
    assert finished(robot, weights, broken, 3) == whole
    for name in ("weights-000003.safetensors",):
        there = (tmp_path / "whole" / "weights" / name).read_bytes()
        assert (broken / "weights" / name).read_bytes() == there


@pytest.mark.parametrize("written", [0, 20])
@pytest.mark.parametrize("trial", ["0001", "0002"])
def test_a_run_killed_before_it_noted_a_lesson_ends_in_the_records_of_one_that_was_not(
    robot, weights: Path, tmp_path: Path, monkeypatch, trial: str, written: int
):
    """The weights are there, and of their line in the metrics so many characters."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    expected = finished(robot, weights, whole, 3)
    append = MetricsLog.append

    def killed(log: MetricsLog, lesson: Lesson, info: WeightsInfo) -> None:
        append(log, lesson, info)
        if lesson.episode.id.endswith(trial):
            path = broken / METRICS
            *before, last = path.read_text().splitlines(keepends=True)
            path.write_text("".join(before) + last[:written])
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(MetricsLog, "append", killed)
        with pytest.raises(Killed):
            finished(robot, weights, broken, 3)
    assert finished(robot, weights, broken, 3) == expected
    lines = [
        [(e["episode_id"], e["updates"]) for e in read_metrics(r / METRICS)]
        for r in (whole, broken)
    ]
    assert lines[0] == lines[1]


def test_an_episode_killed_while_it_is_acted_is_acted_anew(robot, weights: Path, tmp_path: Path):
    run_dir = tmp_path / "run"
    finished(robot, weights, run_dir, 0)
    episodes = run_dir / "episodes"
    (episodes / "original-3-trial0001.mcap.active").write_bytes(b"cut short")
    (result,) = finished(robot, weights, run_dir, 1)
    assert EpisodeStore(episodes).ids() == [result.episode_id]
    assert not EpisodeStore(episodes).unfinished()
