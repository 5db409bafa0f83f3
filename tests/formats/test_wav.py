"""The sound of a call: what stands where on the time axis, read back by Python's own `wave`."""

from __future__ import annotations

import io
import wave
from array import array
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.errors import UsageError
from realtime_inspector.formats import sound, voices, wav
from realtime_inspector.formats.imported import Imported
from realtime_inspector.recording.entry import Side
from tests.formats.recorded import heard, recorded, said, spoke, tone
from tests.streams import LIVE, TRANSLATION

G711 = '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}, "output": ' \
       '{"format": {"type": "audio/pcmu"}}}}}'  # fmt: skip
CREATED = '< {"type": "response.created", "response": {"id": "r1"}}'


def samples(recording: Imported, **options: object) -> tuple[list[array[int]], int]:
    """Return the channels of a WAV, and its rate."""
    with wave.open(io.BytesIO(b"".join(wav.write(recording, **options)))) as file:  # type: ignore[arg-type]
        assert file.getsampwidth() == 2
        frames = array("h", file.readframes(file.getnframes()))
        assert len(frames) == file.getnframes() * file.getnchannels()
        return [frames[at :: file.getnchannels()] for at in range(file.getnchannels())], file.getframerate()


def test_each_side_stands_bit_by_bit_where_it_was() -> None:
    recording = recorded(f"""
        +1s > {spoke(tone(2400, 7))}
        +1s < {heard("i1", tone(4800, 9))}
        +1s x
    """)
    (left, right), rate = samples(recording)
    assert (rate, len(left), len(right)) == (24000, 72000, 72000)
    assert [left.index(7), left.count(7), right.index(9), right.count(9)] == [24000 - 2400, 2400, 48000, 4800]
    assert set(left) | set(right) == {0, 7, 9}


def test_it_is_as_long_as_the_recording_to_one_sample() -> None:
    (left, _), _ = samples(recorded(f"+20ms > {spoke(tone(480, 3))}\n+1234.567ms x"))
    assert len(left) == round((0.02 + 1.234567) * 24000)


def test_the_assistant_goes_on_after_the_end_unless_only_what_was_heard_is_wanted() -> None:
    recording = recorded(f"+1s < {heard('i1', tone(24000, 5))}\n+500ms x")
    (_, whole), _ = samples(recording)
    (_, cut), _ = samples(recording, heard=True)
    assert (whole.count(5), cut.count(5), len(cut)) == (24000, 12000, 36000)


def test_a_truncated_item_ends_where_the_next_begins_and_was_heard_as_far_as_the_client_says() -> None:
    recording = recorded(f"""
        {CREATED}
        +1s < {heard("i1", tone(24000 * 3, 5))}
        +500ms > {{"type": "conversation.item.truncate", "item_id": "i1", "content_index": 0, "audio_end_ms": 400}}
        +1s < {heard("i2", tone(2400, 6), "r2")}
        +3s x
    """)
    (_, right), _ = samples(recording)
    second = right.index(6)
    assert second == round(2.501 * 24000)
    assert right[:second].count(5) == second - right.index(5)
    (_, only), _ = samples(recording, heard=True)
    assert (only.count(5), only.count(6)) == (9600, 2400)


def test_what_was_not_cut_plays_on_and_the_next_item_waits() -> None:
    (_, right), _ = samples(recorded(f"+1s < {heard('i1', tone(24000, 5))}\n< {heard('i2', tone(24000, 6))}\n+3s x"))
    assert right.index(6) == 48000
    assert (right.count(5), right.count(6)) == (24000, 24000)


def test_a_late_piece_leaves_a_silence_on_both_sides() -> None:
    (left, right), _ = samples(recorded(f"""
        +1s > {spoke(tone(2400, 7))}
        +900ms > {spoke(tone(2400, 8))}
        +100ms < {heard("i1", tone(2400, 5))}
        +1s < {heard("i1", tone(2400, 6))}
        x
    """))  # fmt: skip
    assert left.index(8) == round((1.9 - 0.1) * 24000)
    assert (right.index(5), right.index(6)) == (48000, 72000)


