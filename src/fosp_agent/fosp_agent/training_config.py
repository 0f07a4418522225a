"""Every number of a training, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
    moved_starts: float = 0.0
    """Share of those states that are moved to the pose of another one, of another scene: places
    where no demonstration ever stood, such as beside a goal that is not there (wants
    ``world_model.direct_pose``)."""
    moved_anywhere: float = 0.0
    """Of the moved states, the share that is placed anywhere within ``robot.pose_low`` and
    ``pose_high`` instead: in corners where no demonstration ever was, and where an arm ends that
    goes out of an obstacle's way."""
    contact_fraction: float = 0.25
    """Share of each batch drawn around contacts."""
    recent_fraction: float = 0.25
    """Share of each batch drawn from the episodes of this fine-tuning."""
    recent_contact_fraction: float | None = None
    """Share of those that is drawn around their contacts; None: ``contact_fraction``. With few
    contacts in many trials that shows the same ones in every batch, and the cost head then expects
    contacts everywhere, where it cannot tell them (docs/results.md, hypothesis 10)."""
    exemplar_cost: float = -1.0
    """Largest summed cost of a trajectory that is imitated, by eq. 20's first part and by
    ``world_model.cloning_scale``; model, values and reachability learn from all. Below 0: all
    trajectories are imitated, as their weights have it. Beyond the paper and off in every preset;
    PointGoal1 was trained with it (docs/results-safety-gymnasium.md), together with other changes:
    what it does alone was not measured."""
    exemplar_dropped: float = 0.0
    """Of the trajectories within that cost, the share with the lowest return that is not imitated
    either. Likewise off, and not measured alone."""
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
    mirror_aligned: bool = False
    """Whether a mirrored image is then turned and shifted to where ``robot.camera`` would see it:
    for a camera that stands beside that plane, or looks askew."""
    selection: Literal["cost", "cloning"] = "cost"
    """What makes a checkpoint the best on held-out episodes; see ``training.selection``."""
    early_stopping: int = 0
    """Stop pretraining after this many held-out measurements without a better one; 0: never."""
