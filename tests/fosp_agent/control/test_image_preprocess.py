"""One way from camera bytes to the network's input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fosp_agent.control import image_preprocess, policy_runner
from fosp_agent.control.image_preprocess import preprocess
from fosp_agent.tensors import to_tensors


def test_bytes_become_half_a_unit_around_zero_with_channels_first():
    image = torch.zeros(64, 64, 3, dtype=torch.uint8)
    image[0, 1, 2] = 255
    out = preprocess(image)
    assert out.shape == (3, 64, 64)
    assert out.dtype == torch.float32
    assert out[2, 0, 1] == 0.5
    assert out.sum() == pytest.approx(-0.5 * out.numel() + 1)


def test_a_float_image_is_refused():
    with pytest.raises(TypeError, match="uint8"):
        preprocess(torch.zeros(64, 64, 3))


def test_training_and_acting_see_the_same_tensor_bit_for_bit(make_batch):
    batch = make_batch(
        image=np.arange(3 * 5 * 64 * 64 * 3).reshape(3, 5, 64, 64, 3).astype(np.uint8)
    )
    trained = to_tensors(batch).image
    for row in range(3):
        for step in range(5):
            acted = policy_runner.preprocess(torch.from_numpy(batch.image[row, step]))
            assert torch.equal(trained[row, step], acted)
    assert policy_runner.preprocess is image_preprocess.preprocess


def test_preprocessing_leaves_the_camera_image_alone(make_batch):
    batch = make_batch()
    before = batch.image.copy()
    to_tensors(batch)
    assert np.array_equal(batch.image, before)
