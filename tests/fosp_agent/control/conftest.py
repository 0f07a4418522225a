"""Property tests have no deadline: a busy machine is not a wrong program."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
