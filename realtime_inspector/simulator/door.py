"""The HTTP side of the server: who may come in, and what a plain request is answered.

Knows requests and answers as values; the socket is in `server.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from realtime_inspector.simulator import config, errors, translation
from realtime_inspector.simulator.errors import Refusal
from realtime_inspector.simulator.ids import Ids
from realtime_inspector.simulator.machine import DEFAULT_MODEL, LIVE, REALTIME, TRANSLATIONS, Opening
from realtime_inspector.simulator.shape import Nullable, Number, Object, Tagged, Text

SOCKET_PATHS = {"/realtime": REALTIME, "/realtime/translations": TRANSLATIONS, "/live/sessions": LIVE}
"""What the path of an upgrade ends with (`/v1/realtime` at OpenAI, other prefixes at gateways) → what it opens."""
SECRETS_PATH = "/realtime/client_secrets"
TRANSLATION_SECRETS_PATH = "/realtime/translations/client_secrets"
SUBPROTOCOL = "realtime"
_KEY_SUBPROTOCOL = "openai-insecure-api-key."
_BETA_SUBPROTOCOL = "openai-beta.realtime-v1"

_SECRET_S = 600
_EXPIRES_AFTER = Nullable(
    Object({"anchor": Nullable(Text(("created_at",))), "seconds": Nullable(Number(10, 7200, integer=True))})
)
_SECRET_REQUEST = Object(
    {
        "session": Nullable(Tagged({"realtime": config.REALTIME, "transcription": config.TRANSCRIPTION})),
        "expires_after": _EXPIRES_AFTER,
    }
)
_TRANSLATION_SECRET_REQUEST = Object(
    {"session": translation.SESSION, "expires_after": _EXPIRES_AFTER}, required=("session",)
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A plain HTTP answer with a JSON body."""

    status: int
    body: bytes


def key_of(headers: Mapping[str, str]) -> str:
    """Return the key a request brings, in a header or as a browser's subprotocol; empty if it brings none.

    `headers` has lower-case names.
    """
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    for offered in _subprotocols(headers):
        if offered.startswith(_KEY_SUBPROTOCOL):
            return offered.removeprefix(_KEY_SUBPROTOCOL)
    return headers.get("api-key", "")


def check_key(headers: Mapping[str, str], rejected: frozenset[str]) -> Answer | None:
    """Return the refusal of a request without a key, or with one of the rejected."""
    key = key_of(headers)
    if not key:
        return refusal(401, "No API key was given; send it as 'Authorization: Bearer KEY'.", None)
    if key in rejected:
        return refusal(401, f"Incorrect API key provided: {key[:5]}***.", "invalid_api_key")
    return None


def opening(target: str, headers: Mapping[str, str]) -> Opening | None:
    """Return how an upgrade opens the connection; None for a path that is not a socket's."""
    parts = urlsplit(target)
    endpoint = next((kind for path, kind in SOCKET_PATHS.items() if parts.path.rstrip("/").endswith(path)), "")
    if not endpoint:
        return None
    query = dict(parse_qsl(parts.query))
    model = query.get("model") or query.get("deployment")
    if endpoint != REALTIME:
        return Opening(model or "", model_given=model is not None, endpoint=endpoint)
    beta = "openai-beta" in headers or _BETA_SUBPROTOCOL in _subprotocols(headers)
    return Opening(model or DEFAULT_MODEL, query.get("intent", ""), beta=beta, model_given=model is not None)


@dataclass(slots=True)
class Secrets:
    """The ephemeral keys that were made here: until when each is good, and the session it is for."""

    made: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)

    def session(self, headers: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Return the session that a request's key was made for; None for every other key."""
        known = self.made.get(key_of(headers))
        return None if known is None else known[1]

    def expired(self, headers: Mapping[str, str], now_unix: int) -> Answer | None:
        """Return the refusal of a key whose time is over."""
        known = self.made.get(key_of(headers))
        if known is None or now_unix < known[0]:
            return None
        return refusal(401, "The ephemeral key has expired; make another one.", "invalid_api_key")


def sideband(target: str) -> Answer | None:
    """Return the refusal of a socket that wants to join a call: this server has none."""
    call_id = dict(parse_qsl(urlsplit(target).query)).get("call_id")
    if call_id is None:
        return None
    return refusal(404, f"No call with the id '{call_id}' was found.", "call_id_not_found", "call_id")


def answer(method: str, target: str, body: bytes, ids: Ids, now_unix: int, secrets: Secrets | None = None) -> Answer:
    """Return the answer to a plain request whose key was accepted; a key that is made is noted in `secrets`."""
    path = urlsplit(target).path.rstrip("/")
    if not path.endswith((SECRETS_PATH, TRANSLATION_SECRETS_PATH)):
        return refusal(404, f"Invalid URL ({method} {path})", None)
    if method != "POST":
        return refusal(405, f"Not allowed to {method} on {path}", "method_not_supported")
    try:
        asked = orjson.loads(body) if body.strip() else {}
        translates = path.endswith(TRANSLATION_SECRETS_PATH)
        session = _translation(asked, ids, now_unix) if translates else _session(asked, ids, now_unix)
        made = _secret(session, asked, ids, now_unix)
        if secrets is not None:
            wanted = asked.get("session") or {}
            secrets.made[made["value"]] = made["expires_at"], {**wanted, "type": session["type"]}
        return Answer(200, orjson.dumps(made))
    except orjson.JSONDecodeError:
        return refusal(400, "The body could not be parsed as JSON.", None)
    except Refusal as refused:
        return refusal(400, refused.message, refused.code, refused.param)


def refusal(status: int, message: str, code: str | None, param: str | None = None) -> Answer:
    """Return an error as the API's HTTP side writes it."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Answer(status, orjson.dumps({"error": error}))


def _session(asked: Any, ids: Ids, now_unix: int) -> dict[str, Any]:
    """Return the session that a key is asked for."""
    _SECRET_REQUEST.check(asked, "")
    wanted = asked.get("session") or {"type": "realtime"}
    if wanted["type"] == "realtime":
        session = config.default_session(ids.make("sess"), wanted.get("model") or DEFAULT_MODEL, now_unix)
    else:
        session = config.default_transcription(ids.make("sess"), now_unix)
    return config.updated(session, wanted, has_audio=False)


def _translation(asked: Any, ids: Ids, now_unix: int) -> dict[str, Any]:
    """Return the translation that a key is asked for."""
    _TRANSLATION_SECRET_REQUEST.check(asked, "")
    wanted = asked["session"]
    if not wanted["model"].startswith(translation.MODEL):
        raise errors.wrong_endpoint(wanted["model"])
    session = translation.default_session(ids.make("sess"), wanted["model"], now_unix)
    return translation.updated(session, {"audio": wanted.get("audio")})


def _secret(session: Mapping[str, Any], asked: Mapping[str, Any], ids: Ids, now_unix: int) -> dict[str, Any]:
    seconds = (asked.get("expires_after") or {}).get("seconds") or _SECRET_S
    return {"value": ids.make("ek"), "expires_at": now_unix + seconds, "session": session}


def _subprotocols(headers: Mapping[str, str]) -> list[str]:
    return [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
