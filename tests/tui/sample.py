"""One session with a tool call, an interruption, a mistake and hostile text, and rules of the tests' own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Header

STARTED = "2026-11-22T11:10:03.123456Z"
STARTED_AT = 1795345803.123456
"""`STARTED` as the wall clock counts."""

CALL = (Path(__file__).parent / "call.transcript").read_text()


class MissingCallId(Rule):
    """A tool output names no call.

    Why: the server refuses it, and the model waits for an output that never comes.
    Fix: copy the call_id of the function call into the output.
    Limits: none known.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22).
    """

    id = "TST001"
    name = "missing-call-id"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    good = ('> {"type":"conversation.item.create","item":{"type":"function_call_output","call_id":"c"}}',)
    bad = ('> {"type":"conversation.item.create","item":{"type":"function_call_output"}}  # TST001',)

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        item = event.get("item", {})
        if item.get("type") == "function_call_output" and not item.get("call_id"):
            call = next(iter(before.calls.values()), None)
            yield self.finding(
                event,
                "the output names no call: add call_id 'call_7'",
                cause=call.done if call is not None else None,
                corrected={"type": event.type, "item": {**item, "call_id": "call_7"}},
            )


class NoAnswer(Rule):
    """A response was asked for and never came.

    Why: the user hears nothing.
    Fix: look at what the server said last.
    Limits: a slow server looks the same.
    Source: Realtime API reference, `response.create` (read 2026-11-22).
    """

    id = "TST002"
    name = "no-answer"
    severity = Severity.WARNING
    on = ("response.create",)

    def wait(self, event: Event, after: Session) -> Iterable[Deadline]:
        return [Deadline(event.t + 2, event)]

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        last = session.last_response
        if last is None or last.created.n < deadline.event.n:
            yield self.finding(deadline.event, "no response 2 s after it was asked for", t=deadline.at)


RULES: tuple[Rule, ...] = (MissingCallId(), NoAnswer())


def write(path: Path, text: str = CALL, *, started: str = STARTED) -> Path:
    """Write a transcript as a recording."""
    header = Header("rec_1", started, tool="test", via="simulator", url="ws://127.0.0.1/v1/realtime")
    path.write_bytes(jsonl.dump_header(header) + b"".join(map(jsonl.dump, transcript.entries(text))))
    return path


def add(path: Path, text: str) -> None:
    """Write what comes next into a recording, after its last entry."""
    lines = path.read_bytes().splitlines(keepends=True)
    last = jsonl.parse(lines[-1]) if len(lines) > 1 else None
    n, t = (last.n, last.t) if last is not None else (0, 0.0)
    entries = [replace(entry, n=entry.n + n, t=round(entry.t + t, 6)) for entry in transcript.entries(text)]
    with path.open("ab") as file:
        file.write(b"".join(map(jsonl.dump, entries)))
