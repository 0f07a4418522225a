"""What tests of the stacks share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def weights(tmp_path: Path) -> str:
    """A file where a policy could be."""
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"")
    return str(path)
