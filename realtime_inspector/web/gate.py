"""Who may look: the token, the cookie that stands for it once it was shown, and the names a server goes by.

Knows no framework and no socket. Three things are asked of a request, each for another attack: the name it is sent to
(a page elsewhere whose name is pointed at this machine), where it comes from (a page elsewhere that opens a WebSocket
here), and the token (everybody else).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from realtime_inspector.errors import UsageError

MIN_TOKEN_CHARACTERS = 16
"""A shorter one could be tried out."""
_BYTES = 32
_SCHEMES = frozenset({"http", "https"})


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(_BYTES)


def given_token(token: str) -> str:
    """Return a token of the user's.

    Raises:
        UsageError: If it is too short, or could not stand in an address.
    """
    if len(token) < MIN_TOKEN_CHARACTERS or not (token.isascii() and token.isprintable()) or " " in token:
        raise UsageError(f"--token: give at least {MIN_TOKEN_CHARACTERS} ASCII characters, none of them blank")
    return token


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine, for itself alone."""
    address = _address(host)
    return address.is_loopback if address is not None else host.lower() == "localhost"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a request has to show."""

    token: str
    names: frozenset[str] = frozenset()
    """Host names it goes by besides localhost, in lower case."""
    any_address: bool = False
    """Whether it goes by every IP address: no name of another's can be pointed at one."""
    cookie: str = field(default_factory=new_token)
    """What a browser has instead of the token, so that the token is nowhere but in the address that was printed."""

    @classmethod
    def of(cls, token: str, host: str, names: Iterable[str] = ()) -> Gate:
        """Return the gate of a server that listens on a host, and is known by other names too."""
        exposed = not is_loopback(host)
        known = {name.lower() for name in (*names, *([host] if exposed else []))}
        return cls(token, frozenset(known), any_address=exposed)

    def knows(self, host: str) -> bool:
        """Tell whether a `Host` header names this server."""
        name = _name(host)
        if not name:
            return False
        return name in self.names or is_loopback(name) or (self.any_address and _address(name) is not None)

    def is_own_page(self, origin: str, host: str) -> bool:
        """Tell whether an `Origin` header is that of a page from the same `Host`."""
        scheme, colon, rest = origin.partition("://")
        return bool(colon) and scheme in _SCHEMES and bool(_name(rest)) and rest.lower() == host.lower()

    def opens(self, token: str) -> bool:
        """Tell whether a token is the right one."""
        return _same(token, self.token)

    def passes(self, cookie: str) -> bool:
        """Tell whether a cookie is one that was given for the token."""
        return _same(cookie, self.cookie)


def _same(given: str, wanted: str) -> bool:
    """Compare without telling by the time it takes how much was right."""
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode(errors="replace"))


def _name(host: str) -> str:
    """Return the name of a `HOST:PORT`, in lower case; empty if it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    plain = parts.netloc == host and not parts.username and parts.password is None
    return (parts.hostname or "").rstrip(".") if plain else ""


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None
