"""Frames of any size become the policy's."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.control.image_resize import ImageTooSmall, to_policy_size


def test_a_frame_of_the_policys_size_passes_bit_for_bit() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert to_policy_size(image) is image


@pytest.mark.parametrize("channels", [3, 6])
def test_a_larger_frame_is_averaged_over_areas(channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (128, 128, channels), np.uint8)
    small = to_policy_size(image)
    mean = image.reshape(64, 2, 64, 2, channels).mean((1, 3))
    assert small.shape == (64, 64, channels)
    assert np.abs(small - mean).max() <= 0.5


def test_a_smaller_frame_is_refused_with_the_remedy() -> None:
    with pytest.raises(ImageTooSmall, match=r"32x48.*larger resolution"):
        to_policy_size(np.zeros((48, 32, 3), np.uint8))
