"""Every number of the agent, by name. Presets are YAML files beside this module.

A preset lists only what differs from the defaults below. Unknown keys and wrong types are errors.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from typing import Any, Literal, get_args

import dacite
import yaml

from fosp_agent.acting_config import PlanningConfig, ShieldConfig
from fosp_agent.baseline_config import DreamerV3Config, RecoveryRLConfig
from fosp_agent.settings import ConfigError, require_setting, set_value, to_float

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
    pose_low: tuple[float, ...] = ()
    """(P,) lowest pose [m], [rad] that kinematic imagination goes to: where demonstrations say
    nothing, neither do values and cost. Empty: no bound."""
    pose_high: tuple[float, ...] = ()
    """(P,) highest."""


@dataclass(frozen=True)
class WorldModelConfig:
    """Recurrent state-space model with a cost head (eq. 1)."""

    deter: int = 256
    """Size of the deterministic state h."""
    latents: int = 16
    """N: categorical latents."""
    classes: int = 16
    """K: classes of each."""
    units: int = 256
    layers: int = 2
    """Hidden layers of the heads."""
    cnn_depth: int = 16
    """Channels of the first convolution; doubled at each of the four."""
    unimix: float = 0.01
    """Share of the uniform distribution in prior and posterior."""
    free_nats: float = 1.0
    dynamics_scale: float = 0.5
    representation_scale: float = 0.1
    pose_scale: float = 1.0
    """Weight of the pose's squared error beside the image's, which sums over all pixels."""
    direct_pose: bool = False
    """Make the pose a part of the model state. In imagination it follows the actions by dead
    reckoning; the latents are left to hold the scene. False: the latents hold the pose too."""
    imagination: Literal["latent", "kinematic"] = "latent"
    """latent: eq. 1, the prior moves the latents. kinematic (wants ``direct_pose``): the scene
    stands still, only the pose moves; exact until something is pushed, and cheap."""
    scene_units: int = 128
    """Size of what is kept of the image around the pose; with ``robot.camera`` alone."""
    pose_noise: float = 0.0
    """Standard deviation of the noise on a direct pose, in units of the pose range, that reward
    and cost heads are trained with: near a contact is then nearly a contact."""
    lookahead: bool = False
    """Train reward and cost heads also on the scene of one step with the pose of a later one, as
    long as nothing was touched in between (wants ``direct_pose``)."""
    head_dropout: float = 0.0
    """Share of hidden units of reward and cost heads that are dropped in training."""
    weight_decay: float = 0.0
    reward_scale: float = 1.0
    cost_scale: float = 1.0
    forget_probability: float = 0.0
    """Chance, at each step of a training sequence, that the model state starts anew there."""
    memory: Literal["episode", "observation"] = "episode"
    """What the acting policy remembers. observation: the current one alone, so that it cannot copy
    its previous action, which explains 90 % of a smooth demonstration; wants
    ``forget_probability`` well above 0."""
    cloning_scale: float = 0.0
    """Weight of predicting the recorded action from the posterior state, with the gradient into
    the encoder: the latents then hold what acting needs, which pixels alone teach slowly."""
    return_scale: float = 0.0
    """Weight of predicting the discounted reward still to come (``critic.gamma``) from the
    posterior state, with the gradient into the encoder: the latents then hold where the goal is
    while it is still far away."""
    cost_return_scale: float = 0.0
    """The same for the cost still to come, discounted by ``reachability.gamma``: the latents then
    hold what lies ahead that costs, before it is touched."""
    cost_head: Literal["bernoulli", "twohot"] = "bernoulli"
    """bernoulli: labels are 0 or 1. twohot: labels are sums over action repeats."""
    cost_weight: float = 10.0
    """Weight of the cost loss where cost >= 1."""
    cost_debias: bool = False
    """Take the shift of that weight back from predicted probabilities (bernoulli only)."""
    cost_ensemble: int = 1
    """N cost heads, each with its own initial weights and its own share of the episodes."""
    cost_pessimism: float = 0.0
    """k: predicted cost and violation are the ensemble's mean + k * standard deviation."""
    bins: int = 255
    bin_limit: float = 20.0
    """Two-hot bins span symexp(-limit) .. symexp(limit)."""
    learning_rate: float = 1e-4
    clip: float = 1000.0
    """Largest norm of the gradient."""


@dataclass(frozen=True)
class CriticConfig:
    """Q_r, V_r, Q_c, V_c (eq. 7-11)."""

    gamma: float = 0.997
    return_lambda: float = 0.95
    expectile: float = 0.8
    """kappa of V_r: weight where Q > V."""
    cost_expectile: float = 0.8
    """kappa of V_c: above 0.5 over-estimates cost (pessimistic)."""
    in_sample: bool = True
    """The one-step term on real data (eq. 10)."""
    in_sample_lambda: float = 0.0
    """0: one step, as in eq. 10. Above: lambda-returns along the real sequence, which carry a
    reward back faster."""
    dropout: float = 0.0
    """Share of hidden units of Q and V that are dropped in training."""
    slow_rate: float = 0.02
    """EMA rate of the slow copies of each Q."""
    slow_target: bool = True
    """V regresses on the slow copy of Q; otherwise on Q itself."""
    slow_regularizer: float = 0.0
    """Weight of a pull of Q towards its slow copy, as in DreamerV3."""
    learning_rate: float = 3e-5
    clip: float = 100.0


