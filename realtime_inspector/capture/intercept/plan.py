"""What an interceptor was told to do, and what its parts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from realtime_inspector.capture.intercept.scope import is_api
from realtime_inspector.capture.keys import UpstreamKey
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.recorder import Recorder, Track
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.capture.via import Via


@dataclass(frozen=True, slots=True)
class Plan:
    """What the interceptor was told to do."""

    recorder: Recorder
    upstream: Upstream | None
    """Where Realtime traffic goes instead of where it was meant for."""
    lenient: bool
    """A host whose interception a client refuses is passed through from then on."""
    authority: str
    """File of the CA that clients have to trust."""
    say: Callable[[str], None]
    opened: Callable[[Track], None]
    closed: Callable[[Track], None]
    tags: Mapping[str, str] | None = None
    policy: Policy = field(default_factory=Policy)
    """What is recorded of Realtime traffic."""
    key: UpstreamKey | None = None
    """Stands in requests to the API, or to `upstream`, in place of the client's key; no other server gets it."""

    through: Via | None = None
    """The HTTP proxy by which servers are reached."""

    def key_for(self, server: Upstream) -> UpstreamKey | None:
        """Return the key for a server, if it is to have one."""
        if self.key is None or not (server == self.upstream or (server.tls and is_api(server.host))):
            return None
        return self.key.of(server.host)


def address(peer: Any) -> str:
    """Return an address as recordings have it."""
    return f"[{peer[0]}]:{peer[1]}" if ":" in str(peer[0]) else f"{peer[0]}:{peer[1]}"
