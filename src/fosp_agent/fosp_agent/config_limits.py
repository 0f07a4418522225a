"""Which numbers of a config cannot be meant: refused where the config is made, by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fosp_agent.settings import ConfigError, flat

LEAST: Mapping[str, float] = {
    "robot.image_size": 1,
    "robot.image_channels": 1,
    "robot.action_size": 1,
    "world_model.deter": 1,
    "world_model.latents": 1,
    "world_model.classes": 2,
    "world_model.units": 1,
    "world_model.layers": 1,
    "world_model.cnn_depth": 1,
    "world_model.bins": 3,
    "training.batch_size": 1,
    "training.batch_length": 2,
    "training.horizon": 1,
    "training.imagination_starts": 0,
    "training.early_stopping": 0,
    "expansion.candidates": 1,
    "planning.horizon": 0,
    "planning.particles": 1,
    "dreamerv3.ensemble_size": 1,
}
"""The least that a setting may be."""
SHARES = (
    "world_model.unimix",
    "world_model.head_dropout",
    "world_model.forget_probability",
    "critic.gamma",
    "critic.return_lambda",
    "critic.expectile",
    "critic.cost_expectile",
    "critic.in_sample_lambda",
    "critic.dropout",
    "critic.slow_rate",
    "reachability.gamma",
    "recovery_rl.gamma",
    "recovery_rl.threshold",
    "training.decoded_share",
    "training.moved_starts",
    "training.moved_anywhere",
    "training.contact_fraction",
    "training.recent_fraction",
    "training.recent_contact_fraction",
)
"""Settings from 0 to 1."""
POSITIVE = ("learning_rate", "clip", "min_std", "max_std")
"""Settings above 0, in whatever section."""
COMPONENTS: Mapping[str, str] = {
    "robot.action_scale": "robot.action_size",
    "robot.pose_center": "robot.pose_size",
    "robot.pose_scale": "robot.pose_size",
    "robot.pose_low": "robot.pose_size",
    "robot.pose_high": "robot.pose_size",
    "training.mirror_pose": "robot.pose_size",
    "training.mirror_action": "robot.action_size",
}
"""Settings of a number a component, and how many there are; none are always allowed, and where
there is no such component they are not read."""


def require_limits(values: Mapping[str, Any]) -> None:
    """Refuse a config that no agent can be made of, or that cannot learn.

    Args:
        values: nested dictionaries of all settings.

    Raises:
        ConfigError: naming the setting, its value and what it may be.
    """
    known = flat(values)
    for key, value in known.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{key} is {value}; give a finite number")
        if key.rpartition(".")[2] in POSITIVE and value <= 0:
            raise ConfigError(f"{key} is {value}; give more than 0")
    for key, least in LEAST.items():
        if known[key] < least:
            raise ConfigError(f"{key} is {known[key]}; give {least} or more")
    for key in SHARES:
        if known[key] is not None and not 0 <= known[key] <= 1:
            raise ConfigError(f"{key} is {known[key]}; give a number from 0 to 1")
    for key, size in COMPONENTS.items():
        if known[key] and known[size] and len(known[key]) != known[size]:
            raise ConfigError(
                f"{key} has {len(known[key])} numbers, {size} is {known[size]}; give one a "
                "component, or none"
            )
