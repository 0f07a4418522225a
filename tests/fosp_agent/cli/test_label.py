"""The spans that a person types."""

from __future__ import annotations

import pytest

from fosp_agent.cli.label import parse_spans
from fosp_agent.errors import UserError


def test_spans_are_read_with_both_ends():
    assert parse_spans(["60-80", "7"]) == [(60, 80), (7, 7)]


@pytest.mark.parametrize("text", ["", "60-", "-3", "a-b", "60:80"])
def test_what_is_no_span_is_refused_with_an_example(text):
    with pytest.raises(UserError, match="write 60-80"):
        parse_spans([text])
