"""Secrets taken out of an entry before it is written.

A look at the bytes decides whether a payload needs more; nearly none does. What is replaced, is replaced where it
stands: the rest of the payload keeps its bytes, and JSON stays JSON. Pure: the environment is passed in.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

import orjson

from realtime_inspector.recording.entry import Entry, Header, Kind
from realtime_inspector.recording.json_strings import Found, find

MIN_SECRET = 8
"""A shorter value of an environment variable is not looked for: it would be found everywhere."""

_SECRET_VARIABLE = re.compile(r"_(?:KEY|TOKEN|SECRET)$")
_DIVERSE = 5
"""A value of fewer different characters may be a run of silence in base64 audio: it is left alone there."""
_AUDIO = re.compile(rb'"(?:audio|delta)"\s*:\s*"')
_AUDIO_KEYS = frozenset({b'"audio":"', b'"delta":"', b'audio": "', b'delta": "'})
"""What stands before audio that ends its event, as it usually does: found faster than by the expression."""
_QUOTE = ord('"')
_LOOK_BYTES = 600
_NOT_IN_AUDIO = b"-_ \\%"
"""With one of these in it, a string is not taken for audio."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
_BASE64_MIN = 24
_MAX_DEPTH = 4
"""JSON in strings of JSON is read this deep."""

_NAMES = r"api[-_]?key|access[-_]token|refresh[-_]token|client[-_]secret|authorization|subscription-key|password"
_BEGIN = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
"""Where a key may begin: not inside a word (`task-…`), but behind an escape."""

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # What kind of key a browser was given is kept: one that lives on is worth a finding.
    (re.compile(r"(openai-insecure-api-key\.)sk-[^\s,;\"'\\]+"), r"\1[redacted:sk]"),
    (re.compile(r"(openai-insecure-api-key\.)ek_[^\s,;\"'\\]+"), r"\1[redacted:ek]"),
    (
        re.compile(r"(openai-(insecure-api-key|organization|project)\.)(?!\[redacted)[^\s,;\"'\\]+"),
        r"\1[redacted:openai-\2]",
    ),
    (re.compile(_BEGIN + r"sk-[A-Za-z0-9_-]{6,}"), "[redacted:sk]"),
    (re.compile(_BEGIN + r"ek_[A-Za-z0-9_-]{6,}"), "[redacted:ek]"),
    (
        re.compile(
            r"\b((?i:bearer)(?:\s|%20|\+)+)"
            r"(?![a-z]{1,16}\.?(?![A-Za-z0-9._~+/=%-]))[A-Za-z0-9._~+/=%-]{6,}"  # a plain word is no key
        ),
        r"\1[redacted:Bearer]",
    ),
    (
        re.compile(
            rf"([?&;]((?:[A-Za-z-]*?)(?:{_NAMES}|key|token|secret|sig|signature)))=(?!\[redacted)[^&;\s\"'#\\]+",
            re.IGNORECASE,
        ),
        r"\1=[redacted:\2]",
    ),
)
_IN_BROKEN_JSON = re.compile(rf"""(["']({_NAMES})["']\s*:\s*["'])(?!\[redacted)(?:[^"'\\]|\\.)+""", re.IGNORECASE)
_HEADERS_IN_BROKEN_JSON = re.compile(r"""(["']headers["']\s*:\s*\{)([^{}]*)""", re.IGNORECASE)
_VALUE_IN_BROKEN_JSON = re.compile(r"""(:\s*["'])(?!\[redacted)(?:[^"'\\]|\\.)+""")

_SECRET_MEMBERS = frozenset(
    {"authorization", "proxyauthorization", "apikey", "xapikey", "accesstoken", "refreshtoken", "clientsecret"}
)
_SECRET_ENDINGS = ("apikey", "token", "secret", "password", "authorization", "cookie", "subscriptionkey", "signature")
_SECRET_QUERY = frozenset({"key", "sig", "auth", "credential", "xamzcredential"})
_SECRET_HEADERS = frozenset({"openaiorganization", "openaiproject"})


