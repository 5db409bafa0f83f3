"""The Detail pane: one entry in full, what was found about it, and what it leads to.

Pure: an event (or a stream of many) and what is known of it in, lines out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.protocol.event import AUDIO_FIELDS, WIRE_BINARY, WIRE_MALFORMED, Event
from realtime_inspector.protocol.realtime.conversation import ServerError, Update
from realtime_inspector.recording.entry import Side
from realtime_inspector.tui import text, tree
from realtime_inspector.tui.notes import NOTHING, Note
from realtime_inspector.tui.rows import MARKS, Formats, Stream
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.tree import Links

_RAW_CHARACTERS = 4000
_HEX_BYTES = 256
_STREAM_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Known:
    """What the rest of the recording says of an entry."""

    findings: Sequence[Finding] = ()
    update: Update | None = None
    """The client's update that this `session.updated` answers."""
    error: ServerError | None = None
    """What this `error` is held to answer."""
    formats: Formats = field(default_factory=Formats)
    links: Links = tree.no_links
    note: Note = NOTHING
    """What the user noted about it."""


def of_event(event: Event, known: Known) -> list[Line]:
    """Return the lines of one entry."""
    return [
        *_head(event),
        *_noted(known.note),
        *_findings(known.findings),
        *_blame(known.error),
        *_asked(known.update),
        *_body(event, known),
    ]


def of_stream(stream: Stream, known: Known) -> list[Line]:
    """Return the lines of a fold: what it is in all, and its first piece."""
    first = stream.first[0]
    total = f"{stream.count:,} pieces, {text.size(stream.payload_bytes)} in {text.ms(stream.seconds * 1000)}"
    if stream.has_audio:
        duration = text.ms(known.formats.of(first.side).duration_ms(stream.audio_bytes))
        total += f"; {text.size(stream.audio_bytes)} of audio, {duration}"
    lines = [*_head(first), text.plain(f"the first of {total}", "title")]
    lines.append(text.plain("→ (or l) in Events unfolds them", "dim"))
    if stream.text:
        shown = text.clip(stream.text, _STREAM_CHARACTERS)
        lines += [Line(), Line((Span(f"“{text.safe(shown)}”", "string"),), indent=1)]
    return [*lines, *_noted(known.note), *_findings(known.findings), *_body(first, known)]


def of_unreadable(line: int, raw: bytes, problem: str) -> list[Line]:
    """Return the lines of a line that is not an entry."""
    return [
        text.plain(f"line {line}", "title"),
        text.plain(text.safe(problem), "error", indent=2),
        Line(),
        *_raw(raw),
    ]


def finding_lines(finding: Finding) -> list[Line]:
    """Return a finding in full: message, cause, fix, and the event as the API would have taken it."""
    mark = f"{MARKS[finding.severity]} {finding.rule} {finding.name}"
    lines = [
        Line((Span(mark, finding.severity.value),)),
        text.plain("  " + text.safe(finding.message), indent=2),
    ]
    if finding.fix:
        lines.append(Line((Span("  fix: ", "good"), Span(text.safe(finding.fix))), indent=7))
    if finding.cause is not None:
        lines.append(Line((Span("  cause: ", "key"), Span(f"⏎ #{finding.cause}", "link")), finding.cause))
    lines += [
        Line((Span("  see also: ", "key"), Span(f"⏎ #{number}", "link")), number) for number in finding.related[:8]
    ]
    if finding.corrected is not None:
        lines.append(text.plain("  as the API takes it:", "good"))
        lines += [Line((Span("    "), *line.spans), None, line.indent + 4) for line in tree.lines(finding.corrected)]
    return lines


def copied(event: Event) -> str:
    """Return the payload as it was sent, with the audio replaced by its length."""
    payload = event.entry.payload
    audio = event.audio().encode()
    if audio:
        payload = payload.replace(audio, f"<base64, {event.audio_bytes} bytes>".encode())
    if payload:
        return payload.decode(errors="replace")
    return "\n".join(line.text for line in tree.lines(dict(event.body)))


def _head(event: Event) -> Iterator[Line]:
    sender = {Side.CLIENT: "→ from the client", Side.SERVER: "← from the server", Side.PROXY: "· by the proxy"}[
        event.side
    ]
    yield Line((Span(f"#{event.n} ", "title"), Span(text.safe(event.type), "title")))
    size = f", {text.size(len(event.entry.payload))}" if event.entry.payload else ""
    line = f", line {event.entry.line}" if event.entry.line else ""
    yield Line((Span(sender, event.side.value), Span(f" at {text.clock(event.t)}{size}{line}", "dim")))
    if event.entry.redacted:
        yield text.plain("redacted: " + text.safe(", ".join(event.entry.redacted)), "dim", indent=2)


