"""One record a channel, as NumPy, and its CDR form.

P pose size, A action size. Stamps are nanoseconds of the publisher's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from fosp_agent.episodes import schema
from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.types import ByteArray, Candidate, ShieldState

DoubleArray: TypeAlias = npt.NDArray[np.float64]

_ENCODINGS = {3: "rgb8", 6: "8UC6"}
_CHANNELS = {encoding: channels for channels, encoding in _ENCODINGS.items()}
_SECOND = 1_000_000_000
TELEOP = "teleop"
"""``Action.TELEOP``: the source of an operator's steps."""
DUPLICATE = 10
"""``CommandVerdict.DUPLICATE``: the step had been answered before; nothing was executed anew."""


def _empty() -> DoubleArray:
    return np.zeros(0)


def _unset_pose() -> DoubleArray:
    return np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])


@dataclass(frozen=True)
class ObservationRecord:
    """A ``fosp_msgs/msg/Observation``."""

    stamp_ns: int
    episode_id: str
    step: int
    is_first: bool
    is_last: bool
    image: ByteArray
    """(H, W, C), C = 3 or 6."""
    pose: DoubleArray = field(default_factory=_empty)
    """(P,) x, y, z [m], roll, pitch, yaw [rad]; P = 0 for robots without a pose."""
    frame_id: str = "base"
    image_stamp_ns: int | None = None
    """None: the same as ``stamp_ns``."""
    pose_stamp_ns: int | None = None
    """None: the same as ``stamp_ns``."""


@dataclass(frozen=True)
class ActionRecord:
    """A ``fosp_msgs/msg/Action``: what was asked for."""

    stamp_ns: int
    episode_id: str
    step: int
    source: str
    delta: DoubleArray
    """(A,) [m] and [rad], or the environment's own units."""
    normalized: DoubleArray
    """(A,) in [-1, 1]."""
    frame_id: str = "base"
    chosen: int = 0
    candidates: tuple[Candidate, ...] = ()
    feasibility: float = float("nan")
    weights_version: int = 0
    weights_sha256: str = ""
    shield: int = ShieldState.OFF.value
    shield_reason: str = ""
    dropped: int = 0
    """Candidates that planning dropped."""


@dataclass(frozen=True)
class VerdictRecord:
    """A ``fosp_msgs/msg/CommandVerdict``: what was executed."""

    stamp_ns: int
    episode_id: str
    step: int
    source: str
    accepted: bool
    delta: DoubleArray
    """(A,) executed; zeros when vetoed."""
    normalized: DoubleArray
    """(A,) executed, in [-1, 1]; zeros when vetoed."""
    frame_id: str = "base"
    reason: int = 0
    detail: str = ""
    target: DoubleArray = field(default_factory=_unset_pose)
    """(7,) commanded x, y, z [m] and quaternion x, y, z, w."""
    veto_count: int = 0


Record: TypeAlias = ObservationRecord | ActionRecord | VerdictRecord


def _time(stamp_ns: int) -> Any:
    second, nanosecond = divmod(stamp_ns, _SECOND)
    return schema.typestore().types[schema.TIME](second, nanosecond)


def _nanoseconds(time: Any) -> int:
    return int(time.sec) * _SECOND + int(time.nanosec)


def header_message(stamp_ns: int, frame_id: str) -> Any:
    """A ``std_msgs/msg/Header``."""
    return schema.typestore().types[schema.HEADER](_time(stamp_ns), frame_id)


def _double(values: npt.ArrayLike) -> DoubleArray:
    return np.ascontiguousarray(values, dtype=np.float64)


def cdr(message: Any, type_name: str) -> bytes:
    """A message as CDR."""
    return bytes(schema.typestore().serialize_cdr(message, type_name))


