"""A dataset from another table is told apart from one of the preset's, with settings that fit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fosp_agent.config import load_preset
from fosp_agent.settings import parse_override
from fosp_agent.training.fit import MisfitError, place_warnings, require_fit
from fosp_agent.types import Episode

AWAY = np.array([0.0, 0.4, 0.2, 0.0, 0.0, 0.0], np.float32)


def at_the_presets_table(make_episode, away: np.ndarray | float = 0.0) -> Episode:
    """An episode all over the simulated robot's workspace, or moved away from it."""
    robot = load_preset("small").robot
    episode = make_episode()
    rng = np.random.default_rng(0)
    pose = rng.uniform(robot.pose_low, robot.pose_high, episode.pose.shape) + away
    return dataclasses.replace(episode, pose=pose.astype(np.float32))


def test_demonstrations_in_the_presets_workspace_give_no_warning(make_episode):
    assert place_warnings([at_the_presets_table(make_episode)], load_preset("small").robot) == []


def test_demonstrations_at_another_table_are_warned_of_and_the_settings_given_fit(make_episode):
    episode = at_the_presets_table(make_episode, AWAY)
    (warning,) = place_warnings([episode], load_preset("small").robot)
    assert "100% of the poses" in warning
    words = [word for word in warning.split() if word.startswith("robot.")]
    fitting = load_preset("small", dict(map(parse_override, words))).robot
    assert place_warnings([episode], fitting) == []
    encoded = (episode.pose - np.array(fitting.pose_center)) / np.array(fitting.pose_scale)
    assert np.abs(encoded).max() <= 1.01


def test_without_bounds_the_range_of_the_encoding_counts(make_episode):
    robot = load_preset("paper").robot
    assert robot.pose_low == ()
    assert place_warnings([at_the_presets_table(make_episode)], robot) == []
    assert place_warnings([at_the_presets_table(make_episode, AWAY)], robot)


def test_a_robot_without_a_pose_is_nowhere(make_episode):
    robot = dataclasses.replace(load_preset("small").robot, pose_size=0)
    assert place_warnings([at_the_presets_table(make_episode, AWAY)], robot) == []


@pytest.mark.parametrize("name", ["pose", "action", "reward", "cost"])
def test_a_value_that_is_not_finite_is_named(make_config, make_episode, name: str):
    values = getattr(make_episode(), name).copy()
    values[3] = np.inf
    with pytest.raises(MisfitError, match=f"has a {name} at step 3 that is not finite"):
        require_fit(make_episode(**{name: values}), make_config().robot)
