"""The modes of an interceptor: where it gets its connections from, and how it reaches servers."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_inspector.capture.via import Via
from realtime_inspector.errors import UsageError

REVERSE = "reverse"
"""The mode without interception; it is the relay's."""
FORWARD = "forward"
"""The mode of a client's HTTPS_PROXY."""

_WORDS = {
    "forward": "regular",
    "local": "local",
    "transparent": "transparent",
    "wireguard": "wireguard",
    "socks5": "socks5",
}
"""Our word for a mode → mitmproxy's."""
_WITH_SPEC = {"local", "wireguard"}
_WITHOUT_PORT = {"local"}
_SCHEMES = {"forward": "http", "socks5": "socks5h"}


@dataclass(frozen=True, slots=True)
class Mode:
    """Where the interceptor gets its connections from."""

    name: str
    spec: str = ""
    """Which processes (`local`), or the file of the keys (`wireguard`)."""
    through: Via | None = None
    """The proxy by which servers are reached (`forward`)."""

    @classmethod
    def parse(cls, text: str) -> Mode:
        """Read a mode as a user writes it: `forward`, `local:python`.

        Raises:
            UsageError: If it is none.
        """
        name, _, spec = text.partition(":")
        if name not in _WORDS:
            known = ", ".join(f"{word}[:SPEC]" if word in _WITH_SPEC else word for word in (REVERSE, *_WORDS))
            raise UsageError(f"--mode {text!r} is none; known are {known}")
        if spec and (name not in _WITH_SPEC or "@" in spec):
            raise UsageError(f"--mode {text!r}: what is behind {name!r} has no meaning there")
        return cls(name, spec)

    @property
    def text(self) -> str:
        """The mode as a user writes it."""
        return f"{self.name}:{self.spec}" if self.spec else self.name

    @property
    def mitmproxy(self) -> str:
        """The mode in mitmproxy's words."""
        if self.through is not None:
            return f"upstream:{self.through.url}"
        return f"{_WORDS[self.name]}:{self.spec}" if self.spec else _WORDS[self.name]

    @property
    def scheme(self) -> str:
        """The scheme of its URL; empty where clients know nothing of it."""
        return _SCHEMES.get(self.name, "")

    @property
    def listens(self) -> bool:
        """Whether clients connect to it."""
        return self.name not in _WITHOUT_PORT
