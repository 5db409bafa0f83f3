"""When an answer can first be heard: its first sample that is no silence.

Many answers begin with some hundred milliseconds of silence: the first piece of audio came, and the user still hears
nothing. Only the beginning of each item is decoded, up to its first sound.
"""

from __future__ import annotations

from realtime_inspector.analysis import acoustics
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.changes.hearing import decoded
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import text

AUDIBLE = 104
"""-50 dB of full scale, of 32768."""


class Onsets:
    """Where the audio of each item begins to be heard. Show it every event after the session has taken it in."""

    def __init__(self) -> None:
        self._lead_ms: dict[str, float] = {}
        self._heard: dict[str, float] = {}

    def note(self, event: Event, session: State) -> None:
        """Look at a piece of audio of an item that is silent so far."""
        if ga_name(event.type) != "response.output_audio.delta" or not event.from_server:
            return
        item_id = text(event.body.get("item_id"))
        if not item_id or item_id in self._heard:
            return
        response = session.responses.get(text(event.body.get("response_id")))
        form = (response.audio_format if response is not None else None) or session.output_format
        samples = acoustics.decode(decoded(event), form.name)
        rate = form.rate if form.name == PCM else 8000
        silent = next((at for at, sample in enumerate(samples) if abs(sample) >= AUDIBLE), None)
        lead_ms = self._lead_ms.pop(item_id, 0.0)
        if silent is None:
            self._lead_ms[item_id] = lead_ms + form.duration_ms(event.audio_bytes)
        else:
            self._heard[item_id] = lead_ms + silent * 1000 / rate

    def silence_ms(self, item_id: str) -> float | None:
        """Return how much silence an item's audio begins with; None if none of it was heard."""
        return self._heard.get(item_id)

    def time_to_sound_ms(self, session: State, response: Response) -> float | None:
        """Return the time from `response.created` to the first sound that can be heard; None if there is none."""
        for item_id in response.item_ids:
            silence_ms, playback = self._heard.get(item_id), session.playback.get(item_id)
            if silence_ms is not None and playback is not None:
                return round((playback.start_t - response.created.t) * 1000 + silence_ms, 3)
        return None