def test_pieces_that_come_a_little_late_follow_each_other() -> None:
    pieces = "\n".join(f"+{wait}ms > {spoke(tone(480, 7))}" for wait in (20, 90, 5, 5, 40))
    (left, _), _ = samples(recorded(pieces + "\n+1s x"))
    first = left.index(7)
    assert set(left[first : first + 5 * 480]) == {7}


def test_half_a_sample_waits_for_its_other_half() -> None:
    data = tone(100, 0x1234)
    lines = [f"> {spoke(data[:33])}", f"> {spoke(data[33:66])}", f"> {spoke(data[66:])}", "+1s x"]
    (left, _), _ = samples(recorded("\n".join(lines)))
    assert left.count(0x1234) == 100


def test_g711_is_decoded_at_its_own_rate() -> None:
    (left, right), rate = samples(recorded(f"{G711}\n+1s > {spoke(bytes([0x80]) * 800)}\n< {heard('i', b'*' * 80)}\nx"))
    assert (rate, left.count(32124), len(set(right) - {0})) == (8000, 800, 1)


def test_two_rates_are_brought_to_the_higher_one() -> None:
    recording = recorded(f"""
        < {{"type": "session.created", "session": {{"audio": {{"input": {{"format": {{"type": "audio/pcmu"}}}}}}}}}}
        +1s > {spoke(bytes([0x80]) * 800)}
        < {heard("i1", tone(240, 5))}
        x
    """)
    (left, right), rate = samples(recording)
    assert (rate, left.count(32124), right.count(5)) == (24000, 2400, 240)


def test_a_step_between_two_rates_is_in_proportion() -> None:
    assert list(sound.resampled(array("h", [0, 300]), 8000, 24000)) == [0, 100, 200, 300, 300, 300]
    assert list(sound.resampled(array("h", [0, 30, 60, 90]), 16000, 24000)) == [0, 20, 40, 60, 80, 90]


def test_one_side_is_mono() -> None:
    recording = recorded(f"+1s > {spoke(tone(2400, 7))}\n< {heard('i1', tone(2400, 5))}\n+1s x")
    (only,), _ = samples(recording, sides=(Side.SERVER,))
    assert (only.count(5), only.count(7)) == (2400, 0)


USER = '{"id": "u2", "type": "message", "role": "user", "content": []}'
SPEECH = "\n".join([f"+200ms > {spoke(tone(4800, 7))}"] * 5)
TWO_TURNS = f"""
    {SPEECH}
    < {{"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 500}}
    < {{"type": "input_audio_buffer.committed", "item_id": "u1"}}
    {CREATED}
    < {{"type": "response.output_item.added", "response_id": "r1", "item": {{"id": "i1", "type": "message"}}}}
    < {heard("i1", tone(2400, 5))}
    +3s > {{"type": "conversation.item.create", "item": {USER}}}
    < {{"type": "conversation.item.added", "item": {USER}}}
    < {{"type": "response.created", "response": {{"id": "r2"}}}}
    < {heard("i2", tone(4800, 6), "r2")}
    +1s x
"""


def test_a_turn_begins_with_its_first_word_and_ends_with_the_next_turn() -> None:
    recording = recorded(TWO_TURNS)
    (left, right), _ = samples(recording, turn=1)
    assert (left.index(7), left.count(7), right.count(5), right.count(6)) == (0, 12000, 2400, 0)
    (left, right), _ = samples(recording, turn=2)
    assert (left.count(7), right.count(5), right.count(6)) == (0, 0, 4800)


def test_a_turn_that_is_not_there_is_told_with_how_many_there_are() -> None:
    with pytest.raises(UsageError, match="no turn 9: it has 2"):
        samples(recorded(TWO_TURNS), turn=9)


def test_a_recording_without_sound_says_what_to_do_instead() -> None:
    with pytest.raises(UsageError, match=r"call.jsonl: no audio in it; `export --to markdown`"):
        samples(recorded('> {"type": "response.create"}\nx'))


def without_audio() -> Imported:
    recording = recorded(f"+1s > {spoke(b'')}\n+1s x")
    first, *rest = recording.entries
    recording.entries = [replace(first, members={"audio": {"audio": {"bytes": 4800}}}), *rest]
    return recording


