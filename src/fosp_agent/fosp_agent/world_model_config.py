"""Every number of the world model, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
    scene_ring: float = 0.0
    """Look also at the table below the pose, and at eight places of it this far [m] around: where
    things stand, whatever the pose's height. 0: not; with ``robot.camera`` alone."""
    pose_noise: float = 0.0
    """Standard deviation of the noise on a direct pose, in units of the pose range, that reward
    and cost heads are trained with: near a contact is then nearly a contact."""
    lookahead: bool = False
    """Train reward and cost heads also on the scene of one step with the pose of a later one, as
    long as nothing was touched in between (wants ``direct_pose``)."""
    goal_apart: float = 0.0
    """Train the reward head also on the scene of each step with the pose at which its own episode
    was rewarded, and with those of other episodes farther than this [m] from it, where the reward
    is then 0: an episode has one goal. 0: not (wants ``direct_pose``)."""
    head_dropout: float = 0.0
    """Share of the inputs and hidden units of reward and cost heads that are dropped in
    training."""
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
