"""A commit of nothing."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

LEAST_MS = 100.0
ANSWER_S = 1.0
RACE_S = 0.15


class CommitEmpty(Rule):
    """The client commits less than 100 ms of audio.

    Why: the server answers with input_audio_buffer_commit_empty and makes no user turn of it.
    Fix: commit once, after at least 100 ms of audio; with voice detection on, leave the commit to the server.
    Limits: not flagged where the server took the commit, or where the recording has no audio at all. A commit that
        crossed one of voice detection on the wire is information.
    Source: Realtime API reference, `input_audio_buffer.commit` (read 2026-11-22); github.com/openai/openai-agents-js/issues/748.
    """

    id = "AUD012"
    name = "commit-empty"
    severity = Severity.WARNING
    on = ("input_audio_buffer.commit",)
    needs = frozenset({left_out.ORDER})
    good = (
        """
        < {"type": "session.created", "session": {}}
        > {"type": "input_audio_buffer.append", "audio": "<120ms>"}
        > {"type": "input_audio_buffer.commit"}
        +5s .
        """,
        """
        # the server took it: its count is the one that holds
        < {"type": "session.created", "session": {}}
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        > {"type": "input_audio_buffer.commit"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +5s .
        """,
        """
        # a pasted log from which the audio was left out
        > {"type": "input_audio_buffer.commit"}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        > {"type": "input_audio_buffer.commit"}
        > {"type": "input_audio_buffer.append", "audio": "<40ms>"}
        > {"type": "input_audio_buffer.commit"}  # AUD012
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "error", "error": {"code": "input_audio_buffer_commit_empty"}}
        """,
        """
        # voice detection was first
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +300ms > {"type": "input_audio_buffer.commit"}  # AUD012
        < {"type": "error", "error": {"code": "input_audio_buffer_commit_empty"}}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the server's answer, where there was little to commit."""
        audio = after.input_audio
        if audio.appends == 0 and after.created is None:
            return
        committed_ms = audio.total_ms - audio.emptied_before_ms
        if committed_ms < LEAST_MS and not after.is_sideband and "wire.gap" not in after.counts:
            yield Deadline(event.t + ANSWER_S, event, _described(after, event, committed_ms), at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Flag it unless the server took it."""
        audio = session.input_audio
        taken = audio.last_committed_by == "client" and (audio.last_committed_n or 0) > deadline.event.n
        unanswered = any(pending.at.n == deadline.event.n for pending in session.unanswered)
        if taken and not unanswered and not _refused(session, deadline.event):
            return
        message = deadline.subject
        if left_out.INPUT_AUDIO in session.left_out:
            if not _refused(session, deadline.event):
                return
            message = f"there was less to commit than the {LEAST_MS:.0f} ms that the server takes at least"
        severity = Severity.INFO if message.endswith(_RACE) else Severity.WARNING
        yield self.finding(deadline.event, message, severity=severity, t=deadline.moment(session))


_RACE = "the two crossed on the wire"


def _described(after: Session, event: Event, committed_ms: float) -> str:
    audio = after.input_audio
    what = f"only {committed_ms:.0f} ms of audio are committed, and the server takes no less than {LEAST_MS:.0f} ms"
    if audio.last_committed_by == "vad" and audio.last_committed_t is not None:
        n = audio.last_committed_n
        if event.t - audio.last_committed_t < RACE_S:
            return f"{what}: voice detection had just committed the rest (entry {n}); {_RACE}"
        return f"{what}: voice detection had committed the rest (entry {n}); with it on, leave the commit to the server"
    return f"{what}: commit once, after the audio"


def _refused(session: Session, event: Event) -> bool:
    return any(error.cause is not None and error.cause.n == event.n for error in session.errors[-50:])
