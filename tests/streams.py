# ruff: noqa: E501 - an event of a transcript is one line
"""Sessions without turns: a translation, and the Live API."""

from __future__ import annotations

TRANSLATION = """
> GET /v1/realtime/translations?model=gpt-realtime-translate {"Host": "api.openai.com"}
< 101
< {"type": "session.created", "event_id": "event_0", "session": {"id": "sess_1", "type": "translation", "model": "gpt-realtime-translate", "audio": {"output": {"language": "de"}}}}
> {"type": "session.update", "session": {"audio": {"output": {"language": "de"}}}}
< {"type": "session.updated", "event_id": "event_1", "session": {"id": "sess_1", "type": "translation", "model": "gpt-realtime-translate", "audio": {"output": {"language": "de"}}}}
"""
LIVE = """
> GET /v1/live/sessions {"Host": "api.openai.com"}
< 101
> {"type": "session.start", "event_id": "e1", "session": {"type": "live", "model": "gpt-live-1"}}
< {"type": "session.started", "event_id": "event_0", "client_event_id": "e1", "session": {"id": "live_1", "model": "gpt-live-1"}}
"""
CLOSED = '> {"type": "session.close"}\n< {"type": "session.closed", "event_id": "event_9"}\nx< 1000\nx\n'


def sent(times: int, kind: str = "session.input_audio.append") -> str:
    """Return the user's audio, in pieces of 200 ms."""
    return f'{{"type": "{kind}", "audio": "<200ms speech>"}}'.join(["> ", *["\n+200ms > "] * (times - 1), "\n"])


def heard(words: str, start_ms: int | None = None, end_ms: int | None = None) -> str:
    """Return words of the user, as the server heard them, and where in the audio if it says so."""
    place = f', "start_ms": {start_ms}, "end_ms": {end_ms}' if start_ms is not None else ""
    return f'< {{"type": "session.input_transcript.delta", "delta": "{words}"{place}}}\n'


def spoken(words: str = "", rate: int | None = None) -> str:
    """Return 200 ms of the assistant, with words if there are any."""
    named = f', "sample_rate": {rate}, "channels": 1, "format": "pcm16"' if rate is not None else ""
    sound = f'< {{"type": "session.output_audio.delta", "delta": "<200ms speech>"{named}}}\n'
    return (f'< {{"type": "session.output_transcript.delta", "delta": "{words}"}}\n' if words else "") + sound
