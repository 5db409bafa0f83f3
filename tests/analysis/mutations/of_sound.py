"""What can go wrong with audio in both directions, with voice detection, interruptions and transcripts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.sounds import sound
from tests.analysis.mutations.draft import Body, Draft, Mutant, again, audio_of, client, refusal, with_audio
from tests.analysis.mutations.kinds import mutation

APPEND = "input_audio_buffer.append"
TRUNCATE = "conversation.item.truncate"
AUDIO_DELTA = "response.output_audio.delta"
LONG = ("sim-long",)
TRANSCRIPT = "conversation.item.input_audio_transcription.completed"


def appends(d: Draft) -> list[int]:
    return d.client(APPEND)


def first(d: Draft) -> list[int]:
    return appends(d)[:1]


def pcm_appends(d: Draft) -> list[int]:
    return [at for at in appends(d) if len(audio_of(d.bodies[at])) >= 1920]


def turns(d: Draft) -> list[int]:
    """Where voice detection has ended the user's turn."""
    return [at for at in d.server("input_audio_buffer.committed") if d.server("input_audio_buffer.speech_stopped")]


def truncations(d: Draft) -> list[int]:
    return d.client(TRUNCATE)


def closes(d: Draft) -> list[int]:
    return [d.ends_at]


def _audio(size: int, fill: bytes = b"\0") -> str:
    return b64encode(fill * size).decode()


# appends


@mutation("AUD001", places=first)
def not_base64(d: Draft, at: int) -> Mutant:
    """Audio is not base64."""
    return d.put(at, "audio", "!!" + str(d.get(at, "audio"))[2:])


@mutation("AUD001", places=first)
def url_safe_base64(d: Draft, at: int) -> Mutant:
    """Audio is base64 in the alphabet of URLs."""
    return d.put(at, "audio", b64encode(b"\xfb\xff" * 300).decode().replace("+", "-").replace("/", "_"))


@mutation("AUD001", places=first)
def data_url(d: Draft, at: int) -> Mutant:
    """Audio is a data URL."""
    return d.put(at, "audio", "data:audio/wav;base64," + str(d.get(at, "audio")))


@mutation("ENV005", "AUD001", places=first)
def audio_left_out(d: Draft, at: int) -> Mutant:
    """An append has no audio."""
    return d.unset(at, "audio")


@mutation("AUD002", places=lambda d: pcm_appends(d) if d.is_pcm else [])
def odd_bytes(d: Draft, at: int) -> Mutant:
    """PCM has an odd number of bytes."""
    return d.edit(at, with_audio(d.body(at), audio_of(d.bodies[at])[:-1]))


@mutation("AUD005", places=appends)
def wav_header(d: Draft, at: int) -> Mutant | None:
    """Audio begins with the header of a WAV file."""
    header = b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\xc0\x5d\0\0\x80\xbb\0\0\x02\0\x10\0data\0\x08\0\0"
    return d.edit(at, with_audio(d.body(at), header + audio_of(d.bodies[at]))) if at == appends(d)[0] else None


@mutation("AUD006", places=appends, of=("voice-turn",))
def oversized_append(d: Draft, at: int) -> Mutant | None:
    """One append holds 16 MiB."""
    return d.put(at, "audio", "A" * 22_400_000) if at == appends(d)[0] else None


def _all_appends(change: Callable[[bytes], bytes]) -> Callable[[Draft, int], Mutant]:
    def apply(d: Draft, at: int) -> Mutant:
        bodies: dict[int, Any] = {p: with_audio(d.bodies[p], change(audio_of(d.bodies[p]))) for p in appends(d)}
        return Mutant(d.edit_all(bodies, [at]).entries)

    return apply


def _long_pcm(d: Draft) -> list[int]:
    return [0] if d.is_pcm and len(appends(d)) > 250 else []


def _short_pcm(d: Draft) -> list[int]:
    return [0] if d.is_pcm and len(appends(d)) > 50 else []


def _halved(audio: bytes) -> bytes:
    return b"".join(audio[at : at + 2] for at in range(0, len(audio) - 1, 4))


