"""Captions: what is shown when."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from realtime_inspector.formats import captions
from realtime_inspector.recording.entry import Side
from tests.formats.recorded import heard, recorded, spoke, tone

ITEM = '{{"type": "conversation.item.added", "item": {{"id": "{0}", "type": "message", "role": "{1}", "content": []}}}}'
SPEECH = "\n".join([f"+200ms > {spoke(tone(4800, 7))}"] * 10)
CALL = recorded(f"""
    {SPEECH}
    < {{"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 1000}}
    < {{"type": "input_audio_buffer.committed", "item_id": "u1"}}
    < {ITEM.format("u1", "user")}
    < {{"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "How <far>?"}}
    < {{"type": "response.created", "response": {{"id": "r1"}}}}
    < {{"type": "response.output_item.added", "response_id": "r1",
        "item": {{"id": "i1", "type": "message", "role": "assistant"}}}}
    +994ms < {heard("i1", tone(96000, 5))}
    < {{"type": "response.output_audio_transcript.done", "response_id": "r1", "item_id": "i1", "content_index": 0,
        "transcript": "It is five miles. Take the left road."}}
    +1s > {{"type": "conversation.item.truncate", "item_id": "i1", "content_index": 0, "audio_end_ms": 2200}}
    +9s x
""".replace(",\n        ", ", "))  # fmt: skip


def test_words_stand_at_their_sound_and_only_what_was_heard() -> None:
    assert "\n".join(captions.vtt(CALL)) == (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:02.000\n<v User>How &lt;far&gt;?</v>\n\n"
        "00:00:03.000 --> 00:00:04.968\n<v Assistant>It is five miles.</v>\n\n"
        "00:00:04.968 --> 00:00:05.200\n<v Assistant>Ta</v>"
    )


def test_srt_says_who_speaks_before_the_words() -> None:
    lines = list(captions.srt(CALL))
    assert lines[:4] == ["1", "00:00:01,000 --> 00:00:02,000", "User: How <far>?", ""]
    assert len(lines) == 12


def test_one_side_or_one_turn() -> None:
    assert not any("User" in line for line in captions.vtt(CALL, (Side.SERVER,)))
    assert next(line for line in captions.vtt(CALL, turn=1) if "-->" in line).startswith("00:00:00.000")
    with pytest.raises(LookupError, match="no turn 2: it has 1"):
        list(captions.vtt(CALL, turn=2))


def test_no_line_of_a_peer_can_pass_for_a_cue() -> None:
    text = "one --> two\\n\\n00:00:00.000 --> 09:00:00.000\\n\\u001b[31mX"
    call = recorded(f"""
        < {{"type": "response.created", "response": {{"id": "r1"}}}}
        < {{"type": "response.output_item.added", "response_id": "r1", "item": {{"id": "i1", "type": "message"}}}}
        < {{"type": "response.output_text.done", "response_id": "r1", "item_id": "i1", "text": "{text}"}}
        x
    """)
    shown = "\n".join(captions.vtt(call))
    assert len(re.findall("-->", shown)) == 1
    assert "\x1b" not in shown
    assert sum("-->" in line for line in captions.srt(call)) == 1


def test_a_long_answer_is_cut_into_pieces_that_fill_its_time() -> None:
    found = list(captions._spread("word " * 100, Side.SERVER, 1.0, 11.0))
    assert max(len(cue.text) for cue in found) <= captions.WIDTH
    assert (found[0].start, round(found[-1].end, 6)) == (1.0, 11.0)
    assert all(a.end == b.start for a, b in pairwise(found))
