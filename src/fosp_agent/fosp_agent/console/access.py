"""Who may speak to the console: addresses, tokens, hosts and origins."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

COOKIE = "safereach_console"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Access:
    """The rules of one console."""

    host: str
    token: str
    """Empty: none is asked for, which only an address of this machine allows."""

    @classmethod
    def of(cls, host: str, token: str) -> Access:
        """The rules for an address; elsewhere than on this machine a token is made if none came."""
        if not token and not is_loopback(host):
            token = secrets.token_urlsafe(18)
        return cls(host, token)

    def knows(self, token: str | None) -> bool:
        """Whether this is the token, or none is needed."""
        if not self.token:
            return True
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def serves(self, host_header: str) -> bool:
        """Whether a request for this ``Host`` is meant for us.

        Without a token only the names of this machine: another name that leads here is somebody
        else's page (DNS rebinding).
        """
        return bool(self.token) or _name(host_header) in LOOPBACK_NAMES

    def trusts(self, origin: str | None, host_header: str) -> bool:
        """Whether a page of this ``Origin`` may open a socket: only our own pages may."""
        if not origin:
            return False
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc == host_header


def _name(host_header: str) -> str:
    try:
        return urlsplit(f"//{host_header}").hostname or ""
    except ValueError:
        return ""
