"""Whether an episode has the sizes that a config was made for."""

from __future__ import annotations

from fosp_agent.config import RobotConfig
from fosp_agent.errors import UserError
from fosp_agent.types import Episode


class MisfitError(UserError):
    """An episode was recorded with another camera or robot than the config describes."""


def require_fit(episode: Episode, robot: RobotConfig) -> None:
    """Compare image, pose and action sizes with the config's.

    Raises:
        MisfitError: naming both and the remedy.
    """
    side = robot.image_size
    wanted = ((side, side, robot.image_channels), robot.pose_size, robot.action_size)
    found = (episode.image.shape[1:], episode.pose.shape[1], episode.action.shape[1])
    if found != wanted:
        raise MisfitError(
            f"episode {episode.id} has image, pose and action sizes {found}, the preset wants "
            f"{wanted}; use the fitting preset or set robot.* sizes"
        )