@mutation("AUD003", places=_long_pcm, of=LONG)
def half_the_rate(d: Draft, at: int) -> Mutant:
    """The user's audio has half the rate that the session has."""
    return _all_appends(_halved)(d, at)


@mutation("AUD003", places=_long_pcm, of=LONG)
def twice_the_rate(d: Draft, at: int) -> Mutant:
    """The user's audio has twice the rate that the session has."""
    return _all_appends(lambda audio: b"".join(audio[a : a + 2] * 2 for a in range(0, len(audio) - 1, 2)))(d, at)


@mutation("AUD007", places=lambda d: appends(d)[:1] if len(appends(d)) > 310 else [], of=LONG)
def long_chunks(d: Draft, at: int) -> Mutant:
    """The user's audio comes in pieces of 600 ms."""
    own = appends(d)
    bodies: dict[int, Any] = {}
    for start in range(0, len(own), 15):
        part = own[start : start + 15]
        bodies[part[-1]] = with_audio(d.body(part[-1]), b"".join(audio_of(d.bodies[p]) for p in part))
    joined = Draft(d.name, d.edit_all(bodies, []).entries)
    return Mutant(joined.drop(set(own) - set(bodies)).entries)


def _heard_as(name: str) -> Callable[[Draft, int], Mutant]:
    def apply(d: Draft, at: int) -> Mutant:
        own = appends(d)
        sizes = [len(audio_of(d.bodies[p])) for p in own]
        whole, start = sound(name, sum(sizes)), 0
        bodies: dict[int, Any] = {}
        for place, size in zip(own, sizes, strict=True):
            bodies[place] = with_audio(d.bodies[place], whole[start : start + size])
            start += size
        return Mutant(d.edit_all(bodies, [at]).entries)

    return apply


@mutation("AUD004", places=_short_pcm, acoustic=True, of=("sim-pcm",))
def another_codec(d: Draft, at: int) -> Mutant:
    """The user's audio is G.711, and the session says PCM."""
    return _heard_as("speech-mu-law")(d, at)


@mutation("AUD019", places=_short_pcm, acoustic=True, of=("sim-pcm",))
def bytes_swapped(d: Draft, at: int) -> Mutant:
    """The bytes of every sample are swapped."""
    return _heard_as("speech-swapped")(d, at)


@mutation("AUD021", places=_short_pcm, acoustic=True, of=("sim-pcm",))
def a_third_of_the_rate(d: Draft, at: int) -> Mutant:
    """The user's audio has 8 kHz, as can be heard, and the session says 24."""
    return _heard_as("speech-fast")(d, at)


@mutation("AUD018", places=_short_pcm, acoustic=True, of=("sim-pcm",))
def two_channels(d: Draft, at: int) -> Mutant:
    """The user's audio has two channels."""
    return _heard_as("speech-stereo")(d, at)


@mutation("AUD010", places=_short_pcm, acoustic=True, of=("sim-pcm",))
def clipped(d: Draft, at: int) -> Mutant:
    """The user's audio is too loud."""
    return _heard_as("speech-loud")(d, at)


@mutation("AUD020", places=lambda d: d.server("input_audio_buffer.speech_stopped")[:1], acoustic=True,
          of=("sim-interrupted",))  # fmt: skip
def microphone_hears_the_loudspeaker(d: Draft, at: int) -> Mutant:
    """What the microphone sends is what the assistant says, a fifth of a second later."""
    heard = [p for p in d.server(AUDIO_DELTA) if p < at]
    said = b"".join(audio_of(d.bodies[p]) for p in heard)
    bodies: dict[int, Any] = {}
    for place in appends(d):
        size = len(audio_of(d.bodies[place]))
        start = round((d.entries[place].t - d.entries[heard[0]].t - 0.2) * 8000) - size
        if 0 <= start <= len(said) - size:
            bodies[place] = with_audio(d.bodies[place], said[start : start + size])
    return d.edit_all(bodies, [at])


# the buffer


def by_voice_detection(d: Draft) -> list[int]:
    return turns(d)


def by_hand(d: Draft) -> list[int]:
    return d.client("input_audio_buffer.commit")


