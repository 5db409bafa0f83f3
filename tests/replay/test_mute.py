"""Voices taken out of audio: the same length, the same pieces, and nothing of what was said."""

from __future__ import annotations

from base64 import b64decode, b64encode
from itertools import pairwise
from typing import Any

import orjson
import pytest

from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.sounds import sound
from realtime_inspector.replay.mute import Mute, Sound

SPEECH = "<400ms speech>"


def session(form: str) -> str:
    """Return the beginning of a session in a format of audio."""
    kind = {"format": {"type": form}}
    event = {"type": "session.created", "session": {"audio": {"input": kind, "output": kind}}}
    return f"< {orjson.dumps(event).decode()}\n"


def muted(text: str, inward: Sound, outward: Sound = Sound.KEEP) -> tuple[list[Entry], Mute]:
    """Return a transcript's entries, muted."""
    mute = Mute(inward, outward)
    return list(map(mute, transcript.entries(text))), mute


def audio(entry: Entry, name: str = "audio") -> bytes:
    """Return the audio of a message."""
    return b64decode(orjson.loads(entry.payload)[name])


def test_silence_is_as_long_as_what_was_said() -> None:
    (made, other), mute = muted(
        '> {"type": "input_audio_buffer.append",  "audio": "<400ms speech>"}\n'
        '< {"type": "response.output_audio.delta", "delta": "<100ms speech>"}\n',
        Sound.SILENCE,
    )
    assert audio(made) == bytes(400 * 48)
    assert made.payload.startswith(b'{"type": "input_audio_buffer.append",  "audio": "')
    assert audio(other, "delta") == sound("speech", 100 * 48)
    assert (mute.muted_ms[Side.CLIENT], mute.muted_ms[Side.SERVER]) == (400, 0)


@pytest.mark.parametrize(("form", "quiet"), [("audio/pcmu", b"\xff"), ("audio/pcma", b"\xd5")])
def test_silence_and_tone_are_of_the_session_s_format(form: str, quiet: bytes) -> None:
    spoken = b64encode(sound("speech-mu-law", 8000)).decode()
    text = session(form) + f'< {{"type": "response.output_audio.delta", "delta": "{spoken}"}}'
    (_, silent), _ = muted(text, Sound.KEEP, Sound.SILENCE)
    assert audio(silent, "delta") == quiet * 8000
    (_, tone), _ = muted(text, Sound.KEEP, Sound.TONE)
    heard = audio(tone, "delta")
    assert len(heard) == 8000
    assert len(set(heard)) > 20
    assert heard[1000:1200] == heard[1200:1400]


def test_a_tone_sounds_where_somebody_spoke_and_goes_on_across_pieces_cut_within_a_sample() -> None:
    spoken = bytes(9600) + sound("noise", 48000)[:19201] + bytes(4799)
    cuts = (0, 9601, 12345, 20000, len(spoken))
    pieces = [spoken[start:end] for start, end in pairwise(cuts)]
    events = [{"type": "input_audio_buffer.append", "audio": b64encode(piece).decode()} for piece in pieces]
    entries = [Entry(1, 0.0, Side.CLIENT, Kind.MESSAGE, orjson.dumps(event)) for event in events]
    mute = Mute(Sound.TONE)
    made = [audio(mute(entry)) for entry in entries]
    assert [len(piece) for piece in made] == [len(piece) for piece in pieces]
    whole = b"".join(made)
    assert not any(whole[:9600])
    loud = whole[10080:18000]
    assert any(loud)
    assert loud[: len(loud) - 1200] == loud[1200:]  # it repeats: whole periods of one tone, in phase
    again = Mute(Sound.TONE)
    assert [audio(again(entry)) for entry in map(Mute(Sound.TONE), entries)] == made


def test_audio_within_items_is_muted_by_whose_it_is() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "input_audio", "audio": b64encode(sound("speech", 960)).decode(), "transcript": "audio"},
        {"type": "output_audio", "audio": b64encode(sound("speech", 480)).decode()},
    ]
    event = {"type": "conversation.item.retrieved", "item": {"id": "i", "content": parts}}
    entry = Entry(1, 0.0, Side.SERVER, Kind.MESSAGE, orjson.dumps(event))
    user, assistant = orjson.loads(Mute(Sound.SILENCE)(entry).payload)["item"]["content"]
    assert b64decode(user["audio"]) == bytes(960)
    assert assistant == parts[1]
    assert user["transcript"] == "audio"


def test_what_is_no_base64_is_muted_too_and_what_is_no_audio_is_left_alone() -> None:
    text = (
        '> {"type": "input_audio_buffer.append", "audio": "data:audio/wav;base64,UklGRg"}\n'
        '< {"type": "response.output_audio_transcript.delta", "delta": "hello"}\n'
        '> {"type": "session.update", "session": {"audio": {"input": {}}}}\n'
        '> no JSON, "audio"\n'
        "b> AAEC\n"
    )
    made, mute = muted(text, Sound.TONE, Sound.TONE)
    plain = transcript.entries(text)
    assert set(audio(made[0])) == {0}
    assert [one == other for one, other in zip(made, plain, strict=True)] == [False, True, True, True, False]
    assert made[4].payload == bytes(3)
    assert mute.muted_ms[Side.CLIENT] > 0


def test_nothing_is_changed_where_all_is_kept() -> None:
    entry = transcript.entries('> {"type": "input_audio_buffer.append", "audio": "<400ms speech>"}')[0]
    assert Mute()(entry) is entry