@dataclass(frozen=True)
class ReachabilityConfig:
    """p(s): the probability of a violation from s (eq. 5, 30); feasibility u = 1 - p."""

    enabled: bool = True
    """False (ablation): u = 1 everywhere."""
    gamma: float = 0.99
    learning_rate: float = 5e-5
    debias: bool = False
    """Weigh the rows of a batch as if contacts were not oversampled (``contact_fraction``): a row
    drawn because a contact follows makes contacts look likelier than they are."""


@dataclass(frozen=True)
class LagrangianConfig:
    """Augmented Lagrangian on the imagined cost return (eq. 17, 27)."""

    enabled: bool = True
    multiplier: float = 0.01
    """Initial lambda_p."""
    penalty: float = 1e-6
    """Initial mu."""
    penalty_growth: float = 5e-9
    """nu: mu grows by this share at each update."""
    multiplier_limit: float = 1e6
    """Largest lambda_p: a limit of 0 on a cost that is never quite 0 would raise it for ever."""
    cost_limit: float = 0.0
    """d: the cost return that is allowed."""
    normalize: bool = True
    """Divide the cost return by its running range, so that the multiplier has a scale."""


@dataclass(frozen=True)
class ActorConfig:
    """Both policies (eq. 18-20, 23)."""

    beta_reward: float = 10.0
    beta_cost: float = 10.0
    weighting: Literal["fosp", "uniform"] = "fosp"
    """fosp: advantage weights of eq. 19. uniform: behaviour cloning."""
    weight_clip: float = 100.0
    normalize_advantage: bool = True
    """Divide advantages by their running 5-95 percentile range."""
    center_advantage: bool = False
    """Subtract an advantage's mean over the batch before eq. 19. While values still rise V lags
    behind Q, and the offset, which says nothing of an action, drives most weights to the clip."""
    entropy: float = 3e-4
    min_std: float = 0.1
    max_std: float = 1.0
    imagined_reward: float = 0.0
    """Weight of the imagined reward return in the actor's loss; beyond the paper, which has 0."""
    imagined_cost: float = 0.0
    """The same for the imagined cost return."""
    online_gradient: Literal["score", "value"] = "value"
    """How the new policy follows eq. 23: score function, or through Q by the action."""
    online_init: Literal["copy", "fresh"] = "copy"
    """The new policy starts as a copy of the offline one, or fresh as in the paper."""
    online_cloning: float = 0.0
    """Weight of the offline loss (eq. 20) kept while fine-tuning."""
    intervention_cloning: float = 1.0
    """Weight, while fine-tuning, of cloning the steps at which an operator took over; 0: they
    count like any other step."""
    learning_rate: float = 3e-5
    weight_decay: float = 0.0
    clip: float = 100.0


@dataclass(frozen=True)
class ExpansionConfig:
    """Policy expansion (eq. 21-22)."""

    enabled: bool = True
    """False (ablation): the offline policy itself goes on learning while fine-tuning, alone."""
    direct_loss: Literal["online", "offline"] = "online"
    """What it then learns from: eq. 23 as the new policy would, or eq. 20 as before."""
    inverse_temperature: float = 10.0
    scale: Literal["range", "bound"] = "range"
    """Q_r and Q_c are divided by their running ranges, or by the bounds of the paper."""
    candidates: int = 1
    """K: actions drawn from each policy; 1 in the paper."""
    cloning: bool = False
    """The world model's own prediction of the demonstrator's action is a candidate too."""


@dataclass(frozen=True)
class TrainingConfig:
    """Batches, imagination and numerics."""

    batch_size: int = 16
    batch_length: int = 16
    horizon: int = 15
    """H: imagined steps."""
    decoded_share: float = 1.0
    """Share of each row's frames that the image decoder is trained on (drawn anew each step)."""
    imagination_starts: int = 0
    """Posterior states a step that imagination starts from; 0: all of them."""
    contact_fraction: float = 0.25
    """Share of each batch drawn around contacts."""
    recent_fraction: float = 0.25
    """Share of each batch drawn from the episodes of this fine-tuning."""
    exemplar_cost: float = -1.0
    """Largest summed cost of a trajectory that is imitated, by eq. 20's first part and by
    ``world_model.cloning_scale``; model, values and reachability learn from all. Beyond the paper.
    Below 0: all trajectories are imitated, as their weights have it."""
    exemplar_dropped: float = 0.0
    """Of the trajectories within that cost, the share with the lowest return that is not imitated
    either."""
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    compile: bool = False
    """Let torch.compile fuse the world model, its heads and imagination, at the first step of a
    process, which takes minutes (on busy CPU cores more than five). The random numbers stay the
    same; sums may differ in their last digits."""
    mirror_pose: tuple[float, ...] = ()
    """Signs (P,) of the pose under a left-right mirroring of the image; empty for a robot without
    a pose."""
    mirror_action: tuple[float, ...] = ()
    """Signs (A,) of the action under the same mirroring. Not empty: half of the sequences are
    mirrored, which is right where the camera looks along the robot's plane of symmetry and the
    pose's origin lies in it."""
    selection: Literal["cost", "cloning"] = "cost"
    """What makes a checkpoint the best on held-out episodes; see ``training.selection``."""
    early_stopping: int = 0
    """Stop pretraining after this many held-out measurements without a better one; 0: never."""


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
        ConfigError: a key is unknown or a value has the wrong type.
    """
    settings = dacite.Config(strict=True, cast=[tuple], type_hooks={float: to_float})
    try:
        return dacite.from_dict(AgentConfig, values, settings)
    except dacite.DaciteError as error:
        raise ConfigError(f"the config does not fit: {error}") from error


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
        require_setting(AgentConfig, key)
        set_value(values, key, value)
    return replace(from_dict(values), preset=name)
