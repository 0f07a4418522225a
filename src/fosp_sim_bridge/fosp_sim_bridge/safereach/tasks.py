"""The named tasks as data: what stands on the table, of which shape and size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A solid standing upright on the table."""

    kind: str
    """MuJoCo's name: "box" or "cylinder"."""
    half_width: float
    """Half side of a box, radius of a cylinder [m]."""
    half_height: float
    """[m]"""

    @property
    def mujoco_size(self) -> tuple[float, ...]:
        """The numbers of the ``size`` attribute [m]."""
        if self.kind == "box":
            return (self.half_width, self.half_width, self.half_height)
        return (self.half_width, self.half_height)


@dataclass(frozen=True)
class Task:
    """One variant of SafeReach."""

    name: str
    obstacles: int
    """Number of obstacles, each at a placement of its own."""
    obstacle: Shape
    target: Shape
    target_yaw: float = 0.0
    """Rotation of the target about the vertical [rad]."""


GREEN_BOX = Shape("box", 0.020, 0.050)
GREEN_CYLINDER = Shape("cylinder", 0.023, 0.042)
RED_CYLINDER = Shape("cylinder", 0.020, 0.022)
RED_BOX = Shape("box", 0.018, 0.018)

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task("original", 2, GREEN_BOX, RED_CYLINDER),
        Task("obstacle_shape", 2, GREEN_CYLINDER, RED_CYLINDER),
        Task("target_shape", 2, GREEN_BOX, RED_BOX, target_yaw=0.785398),
        Task("three_obstacles", 3, GREEN_BOX, RED_CYLINDER),
    )
}


def task_named(name: str) -> Task:
    """Look a task up.

    Raises:
        ValueError: there is no such task; the message lists those there are.
    """
    if name not in TASKS:
        raise ValueError(f"unknown SafeReach task {name!r}; valid tasks: {', '.join(TASKS)}")
    return TASKS[name]
