"""The whole config of an agent: its parts, and how presets and overrides make one.

Each part's numbers, with what they mean, are in ``*_config.py`` beside this module; presets are
YAML files in ``presets/``. A preset lists only what differs from the defaults. Unknown keys and
wrong types are errors.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from typing import Any, Literal, get_args, get_origin

import dacite
import yaml

from fosp_agent.acting_config import PlanningConfig, ShieldConfig
from fosp_agent.baseline_config import DreamerV3Config, RecoveryRLConfig
from fosp_agent.behavior_config import (
    ActorConfig,
    CriticConfig,
    ExpansionConfig,
    LagrangianConfig,
    ReachabilityConfig,
)
from fosp_agent.config_limits import require_limits
from fosp_agent.settings import ConfigError, require_setting, set_value, to_float
from fosp_agent.training_config import TrainingConfig
from fosp_agent.world_model_config import WorldModelConfig

AgentName = Literal["fosp", "safedreamer", "dreamerv3", "recovery_rl"]
"""Algorithms that learn on the same world model."""


@dataclass(frozen=True)
class RobotConfig:
    """Sizes of what is seen and done."""

    image_size: int = 64
    """Side of the square image [pixel]."""
    image_channels: int = 3
    """3: one camera; 6: front and back camera stacked."""
    pose_size: int = 6
    """x, y, z [m], roll, pitch, yaw [rad]; 0 for robots without a pose."""
    action_size: int = 6
    action_scale: tuple[float, ...] = (0.01, 0.01, 0.01, 0.05, 0.05, 0.05)
    """SI units per unit of normalised action: [m] and [rad] a step."""
    pose_center: tuple[float, ...] = (0.53, 0.0, 0.07, 0.0, 0.0, 0.0)
    """The pose is encoded as (pose - center) / scale."""
    pose_scale: tuple[float, ...] = (0.15, 0.13, 0.05, 0.25, 0.25, 0.35)
    camera: tuple[float, ...] = ()
    """Projection of the camera, 3 x 4 row by row: base frame [m] -> pixel of the observed image,
    (0, 0) the centre of the upper left one. Not empty: what the image shows at the pose becomes a
    part of the model state (see ``world_model/scene_map.py``)."""
    table_height: float = 0.0
    """Of the surface that things stand on, in the base frame [m] (``world_model.scene_ring``)."""
    pose_low: tuple[float, ...] = ()
    """(P,) lowest pose [m], [rad] that kinematic imagination goes to: where demonstrations say
    nothing, neither do values and cost. Empty: no bound."""
    pose_high: tuple[float, ...] = ()
    """(P,) highest."""

    def pose_box(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Lowest and highest pose, each (P,) [m], [rad]; infinite where there is no bound.

        Raises:
            ConfigError: a bound of another size than the pose.
        """
        return self._bound("pose_low", -math.inf), self._bound("pose_high", math.inf)

    def _bound(self, name: str, without: float) -> tuple[float, ...]:
        bound: tuple[float, ...] = getattr(self, name) or (without,) * self.pose_size
        if len(bound) != self.pose_size:
            raise ConfigError(
                f"robot.{name} has {len(bound)} numbers, robot.pose_size is {self.pose_size}; "
                "give one a component, or none"
            )
        return bound


@dataclass(frozen=True)
class AgentConfig:
    """Everything that makes an agent."""

    preset: str = "small"
    agent: AgentName = "fosp"
    """Which algorithm; see ``agents/registry.py``."""
    robot: RobotConfig = field(default_factory=RobotConfig)
    world_model: WorldModelConfig = field(default_factory=WorldModelConfig)
    critic: CriticConfig = field(default_factory=CriticConfig)
    reachability: ReachabilityConfig = field(default_factory=ReachabilityConfig)
    lagrangian: LagrangianConfig = field(default_factory=LagrangianConfig)
    actor: ActorConfig = field(default_factory=ActorConfig)
    expansion: ExpansionConfig = field(default_factory=ExpansionConfig)
    planning: PlanningConfig = field(default_factory=PlanningConfig)
    shield: ShieldConfig = field(default_factory=ShieldConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    dreamerv3: DreamerV3Config = field(default_factory=DreamerV3Config)
    recovery_rl: RecoveryRLConfig = field(default_factory=RecoveryRLConfig)

    def to_dict(self) -> dict[str, Any]:
        """Plain nested dictionaries, ready for JSON or YAML."""
        return asdict(self)


def presets() -> list[str]:
    """Names of the presets that ship with the package."""
    folder = resources.files("fosp_agent") / "presets"
    return sorted(f.name[: -len(".yaml")] for f in folder.iterdir() if f.name.endswith(".yaml"))


def agents() -> tuple[str, ...]:
    """Names of the algorithms."""
    return get_args(AgentName)


def from_dict(values: dict[str, Any]) -> AgentConfig:
    """Build a config from nested dictionaries.

    Raises:
        ConfigError: a key is unknown, a value has the wrong type or cannot be meant.
    """
    settings = dacite.Config(strict=True, cast=[tuple], type_hooks={float: to_float})
    try:
        config = dacite.from_dict(AgentConfig, values, settings)
    except dacite.WrongTypeError as error:
        raise ConfigError(_wrong_type(error)) from error
    except dacite.DaciteError as error:
        raise ConfigError(
            f"the config does not fit ({error}); correct that setting, or leave it out"
        ) from error
    require_limits(config.to_dict())
    return config


def _wrong_type(error: dacite.WrongTypeError) -> str:
    choices = get_args(error.field_type) if get_origin(error.field_type) is Literal else ()
    if choices:
        names = ", ".join(map(str, choices))
        return f"{error.field_path} is {error.value!r}; choose one of {names}"
    return f"the config does not fit ({error}); correct that setting, or leave it out"


def load_preset(name: str, overrides: dict[str, Any] | None = None) -> AgentConfig:
    """Load a preset by name, then apply overrides such as ``{"actor.beta_cost": 5.0}``.

    The override ``agent`` chooses the algorithm, and with it what that changes in every preset
    (``presets/agents``); other overrides have the last word.

    Raises:
        ConfigError: unknown preset or setting; the message lists the valid ones.
    """
    if name not in presets():
        raise ConfigError(f"unknown preset {name!r}; choose one of {', '.join(presets())}")
    overrides = overrides or {}
    folder = resources.files("fosp_agent") / "presets"
    values: dict[str, Any] = yaml.safe_load((folder / f"{name}.yaml").read_text()) or {}
    agent = overrides.get("agent", "fosp")
    if agent not in agents():
        raise ConfigError(f"unknown agent {agent!r}; choose one of {', '.join(agents())}")
    changes = folder / "agents" / f"{agent}.yaml"
    if changes.is_file():
        for section, settings in yaml.safe_load(changes.read_text()).items():
            values.setdefault(section, {}).update(settings)
    for key, value in overrides.items():
        if key == "preset":
            raise ConfigError("the preset is no setting; give --preset")
        require_setting(AgentConfig, key)
        set_value(values, key, value)
    return replace(from_dict(values), preset=name)