@mutation("AUD012", places=lambda d: [at + 1 for at in turns(d)])
def commit_of_nothing(d: Draft, at: int) -> Mutant:
    """The client commits what voice detection has just committed."""
    return d.insert(at, client("input_audio_buffer.commit"))


_EMPTY = refusal(
    "input_audio_buffer_commit_empty",
    "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
    "but buffer only has 0.00ms of audio.",
)


@mutation("AUD012", places=by_hand, why="commit-refused")
def empty_commit_refused(d: Draft, at: int) -> Mutant:
    """The client commits before it has appended anything."""
    own = [p for p in appends(d) if p < at and p > (d.before(at, d.client("input_audio_buffer.clear")) or 0)]
    without = Draft(d.name, d.drop(own).entries)
    place = at - len(own)
    return without.end(place, client("input_audio_buffer.commit"), _EMPTY, named=[place])


@mutation("AUD013", "AUD012", places=lambda d: d.server("input_audio_buffer.speech_started"))
def commit_beside_voice_detection(d: Draft, at: int) -> Mutant | None:
    """The client commits while voice detection is on."""
    goes_on = any(d.entries[p].t > d.entries[at].t + 1.5 for p in appends(d))
    return d.insert(at + 1, client("input_audio_buffer.commit")) if goes_on else None


@mutation("AUD014", places=by_hand, of=("sim-manual",))
def request_without_commit(d: Draft, at: int) -> Mutant:
    """The client asks for an answer to audio that it has not committed."""
    made = d.after(at, d.server("input_audio_buffer.committed"))
    own = [p for kind in ("conversation.item.added", "conversation.item.done", TRANSCRIPT) for p in d.server(kind)
           if d.get(p, "item.id", d.get(p, "item_id")) == d.get(made or 0, "item_id")]  # fmt: skip
    asked = d.after(at, d.client("response.create"))
    return d.drop([at, made or at, *own], at=[asked or 0])


@mutation("AUD016", places=lambda d: d.server("input_audio_buffer.speech_started"))
def cleared_while_the_user_speaks(d: Draft, at: int) -> Mutant:
    """The client clears the buffer while the user speaks."""
    return d.insert(at + 1, client("input_audio_buffer.clear"))


@mutation("AUD015", places=by_hand, why="audio-not-committed")
def audio_never_committed(d: Draft, at: int) -> Mutant:
    """The client sends audio and never commits it."""
    mutant = d.end(at, microphone=False)
    return Mutant(mutant.entries, frozenset({len(mutant.entries)}))


@mutation(
    "AUD009",
    places=lambda d: d.server("session.updated")[:1],
    why="nobody-spoke",
    of=("voice-turn", "sim-voice", "sim-pcm"),
)
def microphone_never_on(d: Draft, at: int) -> Mutant:
    """The client never sends audio, nor anything else."""
    return d.end(at + 1, seconds=40.0, microphone=False, named=[at, at - 1])


# voice detection


@mutation("AUD017", places=lambda d: d.server("input_audio_buffer.speech_started"), why="audio-stopped")
def microphone_off_while_the_user_speaks(d: Draft, at: int) -> Mutant | None:
    """The client stops sending audio in the middle of speech."""
    return None if _interrupts(d, at) else d.end(at + 1, named=[at], microphone=False)


@mutation("VAD001", places=lambda d: d.server("input_audio_buffer.speech_started"), why="speech-never-stops")
def speech_without_an_end(d: Draft, at: int) -> Mutant | None:
    """Voice detection never hears the end of speech."""
    if _interrupts(d, at):
        return None
    mutant = d.end(at + 1, named=[at])
    return mutant if len(mutant.entries) > at + 20 else None


def _interrupts(d: Draft, at: int) -> bool:
    """Tell whether speech begins while a response runs: then there is an answer to speak of."""
    return (d.before(at, d.server("response.created")) or 0) > (d.before(at, d.server("response.done")) or 0)


@mutation("VAD002", places=turns, why="commit-without-response")
def turn_without_a_response(d: Draft, at: int) -> Mutant | None:
    """Voice detection ends a turn, and begins no response."""
    return d.end(at + 1, named=[at])


