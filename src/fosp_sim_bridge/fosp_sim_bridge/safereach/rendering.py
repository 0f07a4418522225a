"""A camera of the scene: one OpenGL context and one small buffer."""

from __future__ import annotations

import weakref
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from fosp_sim_bridge.backend import require_backend

_COSTLY = (
    mujoco.mjtRndFlag.mjRND_SHADOW,
    mujoco.mjtRndFlag.mjRND_REFLECTION,
    mujoco.mjtRndFlag.mjRND_SKYBOX,
    mujoco.mjtRndFlag.mjRND_HAZE,
    mujoco.mjtRndFlag.mjRND_FOG,
)


class Camera:
    """Renders one named camera at one size."""

    def __init__(self, model: Any, name: str, width: int, height: int, plain: bool) -> None:
        """Open a context.

        Args:
            model: the ``mujoco.MjModel`` of the scene.
            name: a camera of the model.
            width: [px]
            height: [px]
            plain: without shadows and reflections, as the agent sees the scene.

        Raises:
            RuntimeError: OpenGL is missing, or MuJoCo was imported with another one.
        """
        require_backend()
        model.vis.global_.offwidth, model.vis.global_.offheight = width, height
        try:
            self._renderer = mujoco.Renderer(model, height, width)
        except mujoco.FatalError as error:
            raise RuntimeError(
                f"cannot render without a screen ({error}); set MUJOCO_GL=egl or osmesa before "
                "Python starts, or import fosp_sim_bridge before gymnasium and mujoco"
            ) from error
        self._close = weakref.finalize(self, self._renderer.close)  # also before exit
        self._name = name
        if plain:
            for flag in _COSTLY:
                self._renderer.scene.flags[flag] = 0

    def frame(self, data: Any) -> npt.NDArray[np.uint8]:
        """The image (height, width, 3) of the state in a ``mujoco.MjData``."""
        self._renderer.update_scene(data, self._name)
        image: npt.NDArray[np.uint8] = self._renderer.render()
        return image

    def close(self) -> None:
        """Free the context."""
        self._close()
