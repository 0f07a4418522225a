"""The Franka arm as data: the Panda's joint frames and limits, in a few primitive shapes.

The joint frames, offsets and limits are those of the Panda's published description; the fingers
are long, as if fitted with pointed tips, so that the hand stays above the obstacles.
"""

from __future__ import annotations

from dataclasses import dataclass

JOINTS = 7
TOOL_OFFSET = 0.158
"""From the hand's frame to the tool point between the finger tips, along the hand's z [m]."""
HOME = (0.0, 0.0, 0.0, -2.60, 0.0, 2.60, 0.785398)
"""Joint angles [rad] that inverse kinematics starts from at a reset, and leans to."""
REFLECTED_INERTIA = 20.0
"""Stand-in for the stiff position control: contacts do not bend the path [kg m^2]."""

WHITE = "white_link"
DARK = "dark_joint"
TIP = "finger_tip"


@dataclass(frozen=True)
class Part:
    """One primitive of a link."""

    kind: str
    """MuJoCo's geom type."""
    size: tuple[float, ...]
    """[m]"""
    position: tuple[float, float, float]
    """In the link's frame [m]."""
    material: str = WHITE
    euler: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """[rad]"""

    def xml(self, name: str, touches: bool) -> str:
        """The ``<geom>`` element; ``touches``: whether it can touch objects."""
        collide = 'contype="1" conaffinity="0"' if touches else 'contype="0" conaffinity="0"'
        return (
            f'<geom name="{name}" type="{self.kind}" size="{_numbers(self.size)}" '
            f'pos="{_numbers(self.position)}" euler="{_numbers(self.euler)}" '
            f'material="{self.material}" {collide}/>'
        )


@dataclass(frozen=True)
class Link:
    """One moving link and the joint that moves it (about its own z)."""

    name: str
    position: tuple[float, float, float]
    """Of its frame in the link before it [m]."""
    quaternion: tuple[float, float, float, float]
    """w, x, y, z (not normalised) in the link before it."""
    limits: tuple[float, float]
    """[rad]"""
    parts: tuple[Part, ...]


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)


