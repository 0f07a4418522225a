"""Who may speak to the console."""

from __future__ import annotations

import pytest

from fosp_agent.console.access import Access


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.9"])
def test_this_machine_needs_no_token(host: str):
    assert Access.of(host, "").knows(None)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "robot.local"])
def test_any_other_address_has_a_token_even_if_none_was_given(host: str):
    access = Access.of(host, "")
    assert len(access.token) >= 20
    assert not access.knows(None)
    assert not access.knows("")
    assert not access.knows("x" + access.token)
    assert access.knows(access.token)
    assert Access.of(host, "").token != access.token


@pytest.mark.parametrize("header", ["evil.example", "evil.example:8642", "", "127.0.0.1.evil", "["])
def test_without_a_token_only_names_of_this_machine_are_served(header: str):
    assert not Access.of("127.0.0.1", "").serves(header)


@pytest.mark.parametrize("header", ["localhost:9", "127.0.0.1:8642", "[::1]:80", "localhost"])
def test_tunnels_to_this_machine_are_served(header: str):
    assert Access.of("127.0.0.1", "").serves(header)


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", "http://localhost:1", "file://localhost:8642"],
)
def test_only_our_own_page_may_open_a_socket(origin: str | None):
    assert not Access.of("127.0.0.1", "").trusts(origin, "localhost:8642")
    assert Access.of("127.0.0.1", "").trusts("http://localhost:8642", "localhost:8642")