class Redactor:
    """Takes secrets out: those that look like one, and the values of the variables it was made with."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        """Take the secrets as name → value; shorter values than `MIN_SECRET` are left out."""
        chosen = {name: value for name, value in (secrets or {}).items() if len(value) >= MIN_SECRET}
        forms = {(form, name) for name, value in chosen.items() for form in _forms(value)}
        self._exact = sorted(forms, key=lambda pair: (-len(pair[0]), pair))
        self._needles = [form.encode() for form, _ in self._exact]
        self._in_audio = [
            needle for needle in self._needles if len(set(needle)) >= _DIVERSE and not set(needle) & set(_NOT_IN_AUDIO)
        ]
        self._escapes = any(not re.fullmatch(r"[!#-.0-\[\]-~]+", value) for value in chosen.values())

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Redactor:
        """Look for the values of every variable whose name ends in `_KEY`, `_TOKEN` or `_SECRET`."""
        return cls({name: value for name, value in environment.items() if _SECRET_VARIABLE.search(name.upper())})

    def entry(self, entry: Entry) -> Entry:
        """Return the entry without secrets, with the paths that were replaced; the same object if there are none."""
        if entry.kind is Kind.MESSAGE or entry.kind in {Kind.PING, Kind.PONG}:
            payload, paths = self.payload(entry.payload, opaque=entry.binary or entry.kind is not Kind.MESSAGE)
            return replace(entry, payload=payload, redacted=entry.redacted + paths) if paths else entry
        members, paths = self._members(entry.members)
        return replace(entry, members=members, redacted=entry.redacted + paths) if paths else entry

    def header(self, header: Header) -> Header:
        """Return a recording's header without secrets."""
        tags = {self.text(name): self.text(value) for name, value in header.tags.items()}
        return replace(header, url=self.url(header.url), tags=tags)

    def payload(self, payload: bytes, *, opaque: bool = False) -> tuple[bytes, tuple[str, ...]]:
        """Return a message's payload without secrets, and the paths that were replaced.

        Args:
            payload: Text, or bytes.
            opaque: The bytes need not be text. What is no text is searched for long keys and known values alone.
        """
        if not self.suspicious(self.outline(payload)):
            return payload, ()
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return self._bytes(payload)
        redacted, paths = self._document(text, "base64" if opaque else "text")
        return redacted.encode(), paths

    def text(self, text: str) -> str:
        """Return text without what looks like a secret or is one."""
        for value, name in self._exact:
            if value in text:
                text = text.replace(value, f"[redacted:{name}]")
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def url(self, url: str) -> str:
        """Return a URL or target without the values of key-like query members, and without secrets elsewhere."""
        path, mark, query = url.partition("?")
        members = "&".join(self._query_member(member) for member in query.split("&")) if query else ""
        return self._quoted(path) + mark + members

    def outline(self, payload: bytes) -> bytes:
        """Return a payload without its audio, which holds no secret; `suspicious` tells whether the rest may.

        Audio is left out if it is a part of one string, without a backslash, and long: no key has only base64's letters
        but a known one.
        """
        if len(payload) <= _LOOK_BYTES:
            return payload
        start, end = payload.rfind(b'"', 0, -2) + 1, len(payload) - 2
        if payload[end] != _QUOTE or payload[start - 9 : start] not in _AUDIO_KEYS:
            found = _AUDIO.search(payload, 0, _LOOK_BYTES)
            if found is None:
                return payload
            start = found.end()
            end = payload.find(b'"', start)
        find = payload.find
        if (
            end < 0
            or find(b"-", start, end) >= 0
            or find(b"_", start, end) >= 0
            or find(b" ", start, end) >= 0
            or find(b"\\", start, end) >= 0
            or find(b"%", start, end) >= 0
        ):
            return payload
        for needle in self._in_audio:
            if find(needle, start, end) >= 0:
                return payload
        return payload[:start] + payload[end:]

    def suspicious(self, look: bytes) -> bool:
        """Tell whether text may hold a secret; of several texts, it may be asked for all in one."""
        for needle in self._needles:
            if look.find(needle) >= 0:
                return True
        return _looks_secret(look.lower()) or (self._escapes and look.find(b"\\") >= 0)

    def _document(self, text: str, path: str, depth: int = 0) -> tuple[str, tuple[str, ...]]:
        """Redact text that may be JSON; `path` is the name of text that is not."""
        found = find(text)
        if found is None:
            redacted = self._broken(text)
            return (redacted, (path,)) if redacted != text else (text, ())
        return self._json(text, found, depth)

    def _json(self, text: str, found: list[Found], depth: int) -> tuple[str, tuple[str, ...]]:
        pieces: list[str] = []
        paths: list[str] = []
        at = 0
        secret_of = _structure(found)
        for string in found:
            label = secret_of(string)
            value = self._value(string, label, depth)
            if value is None:
                continue
            pieces += (text[at : string.start], orjson.dumps(value).decode())
            at = string.end
            paths.append(self.text(string.name))
        return "".join(pieces) + text[at:], tuple(dict.fromkeys(paths))

    def _value(self, string: Found, label: str, depth: int) -> str | None:
        """Return what a string (or number) is replaced by, or None to leave it."""
        if string.number:
            return next((f"[redacted:{name}]" for value, name in self._exact if value == string.value), None)
        if label:
            return None if _is_redacted(string.value) or not string.value else f"[redacted:{label}]"
        if len(string.value) >= _BASE64_MIN and _BASE64.match(string.value):
            return self._audio(string.value)
        redacted = string.value
        if depth < _MAX_DEPTH and string.value[:1] in "{[" and not string.is_key:
            redacted, _ = self._document(redacted, "", depth + 1)
        redacted = self.text(redacted)
        return redacted if redacted != string.value else None

    def _audio(self, text: str) -> str | None:
        redacted = text
        for value, name in self._exact:
            if len(set(value)) >= _DIVERSE or value == text:
                redacted = redacted.replace(value, f"[redacted:{name}]")
        return redacted if redacted != text else None

    def _broken(self, text: str) -> str:
        """Redact text that is not JSON, or no whole JSON: a form, a part of an upload, a stream of events."""

        def headers(found: re.Match[str]) -> str:
            return found[1] + _VALUE_IN_BROKEN_JSON.sub(r"\1[redacted:headers]", found[2])

        text = _HEADERS_IN_BROKEN_JSON.sub(headers, text)
        text = _IN_BROKEN_JSON.sub(r"\1[redacted:\2]", text)
        if _FORM.fullmatch(text):
            text = "&".join(self._query_member(member) for member in text.split("&"))
        return self.text(text)

    def _bytes(self, payload: bytes) -> tuple[bytes, tuple[str, ...]]:
        """Redact what is no text. Chance makes short look-alikes of keys in audio: only long ones count."""
        redacted = payload
        for value, name in self._exact:
            redacted = redacted.replace(value.encode(), b"[redacted:%b]" % name.encode())
        redacted = _LONG_KEY.sub(rb"[redacted:\1]", redacted)
        return redacted, ("base64",) if redacted != payload else ()

    def _members(self, members: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        changed = dict(members)
        paths: list[str] = []
        for name, value in members.items():
            if name == "headers":
                changed[name] = [self._header(header, paths) for header in value]
            elif name == "body_base64":
                changed[name] = self._base64(str(value), paths)
            elif isinstance(value, str):
                changed[name] = self._member(name, value, members, paths)
        return changed, tuple(paths)

    def _header(self, header: Any, paths: list[str]) -> Any:
        name, value = header
        plain = _plain(name)
        shown = self.text(name)
        if plain.endswith(_SECRET_ENDINGS) or plain in _SECRET_HEADERS:
            redacted = value if _is_redacted(value) or not value else f"[redacted:{shown}]"
        else:
            redacted = self.text(value)
        if (shown, redacted) == (name, value):
            return header
        paths.append(f"headers.{shown}")
        return [shown, redacted]

    def _member(self, name: str, value: str, members: Mapping[str, Any], paths: list[str]) -> str:
        if name == "body":
            redacted, inner = self._document(value, "")
            redacted, inner = self._issued(redacted, inner, members)
            paths += [f"body.{path}" if path else "body" for path in inner]
            return redacted
        redacted = self.url(value) if name in {"target", "to"} else self.text(value)
        if redacted != value:
            paths.append(name)
        return redacted

    def _issued(self, body: str, paths: tuple[str, ...], members: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """Redact the `value` of the answer to a request for a client secret, whatever it looks like."""
        target = str(members.get("to", "")).partition("?")[0]
        if not target.rstrip("/").endswith("client_secrets"):
            return body, paths
        for string in find(body) or ():
            if string.path == ("value",) and not string.is_key and not _is_redacted(string.value):
                return body[: string.start] + '"[redacted:client_secret]"' + body[string.end :], (*paths, "value")
        return body, paths

    def _base64(self, value: str, paths: list[str]) -> str:
        data = b64decode(value)
        text = data.decode("latin-1")
        redacted = self._broken(text)
        if redacted == text:
            return value
        paths.append("body_base64")
        return b64encode(redacted.encode("latin-1", "replace")).decode()

    def _query_member(self, member: str) -> str:
        name, mark, value = member.partition("=")
        plain = _plain(unquote(name))
        if mark and value and (plain in _SECRET_QUERY or plain.endswith(_SECRET_ENDINGS)):
            shown = self._quoted(name)
            return member if _is_redacted(value) else f"{shown}=[redacted:{shown}]"
        return self._quoted(member)

    def _quoted(self, text: str) -> str:
        """Redact percent-encoded text; what holds no secret keeps its spelling."""
        plain = unquote(text)
        redacted = self.text(plain)
        if redacted != plain:
            return quote(redacted, safe="/[]:=,.~!$'()*+;@")
        return self.text(text)


_FORM = re.compile(r"[A-Za-z0-9_.%+~*\[\]-]+=[^\s&]*(?:&[A-Za-z0-9_.%+~*\[\]-]+=[^\s&]*)*")
_LONG_KEY = re.compile(rb"(?<![A-Za-z0-9])(sk|ek)[-_][A-Za-z0-9_-]{20,}")


def _looks_secret(low: bytes) -> bool:
    """Tell whether text in lower case may hold something that looks like a secret.

    Every pattern and name below needs one of these strings. A chain of `find` is the fastest way to look for them: `in`
    takes four times as long on bytes, an expression of all of them ten times. Each message goes through here.
    """
    find = low.find
    return (
        find(b"ek_") >= 0
        or find(b"bearer") >= 0
        or find(b"authorization") >= 0
        or find(b'"headers"') >= 0
        or find(b"apikey") >= 0
        or find(b"api_key") >= 0
        or find(b"access_token") >= 0
        or find(b"refresh_token") >= 0
        or find(b"client_secret") >= 0
        or find(b"expires_at") >= 0
        or find(b"password") >= 0
        or (find(b"\\u00") >= 0)
        or (find(b"-") >= 0 and _looks_secret_with_hyphen(low))
        or (find(b"=") >= 0 and _looks_like_query(low))
    )


def _looks_secret_with_hyphen(low: bytes) -> bool:
    needles = (b"sk-", b"api-key", b"access-token", b"refresh-token", b"client-secret", b"openai-", b"subscription-key")
    return any(low.find(needle) >= 0 for needle in needles)


def _looks_like_query(low: bytes) -> bool:
    return any(low.find(needle) >= 0 for needle in (b"key=", b"token=", b"secret=", b"sig=", b"signature="))


def _forms(value: str) -> Iterator[str]:
    """Yield how a value may be spelled: as it is, in a string of JSON, in a URL."""
    yield value
    yield orjson.dumps(value).decode()[1:-1]
    yield orjson.dumps(value).decode()[1:-1].replace("/", "\\/")
    yield value.encode("ascii", "backslashreplace").decode() if value.isascii() else _ascii_json(value)
    yield quote(value, safe="")
    yield quote(value)


def _ascii_json(value: str) -> str:
    """Return the value as a JSON encoder writes it that escapes what is not ASCII."""
    units = value.encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 0x80 else f"\\u{code:04x}" for code in codes)


def _structure(found: list[Found]) -> Callable[[Found], str]:
    """Return a function that says which label a string has by its place alone; empty if none."""
    members = {string.path for string in found}
    tools = {string.path[:-1] for string in found if _marks_tool(string)}

    def label(string: Found) -> str:
        if string.is_key or not string.path:
            return ""
        *parent, name = string.path
        if isinstance(name, str) and _plain(name) in _SECRET_MEMBERS:
            return name
        if name == "value" and (parent[-1:] == ["client_secret"] or (*parent, "expires_at") in members):
            return "client_secret"
        for place, step in enumerate(string.path):
            if step in {"headers", "authorization"} and string.path[:place] in tools:
                return str(step)
        return ""

    return label


def _marks_tool(string: Found) -> bool:
    """Tell whether a member says that its object is an MCP tool."""
    name = string.path[-1] if string.path else None
    return (name == "type" and string.value == "mcp") or name in {"server_label", "server_url", "connector_id"}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_redacted(value: str) -> bool:
    return value.startswith("[redacted:")
