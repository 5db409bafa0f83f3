"""An idle timer that talks to nobody."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session

_IDLE = '+9s < {{"type": "input_audio_buffer.timeout_triggered", "item_id": "u{0}", "audio_start_ms": 0, "audio_end_ms": 9}}{1}\n'
_SPOKEN = '< {"type": "input_audio_buffer.speech_started", "item_id": "u9", "audio_start_ms": 9}\n'


class IdleBurn(Rule):
    """The idle timer began three turns in a row, and nobody spoke.

    Why: each makes a response that is billed for the whole conversation, for nobody.
    Fix: after the first or second of them end the call, or set idle_timeout_ms to null.
    Limits: information, at every third turn without speech.
    Source: Realtime API reference, `input_audio_buffer.timeout_triggered` (read 2026-11-22).
    """

    id = "CST006"
    name = "idle-burn"
    severity = Severity.INFO
    on = ("input_audio_buffer.timeout_triggered",)
    many = Threshold(3, "responses", "how many to nobody are too many", least=1)
    good = (
        _IDLE.format(1, "") + _IDLE.format(2, "") + _SPOKEN + _IDLE.format(3, ""),
        _IDLE.format(1, "") + _IDLE.format(2, ""),
    )
    bad = (
        _IDLE.format(1, "") + _IDLE.format(2, "") + _IDLE.format(3, "  # CST006") + _IDLE.format(4, ""),
        _IDLE.format(1, "") + _SPOKEN + _IDLE.format(2, "") + _IDLE.format(3, "") + _IDLE.format(4, "  # CST006"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count the turns of the timer since the user spoke."""
        times = before.input_audio.timeouts + 1
        if times % self.many == 0:
            yield self.finding(
                event,
                f"the idle timer began {times} turns in a row and nobody spoke: each is a response that is billed; end the call, or "
                "set idle_timeout_ms to null",
            )
