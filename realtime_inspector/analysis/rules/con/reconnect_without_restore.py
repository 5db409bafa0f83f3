"""A new connection in place of one that ended, which knows nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

_RESTORES = ("session.update", "transcription_session.update", "conversation.item.create")


class ReconnectWithoutRestore(Rule):
    """The client came back after its connection had ended, and speaks before it restores anything.

    Why: a new connection is a new session: it has the default voice and instructions, no tools, and remembers nothing
        that was said.
    Fix: after a reconnect send session.update first, then what matters of the conversation as conversation.item.create,
        then audio or response.create.
    Limits: information. That it is the same call is what the recorder takes from client, target, key and time, and a
        program with one key that takes one call after another looks like it; one whose configuration is in its
        ek_ key or in a prompt restores it without an event.
    Source: github.com/openai/openai-realtime-twilio-demo/issues/7 (read 2026-11-22).
    """

    id = "CON016"
    name = "reconnect-without-restore"
    severity = Severity.INFO
    on = ("input_audio_buffer.append", "response.create")
    needs = frozenset({left_out.CLIENT, left_out.WIRE})
    once = True
    good = (
        """
        = {"after": "01KAN3"}
        < {"type": "session.created", "session": {"type": "realtime", "id": "s2"}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "You are Ann."}}
        > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
        """,
        """
        = {"after": "01KAN3"}
        < {"type": "session.created", "session": {"type": "realtime", "id": "s2", "prompt": {"id": "pmpt_1"}}}
        > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
        """,
        """
        < {"type": "session.created", "session": {"type": "realtime", "id": "s1"}}
        > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
        """,
    )
    bad = (
        """
        = {"after": "01KAN3"}
        < {"type": "session.created", "session": {"type": "realtime", "id": "s2"}}
        > {"type": "input_audio_buffer.append", "audio": "<100ms>"}  # CON016
        > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
        """,
        """
        = {"after": "01KAN3"}
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com"}
        < 101
        < {"type": "session.created", "session": {"type": "realtime", "id": "s2", "instructions": "You are helpful."}}
        > {"type": "response.create"}  # CON016
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for anything that restores the session."""
        if not before.after or not event.from_client or any(before.counts.get(name) for name in _RESTORES):
            return
        token = before.request is not None and "ek_" in str(before.request.body.get("headers"))
        if not (before.default_config.get("prompt") or before.default_config.get("tools") or token):
            yield self.finding(
                event,
                f"this connection goes on with the call of recording {before.after}, and {event.type} is the first thing that the "
                "client sends: the session has its defaults and remembers nothing; send session.update and what "
                "was said before",
                cause=before.created,
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest after the first of them."""
        return FOREVER if event.from_client else None
