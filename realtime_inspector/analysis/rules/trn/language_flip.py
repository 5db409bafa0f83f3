"""A transcript in another script than the ones before."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

LEAST_LETTERS = 2
_MOST = 200
_TOGETHER = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "FULLWIDTH": "LATIN", "HALFWIDTH": "CJK"}


class LanguageFlip(Rule):
    """The transcript of a turn is in another script than those of the two turns before it.

    Why: transcription models guess a language when they hear little: a cough becomes a sentence in Korean. The user most
        likely did not say it.
    Fix: set transcription.language; raise the threshold or reduce noise, so that noise makes no turns.
    Limits: information: people do change languages. By script alone, so English and German are one; said once a session.
    Source: the transcripts; github.com/akdeb/ElatoAI/issues/25 (read 2026-11-22).
    """

    id = "TRN005"
    name = "language-flip"
    severity = Severity.INFO
    on = ("conversation.item.input_audio_transcription.completed",)
    once = True
    earlier = Threshold(2, "turns", "how many must have been in another script", least=1)
    good = (
        """
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Hello there"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "transcript": "Guten Tag, schöne Größe"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u3", "transcript": "12:30 …"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u4", "transcript": "Ça va?"}
        """,
        """
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "今日はいい天気"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "transcript": "ありがとう"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u3", "transcript": "コーヒー"}
        """,
    )
    bad = (
        """
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "What is the weather"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "transcript": "in Oslo?"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u3", "transcript": "감사합니다"}  # TRN005
        """,
        """
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Привет"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "transcript": "..."}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u3", "transcript": "Погода"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u4", "transcript": "ขอบคุณ"}  # TRN005
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the scripts of the latest transcripts."""
        item_id, now = text(event.body.get("item_id")), script(text(event.body.get("transcript")))
        if not now:
            return
        earlier = []
        for item in reversed(before.items.values()):
            if item.role == "user" and item.transcribed and item.id != item_id and (known := script(item.transcript)):
                earlier.append(known)
                if len(earlier) == self.earlier:
                    break
        if len(earlier) == self.earlier and len(set(earlier)) == 1 and earlier[0] != now:
            yield self.finding(
                event,
                f"the transcript of {item_id} is in {now.title()} script, those before in {earlier[0].title()}: most likely noise "
                "that was taken for speech; set transcription.language, and raise the threshold",
            )


def script(said: str) -> str:
    """Return the script that most of a text is in, as Unicode names it; empty where it has hardly a letter."""
    return _script(said[:_MOST])


@lru_cache(maxsize=64)  # each is compared with several that come after it
def _script(said: str) -> str:
    letters = [character for character in said if character.isalpha()]
    if len(letters) < LEAST_LETTERS:
        return ""
    return Counter(map(_of_letter, letters)).most_common(1)[0][0]


@lru_cache(maxsize=4096)
def _of_letter(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")[0]
    return _TOGETHER.get(name, name)
