"""A support bundle: what somebody else needs to look into a call, and nothing that was said in it.

Ids (of the session, of requests, of responses), versions, times, sizes and what the rules found; the server's errors in
its own words. No transcript, no audio, no instructions, no tool's arguments. Secrets are taken out once more.

The same recording gives the same bytes: the archive's times are the recording's.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import orjson

from realtime_inspector import __version__
from realtime_inspector.analysis import metrics
from realtime_inspector.analysis import policy as policies
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.formats import imported, table
from realtime_inspector.formats.reading import Readable
from realtime_inspector.protocol.event import WIRE_CLOSE, WIRE_END, WIRE_REQUEST, WIRE_RESPONSE, Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.redact import Redactor

ID_HEADERS = frozenset(
    {"x-request-id", "x-client-request-id", "request-id", "apim-request-id", "x-ms-client-request-id", "cf-ray",
     "openai-processing-ms", "openai-version", "openai-organization", "x-ms-region", "date", "server", "user-agent",
     "traceparent", "sec-websocket-protocol"}
)  # fmt: skip
"""Headers by which a request is found again, and which programs spoke."""
_ABOUT = """\
A call of the OpenAI Realtime API, for support. Made by `realtime-inspector export --to bundle`.

about.json     which call: session, model, ids of requests, versions, how it ended
events.csv     every event: number, time, sender, type, ids, sizes; no content
timings.json   each turn and each response: how long what took, tokens
findings.json  what is wrong, by rule, with cause and fix
errors.jsonl   the server's error events, as it sent them

Left out: what was said (audio, transcripts), instructions, tools' arguments and results, keys. The message of a
finding, or of an error, may quote a name or a value: read both before you send this.
"""


def write(recording: Readable, policy: Policy | None = None) -> Iterator[bytes]:
    """Yield the archive of one recording, which must be one that can be read twice."""
    redactor = Redactor.from_environment(os.environ)
    linter = policies.linter(policy, recording.path, recording.header)
    found: list[Finding] = []
    kept: list[Event] = []
    for event in events(recording):
        found += linter.feed(event)
        if event.type in {WIRE_REQUEST, WIRE_RESPONSE, WIRE_CLOSE, WIRE_END, "error"}:
            kept.append(replace(event, entry=redactor.entry(event.entry)))
    session = linter.session
    errors = (event.entry.payload for event in kept if event.type == "error")
    contents = {
        "README.txt": _ABOUT,
        "about.json": _json(_about(recording, session, kept, redactor)),
        "events.csv": "".join(f"{line}\r\n" for line in table.write(recording, policy=policy)),
        "timings.json": _json(_timings(session)),
        "findings.json": _json([_finding(finding) for finding in found]),
        "errors.jsonl": "".join(payload.decode(errors="replace") + "\n" for payload in errors),
    }
    yield _archive(contents, redactor.text, recording.header.started)


def _archive(contents: dict[str, str], clean: Callable[[str], str], started: str) -> bytes:
    out = BytesIO()
    moment = datetime.fromtimestamp(imported.unix(started) or 0.0, UTC)
    date = min(max(moment.timetuple()[:6], (1980, 1, 1, 0, 0, 0)), (2107, 12, 31, 0, 0, 0))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            info = zipfile.ZipInfo(name, (date[0], date[1], date[2], date[3], date[4], date[5]))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, clean(text).encode(errors="backslashreplace"))
    return out.getvalue()


def _about(recording: Readable, session: Session, kept: Iterable[Event], redactor: Redactor) -> dict[str, Any]:
    header = recording.header
    connection = [_exchange(event) for event in kept if event.type in {WIRE_REQUEST, WIRE_RESPONSE}]
    endings = [dict(event.body) | {"t": event.t, "from": str(event.side)}
               for event in kept if event.type in {WIRE_CLOSE, WIRE_END}]  # fmt: skip
    return {
        "schema_version": 1,
        "recording": {"id": header.id, "started": header.started, "made_by": header.tool, "via": header.via,
                      "url": redactor.url(header.url), "tags": dict(header.tags), "entries": session.events},
        "session": {"id": session.id, "model": session.model, "dialect": session.dialect,
                    "expires_at": session.expires_at, "length_s": metrics.length_s(session)},
        "responses": {response.id: response.status for response in session.responses.values()},
        "connection": connection,
        "endings": endings,
        "versions": {"realtime-inspector": __version__},
    }  # fmt: skip


def _exchange(event: Event) -> dict[str, Any]:
    """Return what finds a request again, or its answer; the query of a target is left out."""
    path = str(event.get("target", "")).partition("?")[0]
    said = {"method": event.get("method"), "path": path, "status": event.get("status")}
    ids = {name: value for name, value in event.entry.headers if name.lower() in ID_HEADERS}
    known = {name: value for name, value in said.items() if value}
    return {"entry": event.n, "t": event.t, **known, "headers": ids}


def _timings(session: Session) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "connect_ms": metrics.connect_ms(session),
        "config_ms": metrics.config_ms(session),
        "turns": [_turn(turn) for turn in turns(session)],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "turn": turn.number,
        "entry": turn.start.n,
        "t": turn.start.t,
        "answer_ms": metrics.answer_ms(turn),
        "voice_to_voice_ms": metrics.voice_to_voice_ms(turn),
        "interrupted": turn.interrupted,
        "audio_ms": turn.audio_ms,
        "heard_ms": turn.heard_ms,
        "tools": [{"call_id": call.call_id, "name": call.name, "took_ms": metrics.tool_round_trip_ms(call)}
                  for call in turn.calls],
        "responses": [
            {"id": response.id, "t": response.created.t, "status": response.status, "reason": response.reason,
             "first_audio_ms": metrics.time_to_first_audio_ms(response),
             "generation_ms": metrics.generation_ms(response), "usage": dict(response.usage)}
            for response in turn.responses
        ],
    }  # fmt: skip


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule, "name": finding.name, "severity": str(finding.severity), "entry": finding.entry,
        "t": finding.t, "message": finding.message, "fix": finding.fix, "cause": finding.cause,
        "related": list(finding.related),
    }  # fmt: skip


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