def test_audio_that_was_left_out_is_silence_of_its_length() -> None:
    recording = without_audio()
    with sound.of(recording) as found:
        assert found.missing == (Side.CLIENT,)
        assert found.layout.user[0].samples == 2400
        assert set(b"".join(found.blocks(Side.CLIENT))) == {0}


def test_more_than_a_wav_can_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="more than a WAV can hold"):
        wav.header(2**31, 24000, 2)


def test_times_that_no_call_has_make_no_sound() -> None:
    recording = recorded(f"> {spoke(tone(10, 7))}\n+90000s > {spoke(tone(10, 7))}\nx")
    with pytest.raises(UsageError, match=r"call.jsonl: its times span 25 hours, for more than 24 there is no sound"):
        samples(recording)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 300), st.integers(0, 400)), min_size=1, max_size=12))
def test_no_sample_is_lost_however_audio_is_cut(sent: list[tuple[bool, int, int]]) -> None:
    lines = [f"+{wait + 1}ms " + (f"> {spoke(tone(n, 7))}" if user else f"< {heard('i1', tone(n, 5))}")
             for user, n, wait in sent]  # fmt: skip
    (left, right), _ = samples(recorded("\n".join([*lines, "x"])))
    assert left.count(7) == sum(n for user, n, _ in sent if user)
    assert right.count(5) == sum(n for user, n, _ in sent if not user)


def test_a_cancelled_answer_does_not_hold_up_the_next() -> None:
    recording = recorded(f"""
        {CREATED}
        < {{"type": "response.output_item.added", "response_id": "r1", "item": {{"id": "i1", "type": "message"}}}}
        < {heard("i1", tone(48000, 5))}
        < {{"type": "response.done", "response": {{"id": "r1", "status": "cancelled"}}}}
        +1s < {heard("i2", tone(2400, 6), "r2")}
        +2s x
    """)
    found = voices.layout(recording)
    assert [found.seconds(voice.start) for voice in found.voices.values()] == [0.003, 1.004]
    assert found.voices["i1"].heard == found.voices["i2"].start


def test_what_is_silent_because_it_was_left_out_is_told_after_the_sound() -> None:
    recording = without_audio()
    (left, _), _ = samples(recording)
    assert set(left) == {0}
    assert [problem.message for problem in recording.problems] == [
        "call.jsonl: it leaves audio of the client out: silence stands for it"]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=200)), min_size=1, max_size=6),
    st.integers(20_000, 999_999),
)
def test_left_and_right_are_the_payloads_in_their_places_and_nothing_else(
    sent: list[tuple[bool, bytes]], rest_us: int
) -> None:
    lines = []
    length = round((len(sent) * 0.5 + rest_us / 1e6) * 24000)
    channels = {True: bytearray(2 * length), False: bytearray(2 * length)}
    for place, (user, data) in enumerate(sent, 1):
        audio = data * 2  # whole samples
        lines.append("+500ms " + (f"> {spoke(audio)}" if user else f"< {heard('i1', audio)}"))
        begin = place * 12000 * 2 - (len(audio) if user else 0)  # the user's ends when it arrived
        channels[user][begin : begin + len(audio)] = audio

    (left, right), rate = samples(recorded("\n".join([*lines, f"+{rest_us / 1000:.3f}ms x"])))

    assert (rate, len(left)) == (24000, length)
    assert [left.tobytes(), right.tobytes()] == [bytes(channels[True]), bytes(channels[False])]


@pytest.mark.parametrize(
    ("opened", "append"), [(TRANSLATION, "session.input_audio_buffer.append"), (LIVE, "session.input_audio.append")]
)
def test_a_session_without_turns_has_both_voices_in_their_places(opened: str, append: str) -> None:
    recording = recorded(f"""
        {opened}
        +1s > {{"type": "{append}", "audio": "{said(tone(2400, 7))}"}}
        +1s < {{"type": "session.output_audio.delta", "delta": "{said(tone(4800, 9))}"}}
        +1s x
    """)
    (left, right), rate = samples(recording)
    opened_s = list(recording)[-4].t
    assert (left.count(7), right.count(9)) == (2400, 4800)
    assert (left.index(7), right.index(9)) == (round((opened_s + 0.9) * rate), round((opened_s + 2) * rate))
