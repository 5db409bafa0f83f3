"""Whether what voice detection took for the user's speech was the user's: what its transcript shows."""

from __future__ import annotations

import re
from itertools import islice

from realtime_inspector.protocol.realtime.audio import Speech
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.state import State

SIMILAR = 0.6
"""So many of the words heard are the assistant's where it hears itself."""
RECENT = 10
_LEAST_LETTERS = 6
_LOOK_BACK = 30
_WORDS = re.compile(r"\w+")


def interruption(state: State, response: Response) -> Speech | None:
    """Return the speech that began while a response was to be heard, the latest; None if there was none."""
    if response.first_audio is None:
        return None
    end_n = response.done.n if response.done is not None else None
    for speech in islice(reversed(state.input_audio.speech), RECENT):
        if speech.started_n > response.first_audio.n and (end_n is None or speech.started_n < end_n):
            return speech
    return None


def heard(state: State, speech: Speech) -> str:
    """Return the transcript of a speech; empty while there is none."""
    return state.items[speech.item_id].transcript if speech.item_id in state.items else ""


def said(state: State) -> str:
    """Return the latest words of the assistant."""
    recent = islice(reversed(state.items.values()), _LOOK_BACK)
    return " ".join(item.transcript for item in recent if item.role != "user")


def are_own(transcript: str, said: str) -> bool:
    """Tell whether words heard are the user's own: enough of them, and not what the assistant said."""
    return len("".join(_WORDS.findall(transcript))) >= _LEAST_LETTERS and likeness(transcript, said) < SIMILAR


def likeness(heard: str, said: str) -> float:
    """Return which part of the words heard are words said; of a text that has no spaces, of its pairs of letters."""
    words, others = (set(_WORDS.findall(each.lower())) for each in (heard, said))
    if len(words) < 2:
        words, others = _pairs(heard), _pairs(said)
    return len(words & others) / len(words) if words else 1.0


def repeats(heard: str, said: str, least_words: int) -> bool:
    """Tell whether all that was heard, so many words or more, was said in that order without a word between."""
    words, others = (_WORDS.findall(each.lower()) for each in (heard, said))
    return len(words) >= least_words and f" {' '.join(words)} " in f" {' '.join(others)} "


def _pairs(words: str) -> set[str]:
    letters = "".join(_WORDS.findall(words.lower()))
    return {letters[place : place + 2] for place in range(len(letters) - 1)}
