"""An episode as one picture with numbered frames, for people without a browser."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from fosp_agent.console.media import visible
from fosp_agent.types import Episode

REWARD = (0, 114, 178)
COST = (213, 94, 0)
COLUMNS = 9
SCALE = 2
STRIP = 14
"""Height of the line above each frame [pixels]."""


def contact_sheet(episode: Episode, columns: int = COLUMNS, scale: int = SCALE) -> Image.Image:
    """Every frame with its number; reward is a bar above the frame, cost a dashed bar below it."""
    frames = [visible(image) for image in episode.image]
    height, width = (side * scale for side in frames[0].shape[:2])
    rows = -(-len(frames) // columns)
    cell = height + 2 * STRIP
    picture = Image.new("RGB", (columns * (width + 4), rows * cell), "white")
    brush = ImageDraw.Draw(picture)
    for step, frame in enumerate(frames):
        left, top = (step % columns) * (width + 4), (step // columns) * cell
        shown = Image.fromarray(np.ascontiguousarray(frame)).resize((width, height))
        picture.paste(shown, (left, top + STRIP))
        words = str(step)
        if episode.reward[step] > 0:
            brush.rectangle((left + 26, top + 3, left + width - 1, top + STRIP - 3), fill=REWARD)
            words += " R"
        if episode.cost[step] > 0:
            bottom = top + STRIP + height
            for x in range(left, left + width - 6, 12):
                brush.rectangle((x, bottom + 3, x + 7, bottom + STRIP - 5), fill=COST)
            words += " C"
        brush.text((left + 2, top + 1), words, fill="black")
    return picture