def _noted(note: Note) -> Iterator[Line]:
    if note.marked:
        yield text.plain("* marked", "warning")
    for words in note.comment.splitlines():
        yield Line((Span("note: ", "warning"), Span(text.safe(words))), indent=6)


def _findings(findings: Iterable[Finding]) -> Iterator[Line]:
    for finding in findings:
        yield Line()
        yield from finding_lines(finding)


def _blame(error: ServerError | None) -> Iterator[Line]:
    if error is None or error.cause is None:
        return
    sure = "answers" if error.confidence == "certain" else "most likely answers"
    said = text.safe(error.cause_type)
    yield Line((Span(f"{sure} ", "key"), Span(f"{said}  ⏎ #{error.cause.n}", "link")), error.cause.n)


def _asked(update: Update | None) -> Iterator[Line]:
    """Yield what the session in force has different from what the client asked for."""
    if update is None or update.effective is None:
        return
    yield Line()
    yield Line((Span("asked for by ", "key"), Span(f"session.update  ⏎ #{update.at.n}", "link")), update.at.n)
    asked = dict(_leaves(update.session))
    in_force = dict(_leaves(update.effective))
    same = [path for path, value in asked.items() if in_force.get(path, _ABSENT) == value]
    for path, value in asked.items():
        if path not in same:
            yield _difference(path, value, in_force.get(path, _ABSENT))
    if same:
        yield text.plain(f"  {text.count(len(same), 'field')} as asked: {text.safe(', '.join(same))}", "dim", indent=4)


_ABSENT = object()


def _difference(path: str, asked: Any, in_force: Any) -> Line:
    now = "not there" if in_force is _ABSENT else _short(in_force)
    return Line(
        (Span(f"  {text.safe(path)}: ", "warning"), Span(f"asked {_short(asked)}, in force {now}")),
        indent=4,
    )


def _leaves(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value and depth < tree.MAX_DEPTH:
        for name, member in value.items():
            yield from _leaves(member, f"{path}.{name}" if path else str(name), depth + 1)
    else:
        yield path, value


def _short(value: Any) -> str:
    shown = " ".join(line.text.strip() for line in tree.lines(value)[:6])
    return text.clip(shown, 120)


def _body(event: Event, known: Known) -> Iterator[Line]:
    yield Line()
    if event.type == WIRE_MALFORMED:
        yield text.plain(text.safe(str(event.body.get("problem", ""))), "error", indent=2)
        yield from _raw(event.entry.payload)
    elif event.type == WIRE_BINARY or (event.is_wire and event.entry.payload and not event.body):
        yield from _hex(event.entry.payload)
    else:
        yield from _headers(event)
        shown = {name: value for name, value in event.body.items() if name != "headers" or not event.is_wire}
        about = None if event.is_wire else partial(_explained, event)
        yield from tree.lines(shown, known.links, _cut_out(event, known.formats), about)


def _explained(event: Event, path: tree.Path) -> str:
    """Say what the API's reference knows of a field."""
    from realtime_inspector.protocol.realtime import fields  # the reference is read for who asks

    name = text.safe("".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip("."))
    known = fields.explain(event.side.value, event.body, path)
    return f"{name}: {known}" if known else f"{name}: the reference does not know this event"


def _cut_out(event: Event, formats: Formats) -> Mapping[str, str]:
    if event.type not in AUDIO_FIELDS or not event.audio_bytes:
        return {}
    duration = text.ms(formats.of(event.side).duration_ms(event.audio_bytes))
    return {AUDIO_FIELDS[event.type]: f"<base64, {event.audio_bytes} bytes, {duration}>"}


def _headers(event: Event) -> Iterator[Line]:
    for name, value in event.entry.headers if event.is_wire else ():
        yield Line((Span(text.safe(name), "key"), Span(": "), Span(text.safe(value), "string")), indent=4)


def _raw(payload: bytes) -> Iterator[Line]:
    shown = payload[:_RAW_CHARACTERS].decode(errors="replace")
    for line in shown.splitlines() or [""]:
        yield text.plain(text.safe(line))
    if len(payload) > _RAW_CHARACTERS:
        yield text.plain(f"… {text.size(len(payload) - _RAW_CHARACTERS)} more", "dim")


def _hex(payload: bytes) -> Iterator[Line]:
    yield text.plain(f"{len(payload):,} bytes", "dim")
    for start in range(0, min(len(payload), _HEX_BYTES), 16):
        part = payload[start : start + 16]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        yield Line((Span(f"{start:06x}  ", "dim"), Span(f"{part.hex(' '):<48} "), Span(shown, "string")))
    if len(payload) > _HEX_BYTES:
        yield text.plain(f"… {text.size(len(payload) - _HEX_BYTES)} more", "dim")
