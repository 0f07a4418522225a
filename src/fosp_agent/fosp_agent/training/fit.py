"""Whether episodes have the sizes, and lie in the place, that a config was made for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fosp_agent.config import AgentConfig, RobotConfig
from fosp_agent.errors import UserError
from fosp_agent.types import BoolArray, Environment, Episode, FloatArray


class MisfitError(UserError):
    """An episode was recorded with another camera or robot than the config describes."""


def require_fit(episode: Episode, robot: RobotConfig) -> None:
    """Compare image, pose and action sizes with the config's, and see that all is finite.

    Raises:
        MisfitError: naming both and the remedy, or what is not finite.
    """
    side = robot.image_size
    wanted = ((side, side, robot.image_channels), robot.pose_size, robot.action_size)
    found = (episode.image.shape[1:], episode.pose.shape[1], episode.action.shape[1])
    if found != wanted:
        raise MisfitError(
            f"episode {episode.id} has image, pose and action sizes {found}, the preset wants "
            f"{wanted}; use the fitting preset or set robot.* sizes"
        )

    for name in ("pose", "action", "reward", "cost"):
        if not np.isfinite(getattr(episode, name)).all():
            step = int(np.flatnonzero(~_finite_steps(getattr(episode, name)))[0])
            raise MisfitError(
                f"episode {episode.id} has a {name} at step {step} that is not finite; label it "
                "again, discard it, or move it away (`./safereach dataset check` finds all such)"
            )


def require_environment(config: AgentConfig, environment: Environment) -> None:
    """Compare what a simulated robot shows and takes, and for how long, with a config.

    Raises:
        MisfitError: naming both and the remedy.
    """
    observation, _ = environment.reset(seed=0)
    robot, length = config.robot, config.training.batch_length
    side = robot.image_size
    wanted = ((side, side, robot.image_channels), robot.pose_size, robot.action_size)
    found = (observation["image"].shape, len(observation["pose"]), environment.action_size)
    if found != wanted:
        raise MisfitError(
            f"the environment has image, pose and action sizes {found}, the weights are of "
            f"{wanted}; give weights of this robot, or another environment"
        )
    if environment.max_steps + 1 < length:
        raise MisfitError(
            f"an episode of the environment has {environment.max_steps + 1} observations at most, "
            f"training.batch_length is {length}: nothing could be learned from it; set it lower"
        )


def _finite_steps(values: FloatArray) -> BoolArray:
    """(T, ...) -> (T,)."""
    return np.asarray(np.isfinite(values.reshape(len(values), -1)).all(axis=1), np.bool_)


def action_warnings(episodes: Sequence[Episode]) -> list[str]:
    """What is wrong where actions go beyond [-1, 1], which no policy does."""
    beyond = [e.id for e in episodes if e.action.size and float(np.abs(e.action).max()) > 1.0]
    if not beyond:
        return []
    return [
        f"{len(beyond)} of {len(episodes)} episodes have actions beyond [-1, 1], the first is "
        f"{beyond[0]}: no policy can do what they show; were they recorded with another "
        "robot.action_scale?"
    ]


STRAY_SHARE = 0.02
"""Of the poses that may lie elsewhere."""


def place_warnings(episodes: Sequence[Episode], robot: RobotConfig) -> list[str]:
    """What is wrong where the robot worked elsewhere than the config says, with the settings.

    A pose beyond ``pose_low`` and ``pose_high`` by more than a step is one that imagination never
    reaches; without these bounds, one further than twice ``pose_scale`` from ``pose_center`` is.
    """
    if not robot.pose_size or not episodes:
        return []
    poses = np.concatenate([episode.pose for episode in episodes])
    center, scale = np.array(robot.pose_center), np.array(robot.pose_scale)
    step = np.array(robot.action_scale) if robot.action_size == robot.pose_size else 0.1 * scale
    low = np.array(robot.pose_low) - step if robot.pose_low else center - 2 * scale
    high = np.array(robot.pose_high) + step if robot.pose_high else center + 2 * scale
    share = float(((poses < low) | (poses > high)).any(axis=1).mean())
    if share <= STRAY_SHARE:
        return []
    least, most = poses.min(axis=0), poses.max(axis=0)
    reach = np.maximum((most - least) / 2, 5 * step)
    fitting = {
        "pose_low": least,
        "pose_high": most,
        "pose_center": (least + most) / 2,
        "pose_scale": reach,
    }
    words = " ".join(
        f"--set robot.{name}=[{','.join(f'{value:.3f}' for value in values)}]"
        for name, values in fitting.items()
    )
    return [
        f"{share:.0%} of the poses lie where the preset's robot does not work, so that imagination "
        f"does not get there: these are another robot's or table's; give {words}"
    ]
