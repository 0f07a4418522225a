"""What the world model expects to see: truth, prediction and error of held-out episodes, as GIF.

The first frames are posterior: the model sees them, and its reconstruction is shown (green frame).
From then on it follows the recorded actions without a look (orange frame).
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.episodes.check import KINDS, kind_of
from fosp_agent.tensors import to_tensors
from fosp_agent.training.files import write_atomically
from fosp_agent.training.held_out import SEED, as_batch
from fosp_agent.types import Episode

Pictures = npt.NDArray[np.uint8]

CONTEXT = 5
"""Frames that the model sees."""
LENGTH = 50
"""Frames shown, context included."""
COLUMNS = 4
"""Episodes side by side."""
STRIP_FRAMES = 10
"""Moments of the still picture."""
ZOOM = 2
"""Of the still picture."""
MILLISECONDS = 100
"""Between two frames of the GIF."""

_CONTEXT_COLOR = (60, 180, 75)
_OPEN_COLOR = (245, 130, 48)


@dataclass(frozen=True)
class OpenLoopVideo:
    """N episodes, T frames, C channels."""

    truth: Pictures
    """(N, T, 64, 64, C)"""
    prediction: Pictures
    """(N, T, 64, 64, C)"""
    context: int
    """Frames that were seen."""

    def error(self) -> Pictures:
        """(N, T, 64, 64, C): 128 where the prediction is right."""
        difference = self.prediction.astype(np.int16) - self.truth
        return (128 + difference // 2).astype(np.uint8)

    def frames(self) -> Pictures:
        """Rows truth, prediction, error; a column an episode: (T, 3 * 64, N * 64 * cameras, 3)."""
        shown = (self.truth, self._framed(), self.error())
        rows = [np.concatenate(list(_side_by_side(x)), axis=2) for x in shown]
        return np.concatenate(rows, axis=1)

    def strip(self) -> Pictures:
        """Some moments from left to right, the episodes from top to bottom: (H, W, 3)."""
        length = self.truth.shape[1]
        chosen = np.unique(np.linspace(0, length - 1, STRIP_FRAMES).round().astype(int))
        shown = [_side_by_side(x[:, chosen]) for x in (self.truth, self._framed(), self.error())]
        rows = [
            np.concatenate(list(kind[episode]), axis=1)
            for episode in range(len(self.truth))
            for kind in shown
        ]
        return np.concatenate(rows, axis=0)

    def _framed(self) -> Pictures:
        """The prediction, each image with a coloured edge."""
        framed = self.prediction.copy()
        cameras = framed.shape[-1] // 3
        for part, color in (
            (framed[:, : self.context], _CONTEXT_COLOR),
            (framed[:, self.context :], _OPEN_COLOR),
        ):
            edge = np.tile(np.array(color, np.uint8), cameras)
            part[:, :, [0, -1]] = edge
            part[:, :, :, [0, -1]] = edge
        return framed


def choose_episodes(episodes: Sequence[Episode], count: int = COLUMNS) -> list[Episode]:
    """Of each kind in turn, those with a contact first; all of one length."""
    by_length: dict[int, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_length[len(episode)].append(episode)
    members = max(by_length.values(), key=len)
    queues = [[e for e in members if kind_of(e) == kind] for kind in reversed(KINDS)]
    chosen: list[Episode] = []
    for turn in range(len(members)):
        chosen += [queue[turn] for queue in queues if turn < len(queue)]
    return chosen[:count]


@torch.no_grad()
def predict(
    networks: AgentNetworks, episodes: list[Episode], context: int = CONTEXT, length: int = LENGTH
) -> OpenLoopVideo:
    """Let the world model see ``context`` frames and dream the rest.

    Neither the networks nor the random state are changed by it.

    Args:
        networks: of any agent.
        episodes: N of one length.
        context: frames seen, at least 1.
        length: frames in all, at most; an episode's length otherwise.
    """
    device = next(networks.parameters()).device
    batch = as_batch(episodes)
    if networks.config.world_model.memory == "observation":
        batch.is_first[:] = True  # the acting policy starts anew at each observation
    data = to_tensors(batch, device)
    length = min(length, data.action.shape[1])
    context = min(context, length)
    model = networks.world_model
    was_training = networks.training
    networks.eval()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(SEED)
        states = model.filter(data).states
        features = list(states.features()[:, :context].unbind(1))
        state = states.map(lambda x: x[:, context - 1])
        for step in range(context, length):
            state = model.rssm.imagine_step(state, data.action[:, step - 1])
            features.append(state.features())
        prediction = model.decoder.reconstruct(torch.stack(features, 1))
    networks.train(was_training)
    return OpenLoopVideo(batch.image[:, :length], _as_pictures(prediction), context)


def gif(frames: Pictures) -> bytes:
    """(T, H, W, 3) -> an animated GIF that repeats."""
    images = [Image.fromarray(f).quantize(128, dither=Image.Dither.NONE) for f in frames]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=MILLISECONDS,
        loop=0,
    )
    return buffer.getvalue()


def write_video(folder: Path, name: str, video: OpenLoopVideo) -> bytes:
    """Write ``<name>.gif`` and ``<name>.png`` (some moments side by side); returns the GIF."""
    data = gif(video.frames())
    write_atomically(folder / f"{name}.gif", data)
    buffer = io.BytesIO()
    strip = video.strip().repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
    Image.fromarray(strip).save(buffer, format="PNG")
    write_atomically(folder / f"{name}.png", buffer.getvalue())
    return data


def _as_pictures(image: Tensor) -> Pictures:
    """(N, T, C, 64, 64) about [-0.5, 0.5] -> (N, T, 64, 64, C) uint8."""
    scaled = ((image + 0.5) * 255).round().clamp(0, 255).to(torch.uint8)
    pictures: Pictures = scaled.permute(0, 1, 3, 4, 2).cpu().numpy()
    return pictures


def _side_by_side(images: Pictures) -> Pictures:
    """Cameras that share the channels, next to one another: (..., W, C) -> (..., W * C / 3, 3)."""
    cameras = np.split(images, images.shape[-1] // 3, axis=-1)
    joined: Pictures = np.concatenate(cameras, axis=-2)
    return joined