@mutation("VAD006", places=lambda d: d.server("input_audio_buffer.speech_stopped"))
def end_of_other_speech(d: Draft, at: int) -> Mutant:
    """The end of speech names another item than its beginning."""
    return d.put(at, "item_id", "item_no")


@mutation("VAD005", places=lambda d: d.server("input_audio_buffer.speech_stopped"),
          of=("voice-turn", "barge-in", "sim-voice", "sim-pcm", "sim-interrupted"))  # fmt: skip
def slow_end_of_speech(d: Draft, at: int) -> Mutant | None:
    """Voice detection tells of the end of speech three seconds late."""
    return d.later(at, 3.0) if d.get(at, "audio_end_ms") else None


# transcripts


@mutation("TRN001", places=lambda d: d.server(TRANSCRIPT))
def transcript_lost(d: Draft, at: int) -> Mutant | None:
    """The transcript of a turn never comes."""
    item_id = d.get(at, "item_id")
    own = [p for p in range(len(d.bodies)) if d.get(p, "item_id") == item_id and "transcription" in d.bodies[p]["type"]]
    committed = [p for p in d.server("input_audio_buffer.committed") if d.get(p, "item_id") == item_id]
    without = Draft(d.name, d.drop(own).entries)
    longer = without.later(without.ends_at, 20.0)
    return Mutant(longer.entries, frozenset(p + 1 for p in committed))


@mutation("TRN002", places=lambda d: d.server(TRANSCRIPT))
def transcription_failed(d: Draft, at: int) -> Mutant:
    """What the user said could not be transcribed."""
    error = {"type": "transcription_error", "code": "audio_unintelligible", "message": "Could not be transcribed."}
    place = {"item_id": d.get(at, "item_id"), "content_index": 0}
    return d.edit(at, {"type": TRANSCRIPT.replace("completed", "failed"), "event_id": "e", **place, "error": error})


@mutation("TRN004", places=lambda d: d.server(TRANSCRIPT))
def transcript_twice(d: Draft, at: int) -> Mutant:
    """The transcript of a turn comes twice."""
    return d.insert(at + 1, again(d, at))


# interruptions


def _after_speech(d: Draft) -> list[int]:
    """Where the client truncates because the user speaks."""
    started = d.server("input_audio_buffer.speech_started")
    return [at for at in truncations(d) if d.entries[at].t - d.entries[d.before(at, started) or 0].t < 3.0]


@mutation("INT001", places=_after_speech)
def interruption_untold(d: Draft, at: int) -> Mutant:
    """The user interrupts, and the server is not told how much was heard."""
    started = d.before(at, d.server("input_audio_buffer.speech_started"))
    answers = [p for p in d.server("conversation.item.truncated") if d.get(p, "item_id") == d.get(at, "item_id")]
    return d.drop([at, *answers], at=[started or 0])


@mutation("INT002", places=truncations)
def truncated_behind_the_end(d: Draft, at: int) -> Mutant:
    """The client truncates behind the end of the audio."""
    return d.put(at, "audio_end_ms", 99_000)


@mutation("INT003", "ENV012", places=truncations)
def truncated_at_a_fraction(d: Draft, at: int) -> Mutant:
    """The client truncates at a fraction of a millisecond."""
    return d.put(at, "audio_end_ms", 850.25)


@mutation("INT003", "ENV012", places=truncations)
def truncated_before_the_beginning(d: Draft, at: int) -> Mutant:
    """The client truncates before the beginning."""
    return d.put(at, "audio_end_ms", -1)


@mutation("INT005", places=truncations, of=("sim-interrupted",))
def truncated_to_nothing(d: Draft, at: int) -> Mutant | None:
    """The client says that nothing of a long answer was heard."""
    return d.put(at, "audio_end_ms", 0)


@mutation("INT004", places=truncations)
def users_item_truncated(d: Draft, at: int) -> Mutant | None:
    """The client truncates what the user said."""
    own = [p for p in d.server("conversation.item.added", lambda b: b["item"].get("role") == "user") if p < at]
    return d.put(at, "item_id", d.get(own[0], "item.id")) if own else None


