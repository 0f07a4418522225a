"""The scene of a task as MJCF: table, white border, arm, target, obstacles, cameras, lights."""

from __future__ import annotations

import numpy as np

from fosp_sim_bridge.safereach.arm import arm_xml, touching_geoms
from fosp_sim_bridge.safereach.layouts import WORKSPACE_CENTRE, WORKSPACE_SIDE
from fosp_sim_bridge.safereach.tasks import Shape, Task

SUBSTEP = 0.01
"""Physics time step [s]."""
FRICTION = "0.35 0.01 0.003"
"""Sliding [1], torsional [m] and rolling [m] friction of table and obstacles."""
OBSERVATION_CAMERA = "third_person"
PICTURE_CAMERA = "overview"

_BORDER_HALF_WIDTH = 0.004
_MATERIALS = """
<material name="white_link" rgba="0.93 0.94 0.95 1" specular="0.3"/>
<material name="dark_joint" rgba="0.16 0.17 0.19 1" specular="0.2"/>
<material name="finger_tip" rgba="0.10 0.25 1.00 1" emission="0.25"/>
<material name="table" rgba="0.30 0.27 0.25 1" specular="0"/>
<material name="floor" rgba="0.62 0.66 0.70 1" specular="0"/>
<material name="border" rgba="1 1 1 1" emission="0.3"/>
<material name="target" rgba="0.95 0.08 0.06 1" emission="0.15"/>
<material name="obstacle" rgba="0.08 0.72 0.18 1" emission="0.05"/>
"""
_LIGHT = """
<light pos="0.9 -0.5 1.6" dir="-0.35 0.35 -1" diffuse="0.62 0.62 0.62" specular="0.2 0.2 0.2"
       directional="true"/>
"""


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)


def camera_xml(
    name: str,
    position: tuple[float, float, float],
    looks_at: tuple[float, float, float],
    view: float,
) -> str:
    """A fixed camera [m] that looks at a point, upright, with a vertical view [deg]."""
    backward = np.array(position) - np.array(looks_at)
    right = np.cross((0.0, 0.0, 1.0), backward)
    up = np.cross(backward, right)
    axes = " ".join(f"{value:.6f}" for value in (*right, *up))
    place = " ".join(f"{value:g}" for value in position)
    return f'<camera name="{name}" pos="{place}" xyaxes="{axes}" fovy="{view:g}"/>'


_CAMERAS = camera_xml(
    OBSERVATION_CAMERA, (1.08, 0.06, 0.68), (0.515, 0.0, 0.040), 24.5
) + camera_xml(PICTURE_CAMERA, (1.45, -0.95, 0.95), (0.35, 0.0, 0.29), 37.0)


def _border_xml() -> str:
    """Four flat white bars around the workspace."""
    half = WORKSPACE_SIDE / 2
    bars = (
        ("front", half, 0.0, _BORDER_HALF_WIDTH, half),
        ("back", -half, 0.0, _BORDER_HALF_WIDTH, half),
        ("left", 0.0, half, half + _BORDER_HALF_WIDTH, _BORDER_HALF_WIDTH),
        ("right", 0.0, -half, half + _BORDER_HALF_WIDTH, _BORDER_HALF_WIDTH),
    )
    return "".join(
        f'<geom name="border_{name}" type="box" size="{hx:g} {hy:g} 0.0005" '
        f'pos="{WORKSPACE_CENTRE[0] + dx:g} {WORKSPACE_CENTRE[1] + dy:g} 0.0005" '
        'material="border" contype="0" conaffinity="0"/>'
        for name, dx, dy, hx, hy in bars
    )


