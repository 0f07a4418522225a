"""What can be wrong with an episode, its label, or a batch of them."""

from __future__ import annotations

from fosp_agent.errors import UserError


class EpisodeError(UserError):
    """An episode's file is missing, damaged, or cannot be written."""


class LabelError(UserError):
    """A label cannot be accepted."""


class UnknownEpisode(LabelError):
    """The labelled episode is not in the store."""


class AlreadyLabelled(LabelError):
    """The episode has a label, and relabelling was not asked for."""


class SpanPastEnd(LabelError):
    """A span or an array reaches beyond the last observation."""


class InvalidLabel(LabelError):
    """A span is inverted, or a value is not a finite number of the right kind."""


class SamplerError(UserError):
    """An episode cannot be learned from, or there is nothing to sample."""
