"""Samples decoded where they are asked for are those of the WAV, bit by bit."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats import wav
from realtime_inspector.formats.excerpt import Excerpt
from realtime_inspector.formats.imported import Imported
from realtime_inspector.formats.sound import SIDES
from realtime_inspector.formats.voices import layout
from realtime_inspector.recording.entry import Side
from tests.formats.recorded import heard, recorded, spoke, tone

CREATED = '< {"type": "response.created", "response": {"id": "r1"}}'
TRUNCATED = (
    '> {"type": "conversation.item.truncate", "item_id": "i1", "content_index": 0, "audio_end_ms": 40}\n'
    '< {"type": "conversation.item.truncated", "item_id": "i1", "content_index": 0, "audio_end_ms": 40}'
)
HEADER_BYTES = 44


def excerpt(recording: Imported, *, only_heard: bool = False) -> Excerpt:
    """Return the sound of a recording, its entries looked up by their numbers."""
    payloads = {entry.n: entry.payload for entry in recording}
    return Excerpt(layout(recording), payloads.__getitem__, heard=only_heard)


def exported(recording: Imported, sides: Sequence[Side], *, only_heard: bool) -> bytes:
    """Return the samples of a WAV."""
    return b"".join(wav.write(recording, sides, heard=only_heard))[HEADER_BYTES:]


def session(kind: str) -> str:
    """Return what says which format the audio of both sides has."""
    both = f'"input": {{"format": {{"type": "audio/{kind}"}}}}, "output": {{"format": {{"type": "audio/{kind}"}}}}'
    return f'< {{"type": "session.created", "session": {{"audio": {{{both}}}}}}}'


_data = st.binary(min_size=1, max_size=1200)
_events = st.one_of(
    st.tuples(st.just("+20ms > "), _data.map(spoke)).map("".join),
    st.tuples(st.sampled_from(["< ", "+300ms < "]), _data.map(lambda data: heard("i1", data))).map("".join),
    st.tuples(st.just("< "), _data.map(lambda data: heard("i2", data, "r2"))).map("".join),
    st.just(TRUNCATED),
)


@given(
    st.lists(_events, min_size=1, max_size=8),
    st.sampled_from(["pcm", "pcmu", "pcma"]),
    st.booleans(),
    st.integers(7, 4000),
)
def test_all_of_it_in_blocks_of_any_size_is_the_wav(lines: list[str], kind: str, only_heard: bool, block: int) -> None:
    recording = recorded("\n".join([session(kind), CREATED, f"< {heard('i0', b'ab', 'r0')}", *lines, "+10ms x"]))
    found = excerpt(recording, only_heard=only_heard)
    for sides in (SIDES, SIDES[:1], SIDES[1:]):
        read = b"".join(found.read(start, min(block, found.end - start), sides) for start in range(0, found.end, block))
        assert read == exported(recording, sides, only_heard=only_heard)


def test_a_sample_whose_halves_came_in_two_pieces_is_whole_wherever_one_begins() -> None:
    recording = recorded(
        f"+0ms {CREATED}\n+1s < {heard('i1', tone(3, 770)[:5])}\n+0ms < {heard('i1', tone(3, 770)[5:])}\n+1s x"
    )
    found = excerpt(recording)
    assert found.read(24000, 3, SIDES[1:]) == tone(3, 770)
    assert found.read(24002, 1, SIDES[1:]) == tone(1, 770)
    assert exported(recording, SIDES[1:], only_heard=False)[48000:48006] == tone(3, 770)


def test_an_entry_leads_to_its_sound_and_what_was_said_to_its_first_word() -> None:
    recording = recorded(f"""
        +0ms {CREATED}
        +0ms < {{"type": "response.output_item.added", "response_id": "r1", "item": {{"id": "i1", "type": "message"}}}}
        +1s < {heard("i1", tone(24000, 5))}
        < {heard("i1", tone(24000, 6))}
        +5s x
    """)
    found = excerpt(recording)
    assert [found.place_of(n) for n in (1, 3, 4)] == [None, 24000, 48000]
    assert found.places.begin_of(2) == 24000
    assert found.places.begin_of(1) is None


def test_a_call_without_sound_is_silent() -> None:
    assert excerpt(recorded('> {"type": "response.create"}\nx')).is_silent
