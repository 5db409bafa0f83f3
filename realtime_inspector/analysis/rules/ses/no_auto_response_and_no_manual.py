"""Asked after every spoken turn of a session in which the server does not answer by itself."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

_LAST = "last"
_NEVER_S, _LEAST_S = 60.0, 10.0
"""After so long nobody asks any more; who hangs up sooner than the second may have lost his patience."""


class NoAutoResponseAndNoManual(Rule):
    """The server is told not to answer by itself, and the client does not ask for an answer either.

    Why: the user has spoken, and the assistant stays silent: without voice detection, or with create_response false,
        only a response.create makes it speak.
    Fix: send response.create once the turn is committed, or set turn_detection.create_response to true.
    Limits: after one turn it is information, for a client may look something up first; a warning after two, and of a last
        turn that got none until the session's end or for a minute, unless the client has passed over turns before and then
        asked: it chooses what to answer (a wake word). An error where it never asked at all. A session that transcribes
        and has never made a response may be meant only to listen.
    Source: Realtime API reference, `turn_detection.create_response` (read 2026-11-22).
    """

    id = "SES019"
    name = "no-auto-response-and-no-manual"
    severity = Severity.WARNING
    on = ("input_audio_buffer.committed",)
    needs = frozenset({left_out.ORDER, left_out.CLIENT, "response.created"})
    dialects = frozenset({"ga", "beta"})
    wait_s = Threshold(3.0, "s", "how long the request for a response may take", least=0.1)
    turns = Threshold(2, "turns", "how many without a response are too many", least=1)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"input": {"turn_detection": null}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +2s > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        +9s .
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +9s .
        """,
        """
        < {"type": "session.created", "session": {"type": "transcription", "audio": {"input": {"turn_detection": null}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +9s < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        +9s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"input": {"turn_detection": null}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}  # SES019
        +9s < {"type": "input_audio_buffer.committed", "item_id": "u2"}  # SES019
        +9s < {"type": "input_audio_buffer.committed", "item_id": "u3"}
        +9s .
        """,
        """
        < {"type": "session.created", "session": {"modalities": [], "turn_detection": {"create_response": false}}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}  # SES019
        +9s .
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {"input": {"turn_detection": null}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}  # SES019 SES019
        +15s x> 1000
        x
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Leave the client some time to ask."""
        if _asks_itself(after) and after.is_whole and not after.is_transcription:
            yield Deadline(event.t + self.wait_s, event)
            yield Deadline(event.t + _NEVER_S, event, _LAST, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Count the turns since anybody answered."""
        if deadline.subject == _LAST:
            yield from self._never(deadline, session)
            return
        answered = _answered(session)
        if answered > deadline.event.n or session.close is not None or not _asks_itself(session):
            return
        if not session.is_whole:  # what was lost may have been the request
            return
        turns = [item for item in session.items.values() if item.committed and item.committed.n > answered]
        listens = session.transcription is not None and not session.responses
        if session.input_audio.active_speech is not None or len(turns) > (1 if listens else self.turns):
            return
        off = _off(session)
        spoken = f"{len(turns)} turns" if len(turns) > 1 else "a turn"
        message = (
            f"{off}, and {spoken} of the user got no response.create: the assistant stays silent until you send it"
        )
        severity = Severity.WARNING if len(turns) >= self.turns and not _chooses(session) else Severity.INFO
        yield self.finding(deadline.event, message, cause=session.config_at, severity=severity, t=deadline.at)

    def _never(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Say of the last turn that nobody asked an answer for it, when it is too late for that."""
        waited_s = deadline.moment(session) - deadline.event.t
        last_n = max((item.committed.n for item in session.items.values() if item.committed), default=0)
        listens = session.transcription is not None and not session.responses
        if _answered(session) > deadline.event.n or last_n != deadline.event.n or waited_s < _LEAST_S or listens:
            return
        if not _asks_itself(session) or not session.is_whole or session.is_cut_off or _chooses(session):
            return
        if session.input_audio.active_speech is not None:
            return
        ever = bool(session.requests or session.responses)
        yield self.finding(
            deadline.event,
            f"{_off(session)}, and the user's last turn got no response.create for {waited_s:.0f} s"
            + ("" if ever else ", nor did any turn of this session")
            + ': the assistant stays silent; send {"type": "response.create"} after the commit',
            cause=session.config_at,
            severity=Severity.WARNING if ever else Severity.ERROR,
            t=deadline.moment(session),
        )


def _off(session: Session) -> str:
    return "turn_detection is off" if session.detection_is_off else "create_response is false"


def _asks_itself(session: Session) -> bool:
    """Tell whether it is the client that asks for responses."""
    detection = session.turn_detection
    return session.detection_is_off or (detection is not None and detection.get("create_response") is False)


def _chooses(session: Session) -> bool:
    """Tell whether the client has passed over a turn before it asked for a response."""
    turns = [(item.committed.n, False) for item in session.items.values() if item.committed is not None]
    asked = [(request.at.n, True) for request in session.requests if not request.out_of_band]
    passed = 0
    for _, is_request in sorted([*turns, *asked]):
        if is_request and passed > 1:
            return True
        passed = 0 if is_request else passed + 1
    return False


def _answered(session: Session) -> int:
    """Return the entry of the last response, or request for one."""
    last = session.last_response
    asked = session.requests[-1].at.n if session.requests else 0
    return max(asked, last.created.n if last is not None else 0)