def encode_observation(record: ObservationRecord) -> bytes:
    """CDR of an observation. Raises EpisodeError when the image is not (H, W, 3 or 6) uint8."""
    image = np.asarray(record.image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in _ENCODINGS:
        raise EpisodeError(
            f"episode {record.episode_id}, step {record.step}: the image is {image.dtype} "
            f"{image.shape}; give uint8 (height, width, 3 or 6)"
        )
    image_ns = record.stamp_ns if record.image_stamp_ns is None else record.image_stamp_ns
    pose_ns = record.stamp_ns if record.pose_stamp_ns is None else record.pose_stamp_ns
    height, width, channels = image.shape
    types = schema.typestore().types
    message = types[schema.OBSERVATION](
        header=header_message(record.stamp_ns, record.frame_id),
        episode_id=record.episode_id,
        step=record.step,
        is_first=record.is_first,
        is_last=record.is_last,
        image_stamp=_time(image_ns),
        pose_stamp=_time(pose_ns),
        image=types[schema.IMAGE](
            header=header_message(image_ns, "camera"),
            height=height,
            width=width,
            encoding=_ENCODINGS[channels],
            is_bigendian=0,
            step=width * channels,
            data=np.ascontiguousarray(image).reshape(-1),
        ),
        pose=_double(record.pose),
    )
    return cdr(message, schema.OBSERVATION)


def decode_observation(data: bytes) -> ObservationRecord:
    """Inverse of `encode_observation`; the image is a read-only view of ``data``."""
    message: Any = schema.typestore().deserialize_cdr(data, schema.OBSERVATION)
    image = message.image
    if image.encoding not in _CHANNELS:
        raise EpisodeError(
            f"episode {message.episode_id}, step {message.step}: image encoding "
            f"'{image.encoding}' is unknown; valid: {', '.join(_CHANNELS)}"
        )
    return ObservationRecord(
        stamp_ns=_nanoseconds(message.header.stamp),
        episode_id=message.episode_id,
        step=int(message.step),
        is_first=bool(message.is_first),
        is_last=bool(message.is_last),
        image=image.data.reshape(image.height, image.width, _CHANNELS[image.encoding]),
        pose=message.pose,
        frame_id=message.header.frame_id,
        image_stamp_ns=_nanoseconds(message.image_stamp),
        pose_stamp_ns=_nanoseconds(message.pose_stamp),
    )


def _candidate_message(candidate: Candidate) -> Any:
    return schema.typestore().types[schema.CANDIDATE](
        policy=candidate.policy,
        normalized=_double(candidate.action),
        q_r=candidate.q_r,
        q_c=candidate.q_c,
        probability=candidate.probability,
        violation=candidate.violation,
        feasibility=candidate.feasibility,
    )


def encode_action(record: ActionRecord) -> bytes:
    """CDR of an action."""
    message = schema.typestore().types[schema.ACTION](
        header=header_message(record.stamp_ns, record.frame_id),
        episode_id=record.episode_id,
        step=record.step,
        source=record.source,
        delta=_double(record.delta),
        normalized=_double(record.normalized),
        chosen=record.chosen,
        candidates=[_candidate_message(candidate) for candidate in record.candidates],
        feasibility=record.feasibility,
        weights_version=record.weights_version,
        weights_sha256=record.weights_sha256,
        shield=record.shield,
        shield_reason=record.shield_reason,
        dropped=record.dropped,
    )
    return cdr(message, schema.ACTION)


def decode_action(data: bytes, text: str = "") -> ActionRecord:
    """Inverse of `encode_action`.

    Args:
        data: CDR.
        text: definition that the data were written with; empty: today's. What it did not have yet
            gets its default.
    """
    types = schema.typestore_of(text) if text else schema.typestore()
    message: Any = types.deserialize_cdr(data, schema.ACTION)
    candidates = tuple(
        Candidate(
            policy=candidate.policy,
            action=candidate.normalized.astype(np.float32),
            q_r=float(candidate.q_r),
            q_c=float(candidate.q_c),
            probability=float(candidate.probability),
            violation=float(getattr(candidate, "violation", "nan")),
            feasibility=float(getattr(candidate, "feasibility", "nan")),
        )
        for candidate in message.candidates
    )
    return ActionRecord(
        stamp_ns=_nanoseconds(message.header.stamp),
        episode_id=message.episode_id,
        step=int(message.step),
        source=message.source,
        delta=message.delta,
        normalized=message.normalized,
        frame_id=message.header.frame_id,
        chosen=int(message.chosen),
        candidates=candidates,
        feasibility=float(message.feasibility),
        weights_version=int(message.weights_version),
        weights_sha256=message.weights_sha256,
        shield=int(getattr(message, "shield", 0)),
        shield_reason=getattr(message, "shield_reason", ""),
        dropped=int(getattr(message, "dropped", 0)),
    )


def encode_verdict(record: VerdictRecord) -> bytes:
    """CDR of a verdict."""
    types = schema.typestore().types
    target = [float(value) for value in record.target]
    message = types[schema.VERDICT](
        header=header_message(record.stamp_ns, record.frame_id),
        episode_id=record.episode_id,
        step=record.step,
        source=record.source,
        accepted=record.accepted,
        reason=record.reason,
        detail=record.detail,
        delta=_double(record.delta),
        normalized=_double(record.normalized),
        target=types[schema.POSE](
            position=types[schema.POINT](*target[:3]),
            orientation=types[schema.QUATERNION](*target[3:]),
        ),
        veto_count=record.veto_count,
    )
    return cdr(message, schema.VERDICT)


def decode_verdict(data: bytes) -> VerdictRecord:
    """Inverse of `encode_verdict`."""
    message: Any = schema.typestore().deserialize_cdr(data, schema.VERDICT)
    position, turn = message.target.position, message.target.orientation
    return VerdictRecord(
        stamp_ns=_nanoseconds(message.header.stamp),
        episode_id=message.episode_id,
        step=int(message.step),
        source=message.source,
        accepted=bool(message.accepted),
        delta=message.delta,
        normalized=message.normalized,
        frame_id=message.header.frame_id,
        reason=int(message.reason),
        detail=message.detail,
        target=np.array([position.x, position.y, position.z, turn.x, turn.y, turn.z, turn.w]),
        veto_count=int(message.veto_count),
    )