@mutation("INT004", places=truncations)
def wrong_part_truncated(d: Draft, at: int) -> Mutant:
    """The client truncates a part that the item does not have."""
    return d.put(at, "content_index", 1)


@mutation("ITM001", places=truncations)
def unknown_item_truncated(d: Draft, at: int) -> Mutant:
    """The client truncates an item that never was."""
    return d.put(at, "item_id", "item_no")


@mutation("INT008", places=truncations)
def output_buffer_cleared(d: Draft, at: int) -> Mutant:
    """The client clears the output buffer of a WebSocket, which has none."""
    return d.insert(at, client("output_audio_buffer.clear"))


@mutation("INT006", places=lambda d: [d.ends_at] if d.server(AUDIO_DELTA) else [], of=("sim-pcm", "voice-turn"))
def assistant_hears_itself(d: Draft, at: int) -> Mutant:
    """Every answer is interrupted as soon as it can be heard."""
    entries = list(d.entries[:at])
    for number in range(4):
        r, a, u = f"resp_e{number}", f"item_e{number}", f"item_u{number}"
        place = {"response_id": r, "item_id": a, "output_index": 0, "content_index": 0}
        body = {"id": r, "status": "cancelled", "status_details": {"reason": "turn_detected"}, "output": []}
        steps: list[tuple[float, Body]] = [
            (0.2, {"type": "response.created", "response": {"id": r, "status": "in_progress"}}),
            (0.2, {"type": AUDIO_DELTA, **place, "delta": _audio(96000)}),
            (0.6, {"type": "input_audio_buffer.speech_started", "item_id": u, "audio_start_ms": 1000}),
            (0.0, {"type": "response.done", "response": body}),
            (0.3, {"type": "input_audio_buffer.speech_stopped", "item_id": u, "audio_end_ms": 1500}),
        ]
        for wait, message in steps:
            entries.append(replace(entries[-1], t=entries[-1].t + wait, side=Side.SERVER, payload=_dumps(message)))
    numbered = [replace(e, n=n, line=n + 1) for n, e in enumerate(entries, 1)]
    return Mutant(numbered)


def _dumps(body: Body) -> bytes:
    return orjson.dumps(body)


# the assistant's audio


def _last_spoken(d: Draft) -> list[int]:
    """Where the last answer that speaks is done, if it plays for a while longer."""
    heard = d.server(AUDIO_DELTA)
    done = d.server("response.done")
    last = d.after(heard[-1], done) if heard else None
    if last is None:
        return []
    first = next(p for p in heard if d.response_at(p) == d.response_at(last))
    size = sum(len(audio_of(d.bodies[p])) for p in heard if d.response_at(p) == d.response_at(last))
    left = d.entries[first].t + size / (48 if d.is_pcm else 8) / 1000 - d.entries[last].t
    return [last] if left > 0.8 else []


@mutation("OUT005", places=_last_spoken, why="closed-before-played")
def closed_before_it_is_played(d: Draft, at: int) -> Mutant:
    """The client closes as soon as the response is done."""
    mutant = d.end(at + 1, seconds=0.05, microphone=False)
    return Mutant(mutant.entries, frozenset({len(mutant.entries) - 1}))


@mutation("OUT001", places=lambda d: [p for p in d.server(AUDIO_DELTA) if _is_heard(d, p)])
def audio_comes_too_late(d: Draft, at: int) -> Mutant:
    """The rest of an answer comes eight seconds late."""
    return d.later(at, 8.0)


def _is_heard(d: Draft, at: int) -> bool:
    before = [p for p in d.server(AUDIO_DELTA) if p < at and d.response_at(p) == d.response_at(at)]
    heard_ms = sum(len(audio_of(d.bodies[p])) for p in before) / (48 if d.is_pcm else 8)
    return heard_ms > 320 and not any(d.get(p, "item_id") == d.get(at, "item_id") for p in truncations(d))


@mutation("OUT006", places=lambda d: d.server(AUDIO_DELTA) if d.is_pcm else [])
def odd_piece_of_output(d: Draft, at: int) -> Mutant:
    """A piece of the assistant's PCM has an odd number of bytes."""
    return d.edit(at, with_audio(d.body(at), audio_of(d.bodies[at])[:-1]))
