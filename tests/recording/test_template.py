"""A line is told by what it shares with one that was read, and by nothing less."""

from __future__ import annotations

from base64 import b64encode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.recording.template import Template, joined, template

WORDS = (
    b'{"n":7,"t":1.500000,"from":"server","kind":"message","event":{"type":"response.output_text.delta",'
    b'"event_id":"e1","response_id":"r1","item_id":"i1","output_index":0,"delta":"so \\"far\\"","obfuscation":"xy"}}\n'
)
SOUND = (
    b'{"n":8,"t":2.000000,"from":"client","kind":"message","event":{"type":"append","event_id":"c1","audio":"AAAA"}}\n'
)
HOLES = {"event_id": False, "obfuscation": False}


def words() -> Template:
    made = template(WORDS, HOLES, "delta", is_long=False)
    assert made is not None
    return made


def test_a_line_is_cut_into_what_is_asked_for() -> None:
    made = words()
    found = joined([made]).match(WORDS)
    assert found is not None
    assert found.end() == len(WORDS)
    assert found.lastindex == 2 + made.groups
    assert (found[1], found[2], found[2 + made.kept["delta"]]) == (b"7", b"1.500000", b'so \\"far\\"')
    assert [found[2 + key] for key in made.keys] == [b'r1","item_id":"i1","output_index":0']
    assert orjson.loads(made.line)["event"]["delta"] == orjson.loads(made.line)["event"]["event_id"] == ""


def test_lines_of_other_streams_have_other_keys_and_lines_of_other_layouts_do_not_fit() -> None:
    made = words()
    told = joined([made])
    other = told.match(WORDS.replace(b'"i1"', b'"i2"'))
    assert other is not None
    assert other[2 + made.keys[0]] == b'r1","item_id":"i2","output_index":0'
    for old, new in (
        (b"server", b"client"),
        (b"text", b"txt"),
        (b'":0', b'":"0"'),
        (b'"e1"', b'"\\u0065"'),
        (b"}}", b"}]"),
    ):
        assert told.match(WORDS.replace(old, new, 1)) is None


def test_a_long_piece_is_left_to_be_looked_for_and_layouts_are_told_apart() -> None:
    sound = template(SOUND, {"event_id": True}, "audio", is_long=True)
    assert sound is not None
    made = words()
    found = joined([made, sound]).match(SOUND)
    assert found is not None
    assert found.lastindex == 2 + made.groups + sound.groups
    assert SOUND[found.end() :] == b"AAAA" + sound.after
    assert found[2 + made.groups + sound.kept["event_id"]] == b"c1"


def test_what_differs_behind_a_long_piece_is_told_too_but_no_stream_by_it() -> None:
    line = SOUND.replace(b'"event_id":"c1",', b"").replace(b'"AAAA"', b'"AAAA","event_id":"c1"')
    made = template(line, HOLES, "audio", is_long=True)
    assert made is not None
    assert (made.after, made.kept) == (b'","event_id":"', {})
    assert made.tail.endswith(rb'"\}\}' + b"\\\n")
    assert template(line, {}, "audio", is_long=True) is None


@pytest.mark.parametrize("line", [
    WORDS[:-1],
    WORDS.replace(b'{"n":7', b'{ "n":7'),
    WORDS.replace(b"1.500000", b"1.5"),
    WORDS.replace(b'"i1"', b'"i\\t"'),
    WORDS.replace(b'"output_index":0', b'"more":{"delta":"x"}'),
])  # fmt: skip
def test_no_template_is_made_where_the_layout_is_not_certain(line: bytes) -> None:
    assert template(line, HOLES, "delta", is_long=False) is None


@given(st.binary(max_size=12), st.text(max_size=8))
def test_a_line_that_fits_says_what_it_is_cut_into(sound: bytes, word: str) -> None:
    audio = b64encode(sound)
    made = template(SOUND.replace(b"AAAA", audio), {"event_id": True}, "audio", is_long=True)
    assert made is not None
    text = template(WORDS.replace(b'"so \\"far\\""', orjson.dumps(word)), HOLES, "delta", is_long=False)
    assert text is not None
    found = joined([text]).match(WORDS)
    assert found is not None
    assert orjson.loads(b'"' + found[2 + text.kept["delta"]] + b'"') == 'so "far"'
