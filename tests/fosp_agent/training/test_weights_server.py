"""Chunks of weights files: complete, capped, and clear about what is not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fosp_agent.training.weights_server import MAX_CHUNK, UnknownWeights, WeightsServer


@pytest.fixture
def server(tmp_path: Path) -> WeightsServer:
    (tmp_path / "weights-000002.safetensors").write_bytes(b"w" * (MAX_CHUNK + 5))
    return WeightsServer(tmp_path)


def test_chunks_are_capped_and_make_up_the_file(server: WeightsServer) -> None:
    first = server.piece(2, 0, 10 * MAX_CHUNK)
    second = server.piece(2, len(first.data), 10 * MAX_CHUNK)
    assert len(first.data) == MAX_CHUNK
    assert hashlib.sha256(first.data + second.data).hexdigest() == first.sha256
    assert first.size == MAX_CHUNK + 5


def test_an_unknown_version_names_the_known_ones(server: WeightsServer) -> None:
    with pytest.raises(UnknownWeights, match=r"no weights version 7.*weights-000002"):
        server.piece(7, 0, 10)


def test_an_offset_past_the_end_is_an_error(server: WeightsServer) -> None:
    with pytest.raises(UnknownWeights, match="start again at 0"):
        server.piece(2, MAX_CHUNK + 5, 10)