def _obstacle_geoms(name: str, shape: Shape) -> str:
    """What an obstacle consists of.

    An upright cylinder on a plane loses its contacts now and then (the direction of its lowest
    rim point is lost to rounding), so it stands on two inscribed boxes instead.
    """
    surface = f'density="500" condim="6" friction="{FRICTION}"'
    size = _numbers(shape.mujoco_size)
    if shape.kind == "box":
        return (
            f'<geom name="{name}" type="box" size="{size}" material="obstacle" {surface} '
            'contype="2" conaffinity="7"/>'
        )
    half_side = shape.half_width / np.sqrt(2.0)
    inscribed = "".join(
        f'<geom type="box" size="{half_side:g} {half_side:g} {shape.half_height:g}" '
        f'euler="0 0 {turn:g}" rgba="0 0 0 0" group="4" {surface} contype="2" conaffinity="6"/>'
        for turn in (0.0, np.pi / 4)
    )
    return (
        f'<geom name="{name}" type="{shape.kind}" size="{size}" material="obstacle" {surface} '
        f'contype="0" conaffinity="1"/>{inscribed}'
    )


def _objects_xml(task: Task) -> str:
    """The fixed target, and the obstacles as free bodies that contact pushes."""
    target = (
        f'<body name="target" mocap="true" pos="0 0 {task.target.half_height:g}">'
        f'<geom name="target" type="{task.target.kind}" '
        f'size="{_numbers(task.target.mujoco_size)}" material="target" '
        'contype="4" conaffinity="0"/></body>'
    )
    obstacles = "".join(
        f'<body name="obstacle_{i}" pos="0 0 {task.obstacle.half_height:g}">'
        f'<freejoint name="obstacle_{i}"/>{_obstacle_geoms(f"obstacle_{i}", task.obstacle)}</body>'
        for i in range(task.obstacles)
    )
    return target + obstacles


def scene_xml(task: Task) -> str:
    """The MJCF of a task.

    Contact bits: 1 arm, 2 obstacles, 4 table and target. The arm touches obstacles and target,
    never the table (its pose box ends above it) and never itself. Its contact with the target is
    seen but not solved (the gap keeps it inactive): neither gives way, the environment stops the
    arm instead.
    """
    pairs = "".join(
        f'<pair geom1="{name}" geom2="target" margin="0" gap="1"/>' for name in touching_geoms()
    )
    return f"""
<mujoco model="safereach_{task.name}">
  <compiler angle="radian" autolimits="true" inertiafromgeom="true"/>
  <option timestep="{SUBSTEP:g}" integrator="implicitfast" iterations="20" cone="elliptic"/>
  <visual>
    <quality shadowsize="2048" offsamples="4" numslices="16" numstacks="8" numquads="1"/>
    <headlight ambient="0.38 0.38 0.38" diffuse="0.22 0.22 0.22" specular="0 0 0"/>
    <map znear="0.05" zfar="20"/>
  </visual>
  <asset>
    {_MATERIALS}
    <texture name="sky" type="skybox" builtin="gradient" rgb1="0.90 0.93 0.96"
             rgb2="0.62 0.68 0.75" width="64" height="384"/>
  </asset>
  <worldbody>
    {_CAMERAS}
    {_LIGHT}
    <geom name="table" type="box" size="0.55 0.60 0.02" pos="0.35 0 -0.02" material="table"
          contype="0" conaffinity="0"/>
    <geom name="table_top" type="plane" size="1 1 1" rgba="0 0 0 0" group="4"
          friction="{FRICTION}" contype="4" conaffinity="0"/>
    <geom name="floor" type="plane" size="4 4 1" pos="0 0 -0.5" material="floor"
          contype="0" conaffinity="0"/>
    {_border_xml()}
    {arm_xml()}
    {_objects_xml(task)}
  </worldbody>
  <contact>{pairs}</contact>
</mujoco>
"""


def arm_only_xml() -> str:
    """The MJCF of the arm alone, for its kinematics."""
    return (
        '<mujoco model="arm"><compiler angle="radian" autolimits="true"/>'
        f"<asset>{_MATERIALS}</asset><worldbody>{arm_xml()}</worldbody></mujoco>"
    )
