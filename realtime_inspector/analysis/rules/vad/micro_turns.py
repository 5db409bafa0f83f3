"""Turns without words in them."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.audio import PADDING_MS, Speech
from realtime_inspector.protocol.realtime.conversation import Item
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import number, text

OF = 5

_DONE = '+2s < {{"type": "conversation.item.input_audio_transcription.completed", "item_id": "{0}", "transcript": "{1}"}}{2}\n'
_START = '+1s < {{"type": "input_audio_buffer.speech_started", "item_id": "{0}", "audio_start_ms": {1}}}\n'
_STOP = '< {{"type": "input_audio_buffer.speech_stopped", "item_id": "{0}", "audio_end_ms": {1}}}{2}\n'
_ON = '< {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 500}}}}}\n'


def _spoken(lengths_ms: tuple[int, ...], last: str = "") -> str:
    lines = [_ON]
    for n, length_ms in enumerate(lengths_ms):
        remark = last if n == len(lengths_ms) - 1 else ""
        lines += [_START.format(f"u{n}", 9000 * n), _STOP.format(f"u{n}", 9000 * n + length_ms, remark)]
    return "".join(lines)


def _transcribed(transcripts: tuple[str, ...], last: str = "") -> str:
    lines = []
    for n, said in enumerate(transcripts):
        lines.append(f'< {{"type": "input_audio_buffer.committed", "item_id": "u{n}"}}\n')
        lines.append(_DONE.format(f"u{n}", said, last if n == len(transcripts) - 1 else ""))
    return "".join(lines)


class MicroTurns(Rule):
    """Three of the last five user turns have no words in them: noise began them.

    Why: each of them interrupts the assistant and makes it answer nothing.
    Fix: raise turn_detection.threshold, switch noise_reduction on, or use semantic_vad; check for the assistant's own voice in
        the microphone.
    Limits: known by transcripts without a letter or digit; turns of less than 200 ms beyond padding and silence are
        information, for a short "no" is a word. Said once a session.
    Source: Realtime guide, "Voice activity detection" (read 2026-11-22); community.openai.com/t/1378522.
    """

    id = "VAD003"
    name = "micro-turns"
    severity = Severity.WARNING
    on = ("conversation.item.input_audio_transcription.completed", "input_audio_buffer.speech_stopped")
    once = True
    many = Threshold(3, "turns", "how many of the last five may be without words", least=1, most=5)
    short_ms = Threshold(200.0, "ms", "how short a turn without words is")
    good = (
        _transcribed(("Hello", ".", "Yes", "", "No")),
        _spoken((900, 2600, 900, 3600, 4800)),
        # nothing says how long the silence is that the end has in it
        _spoken((900, 900, 900, 900, 900)).replace(', "silence_duration_ms": 500', ""),
    )
    bad = (
        _transcribed(("Hello", ".", "", "Yes", "..."), "  # VAD003"),
        _spoken((4000, 900, 950, 880), "  # VAD003"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the latest turns: their words, or where none are known their lengths."""
        if event.type.endswith(".completed"):
            yield from self._wordless(event, before)
        else:
            yield from self._short(event, before)

    def _wordless(self, event: Event, before: Session) -> Iterator[Finding]:
        if _has_word(text(event.body.get("transcript"))):
            return
        item_id = text(event.body.get("item_id"))
        latest = [item for item in _transcribed_before(before) if item.id != item_id][: OF - 1]
        empty = [item for item in latest if not _has_word(item.transcript)]
        if len(empty) + 1 >= self.many:
            yield self.finding(
                event,
                f"{len(empty) + 1} of the last {len(latest) + 1} user turns have no words in them: noise begins turns, and each "
                "interrupts the assistant; raise the threshold, reduce noise, or use semantic_vad",
                related=[item.first.n for item in reversed(empty) if item.first is not None],
            )

    def _short(self, event: Event, before: Session) -> Iterator[Finding]:
        detection, speech = before.turn_detection or {}, before.input_audio.active_speech
        silence_ms, end_ms = number(detection.get("silence_duration_ms")), number(event.body.get("audio_end_ms"))
        if silence_ms is None or end_ms is None or speech is None:
            return
        padding_ms = silence_ms + (number(detection.get("prefix_padding_ms")) or PADDING_MS)
        lengths = [
            _length_ms(each, end_ms if each is speech else each.end_ms) for each in before.input_audio.speech[-OF:]
        ]
        short = [length for length in lengths if length is not None and length - padding_ms < self.short_ms]
        said = before.items.get(speech.item_id)
        if len(short) < self.many or (said is not None and _has_word(said.transcript)):
            return
        if _length_ms(speech, end_ms) in short:
            yield self.finding(
                event,
                f"{len(short)} of the last {len(lengths)} user turns were shorter than {self.short_ms:.0f} ms without their padding: "
                "if those are not words, raise the threshold, reduce noise, or use semantic_vad",
                cause=speech.started_n,
                severity=Severity.INFO,
            )


def is_no_turn(session: State, speech: Speech) -> bool:
    """Tell whether a turn is no words: by its transcript, or where there is none by its length."""
    item = session.items.get(speech.item_id)
    if item is not None and item.transcribed:
        return not _has_word(item.transcript)
    length_ms, detection = _length_ms(speech, speech.end_ms), session.turn_detection or {}
    silence_ms = number(detection.get("silence_duration_ms"))
    if length_ms is None or silence_ms is None:
        return False
    padding_ms = number(detection.get("prefix_padding_ms"))
    return length_ms - silence_ms - (PADDING_MS if padding_ms is None else padding_ms) < MicroTurns.short_ms.default


def _transcribed_before(session: Session) -> list[Item]:
    found = []
    for item in reversed(session.items.values()):
        if item.role == "user" and item.transcribed:
            found.append(item)
            if len(found) == OF:
                break
    return found


def _has_word(said: str) -> bool:
    return any(character.isalnum() for character in said)


def _length_ms(speech: Speech, end_ms: float | None) -> float | None:
    return None if end_ms is None or speech.start_ms is None else end_ms - speech.start_ms
