"""What a server answered to a plain request or an upgrade, in plain words: what it said, and what to do.

No key that was sent is among the words.

Source: OpenAI's guide to error codes, and what its API answers (read 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from realtime_inspector.protocol.event import dig

_SAID_CHARS = 300
_HINTS = {
    401: "is the key in the environment right, and of this server?",
    403: "may the key's project, and this country, use the model?",
    404: "does the server know this path, and the key's project this model?",
    405: "is the path of --to right?",
    426: "is it a server of WebSockets?",
    429: "the quota is used up, or there were too many requests; nothing is tried again by itself",
}
_NO_QUOTA = "the account has no credit left; nothing is tried again by itself"
_TROUBLE = "the server has trouble of its own; nothing is tried again by itself"
_REDIRECT = "it sends on to another place, which is not followed, for the key would go there; check --to"


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer."""

    host: str
    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def __str__(self) -> str:
        """Tell it in one line: status, what the server said, what to do."""
        status = f"{self.host} answers {self.status} {self.reason or _phrase(self.status)}".rstrip()
        said = f": {self.said}" if self.said else ""
        return f"{status}{said}{self._again}{f'; {self.hint}' if self.hint else ''}"

    @property
    def fails(self) -> bool:
        """Whether the request came to nothing."""
        return not HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def said(self) -> str:
        """The server's own words."""
        told = _json(self.body)
        known = (dig(told, path) for path in ("error.message", "message", "detail", "error"))
        words = next((one for one in (*known, self.body) if isinstance(one, str)), "")
        return " ".join(words.split())[:_SAID_CHARS].rstrip(".")

    @property
    def hint(self) -> str:
        """What to do."""
        if (
            self.status == HTTPStatus.TOO_MANY_REQUESTS
            and dig(_json(self.body), "error.code", "") == "insufficient_quota"
        ):
            return _NO_QUOTA
        if HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST:
            return _REDIRECT
        return _HINTS.get(self.status, _TROUBLE if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "")

    @property
    def _again(self) -> str:
        after = next((value for name, value in self.headers if name.lower() == "retry-after"), "")
        return f" (again after {after} s)" if after.isdecimal() else ""

    def without(self, secrets: Iterable[str]) -> Answered:
        """Return it without keys that the server gave back."""
        body = self.body
        for secret in secrets:
            body = body.replace(secret, "[redacted]") if secret else body
        return Answered(self.host, self.status, self.reason, self.headers, body)


def _json(body: str) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _phrase(status: int) -> str:
    return next((known.phrase for known in HTTPStatus if known.value == status), "")
