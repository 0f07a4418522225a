"""What a page may say, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fosp_agent.console.protocol import GiveLabel, Marked, ProtocolError, Watch, parse

LABEL = {"id": 7, "type": "label", "episode_id": "a", "revision": 0, "labeller": "me"}
SPAN = {"kind": "cost", "first": 3, "last": 9}


def test_a_label_is_read_with_its_spans():
    number, request = parse(json.dumps({**LABEL, "spans": [SPAN]}))
    assert number == 7
    assert request == GiveLabel("a", 0, [Marked("cost", 3, 9)], labeller="me")


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"id": 1},
        {"id": "1", "type": "watch", "live": True},
        {"id": 1, "type": "shutdown"},
        {"id": 1, "type": "watch"},
        {"id": 1, "type": "watch", "live": "yes"},
        {"id": 1, "type": "watch", "live": True, "more": 1},
        {"id": 1, "type": "command", "what": "rm"},
        {**LABEL, "spans": [{**SPAN, "kind": "joy"}]},
        {**LABEL, "spans": [{**SPAN, "first": 1.5}]},
        {**LABEL, "spans": [SPAN] * 501},
        {**LABEL, "note": "x" * 2001},
        {**LABEL, "revision": 2**40},
        {**LABEL, "spans": "none"},
        [],
        None,
        3,
    ],
)
def test_what_is_no_message_is_an_error(message):
    with pytest.raises(ProtocolError):
        parse(json.dumps(message))


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_raises_anything_but_a_protocol_error(text: str):
    try:
        parse(text)
    except ProtocolError:
        return


def test_deep_nesting_is_an_error_and_not_a_crash():
    with pytest.raises(ProtocolError):
        parse("[" * 100_000)
    assert parse('{"id": 1, "type": "watch", "live": false}') == (1, Watch(False))