BASE = (
    Part("cylinder", (0.095, 0.03), (-0.02, 0.0, 0.03)),
    Part("box", (0.075, 0.07, 0.03), (-0.09, 0.0, 0.03)),
    Part("cylinder", (0.068, 0.055), (0.0, 0.0, 0.09)),
    Part("cylinder", (0.063, 0.006), (0.0, 0.0, 0.15), DARK),
)
_QUARTER_DOWN = (1.0, -1.0, 0.0, 0.0)
_QUARTER_UP = (1.0, 1.0, 0.0, 0.0)
LINKS = (
    Link("link1", (0.0, 0.0, 0.333), (1.0, 0.0, 0.0, 0.0), (-2.8973, 2.8973), (
        Part("cylinder", (0.062, 0.085), (0.0, 0.0, -0.088)),
        Part("cylinder", (0.066, 0.055), (0.0, 0.0, 0.0), WHITE, (1.5708, 0.0, 0.0)),
    )),
    Link("link2", (0.0, 0.0, 0.0), _QUARTER_DOWN, (-1.7628, 1.7628), (
        Part("cylinder", (0.058, 0.064), (0.0, 0.0, 0.0), DARK),
        Part("capsule", (0.057, 0.055), (0.0, -0.085, 0.0), WHITE, (1.5708, 0.0, 0.0)),
        Part("cylinder", (0.060, 0.006), (0.0, -0.176, 0.0), DARK, (1.5708, 0.0, 0.0)),
    )),
    Link("link3", (0.0, -0.316, 0.0), _QUARTER_UP, (-2.8973, 2.8973), (
        Part("cylinder", (0.058, 0.05), (0.0, 0.0, -0.085)),
        Part("ellipsoid", (0.085, 0.056, 0.065), (0.035, 0.0, -0.005)),
    )),
    Link("link4", (0.0825, 0.0, 0.0), _QUARTER_UP, (-3.0718, -0.0698), (
        Part("cylinder", (0.055, 0.060), (0.0, 0.0, 0.0), DARK),
        Part("ellipsoid", (0.090, 0.065, 0.055), (-0.035, 0.045, 0.0)),
        Part("cylinder", (0.055, 0.03), (-0.0825, 0.095, 0.0), WHITE, (1.5708, 0.0, 0.0)),
        Part("cylinder", (0.057, 0.006), (-0.0825, 0.131, 0.0), DARK, (1.5708, 0.0, 0.0)),
    )),
    Link("link5", (-0.0825, 0.384, 0.0), _QUARTER_DOWN, (-2.8973, 2.8973), (
        Part("cylinder", (0.053, 0.06), (0.0, 0.0, -0.19)),
        Part("capsule", (0.034, 0.07), (0.0, 0.055, -0.085)),
        Part("ellipsoid", (0.050, 0.052, 0.060), (0.0, 0.010, -0.02)),
    )),
    Link("link6", (0.0, 0.0, 0.0), _QUARTER_UP, (-0.0175, 3.7525), (
        Part("cylinder", (0.049, 0.052), (0.0, 0.0, -0.01), DARK),
        Part("ellipsoid", (0.075, 0.050, 0.050), (0.040, 0.0, 0.0)),
    )),
    Link("link7", (0.088, 0.0, 0.0), _QUARTER_UP, (-2.8973, 2.8973), (
        Part("cylinder", (0.046, 0.045), (0.0, 0.0, 0.045)),
        Part("cylinder", (0.044, 0.008), (0.0, 0.0, 0.098), DARK),
    )),
)  # fmt: skip
HAND_POSITION = "0 0 0.107"
HAND_EULER = "0 0 -0.785398"
HAND = (
    Part("box", (0.022, 0.098, 0.024), (0.0, 0.0, 0.026)),
    Part("box", (0.020, 0.060, 0.009), (0.0, 0.0, 0.056), DARK),
)
FINGER = (
    Part("box", (0.008, 0.0045, 0.028), (0.0, 0.0, 0.082), DARK),
    Part("capsule", (0.0062, 0.018), (0.0, 0.0, 0.1338), TIP),
)
FINGER_SPREAD = 0.0048
"""Half distance between the two fingers, which stay closed [m]."""


def _geoms(name: str, parts: tuple[Part, ...], touches: bool) -> str:
    return "".join(part.xml(f"{name}_{i}", touches) for i, part in enumerate(parts))


def _hand_xml() -> str:
    """The hand with its two closed fingers, and the site ``tool``.

    The tool's frame is the hand's turned half about x, so that a hand that points straight down
    has roll = pitch = yaw = 0, far from where the angles wrap.
    """
    fingers = "".join(
        f'<body name="{side}_finger" pos="0 {offset:g} 0">{_geoms(side, FINGER, True)}</body>'
        for side, offset in (("left", FINGER_SPREAD), ("right", -FINGER_SPREAD))
    )
    return (
        f'<body name="hand" pos="{HAND_POSITION}" euler="{HAND_EULER}">'
        f"{_geoms('hand', HAND, True)}{fingers}"
        f'<site name="tool" pos="0 0 {TOOL_OFFSET:g}" quat="0 1 0 0" size="0.001" group="4"/>'
        "</body>"
    )


def touching_geoms() -> tuple[str, ...]:
    """Names of the geoms that can touch things: last link, hand and fingers."""
    groups = (
        (LINKS[-1].name, LINKS[-1].parts),
        ("hand", HAND),
        ("left", FINGER),
        ("right", FINGER),
    )
    return tuple(f"{name}_{i}" for name, parts in groups for i in range(len(parts)))


def arm_xml() -> str:
    """The arm's body tree, fixed at the origin."""
    inner = _hand_xml()
    for link in reversed(LINKS):
        touches = link.name == LINKS[-1].name
        inner = (
            f'<body name="{link.name}" pos="{_numbers(link.position)}" '
            f'quat="{_numbers(link.quaternion)}">'
            f'<joint name="{link.name}_joint" range="{_numbers(link.limits)}" '
            f'armature="{REFLECTED_INERTIA:g}"/>'
            f"{_geoms(link.name, link.parts, touches)}{inner}</body>"
        )
    return f'<body name="link0">{_geoms("link0", BASE, False)}{inner}</body>'
