"""Objects as programs print them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats import literals

SAFE_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | SAFE_TEXT | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SAFE_TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(SAFE_TEXT, VALUES, max_size=5)


def whole(text: str) -> Any:
    reading = literals.read(text, 0)
    assert reading is not None
    assert reading.open_ids == frozenset(), f"ended at {reading.end}: {text[reading.end :]!r}"
    assert reading.end == len(text)
    return reading.value


@given(OBJECTS, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_json_is_read_as_json(value: dict[str, Any], indent: int | str | None, ascii_only: bool) -> None:
    assert whole(json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == value


@given(OBJECTS)
def test_python_is_read_as_python(value: dict[str, Any]) -> None:
    assert whole(repr(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{ type: 'error', error: [Object] }", {"type": "error", "error": None}),
        ("{\n  type: 'a',\n  'a-b': \"b\",\n  list: [ 1, [Array] ]\n}", {"type": "a", "a-b": "b", "list": [1, None]}),
        ("{ list: [ 1, 2, ... 3 more items ], a: undefined }", {"list": [1, 2], "a": None}),
        ("{ s: 'abc'... 900 more characters, b: 1 }", {"s": "abc", "b": 1}),
        ("{ n: 12345678901234567890n, i: -Infinity }", {"n": 12345678901234567890, "i": None}),
        ("{'a': (1, 2), 'b': (), 'c': b'x'}", {"a": [1, 2], "b": [], "c": "x"}),
        ("{'a': <Status.DONE: 'done'>, 'b': <object at 0x7f>}", {"a": "done", "b": None}),
        ("{'a': {...}, 'b': [...], ...}", {"a": {}, "b": []}),
        ("{'a': 'one '\n      'two'}", {"a": "one two"}),
        ("{'t': datetime.datetime(2026, 1, 2, tzinfo=utc)}", None),
        ("{'t': datetime.datetime(2026, 1, 2), 'd': Decimal('1.5')}", {"t": None, "d": "1.5"}),
        ("OrderedDict([('a', 1)])", None),
        ("Event(type='a', e=Error(ok=True), x=[I(id='i')])", {"type": "a", "e": {"ok": True}, "x": [{"id": "i"}]}),
        ("{a: Array(2), b: (2) [{…}, {c: 1}], e: {…}, f: (1,)}", {"a": None, "b": [{}, {"c": 1}], "e": {}, "f": [1]}),
        ('{"type"=>"a", "b"=>nil}', {"type": "a", "b": None}),
        ('{"r" => %{"b" => [%{c: 1}], "e" => %Err{d: "x"}}}', {"r": {"b": [{"c": 1}], "e": {"d": "x"}}}),
        (r"{'a': '\x41\u00e9\U0001F600\n\'\q', 'b': '\ud83d\ude00'}", {"a": "Aé😀\n'q", "b": "😀"}),
        (r"{'lone': '\ud800'}", {"lone": "\ufffd"}),
        ("{1: 'a'}", {"1": "a"}),
        ("{\n  a: null, // <-- null!\n  // b: 1,\n  c: 2 /* two */\n}", {"a": None, "c": 2}),
        ("{\n  'a': 1,  # one\n  # 'b': 1,\n}", {"a": 1}),
        ("{'a': 1,}", {"a": 1}),
        ("{}", {}),
        ("{'a': 1e999, 'b': 1E3}", {"a": None, "b": 1000.0}),
    ],
)  # fmt: skip
def test_each_notation_is_read(text: str, value: Any) -> None:
    if value is None:
        reading = literals.read(text, 0)
        assert reading is None or reading.open_ids
    else:
        assert whole(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"type": "a", "delta": "AAAA', {"type": "a", "delta": "AAAA"}),
        ('{"type": "a", "delta": "AAAA\n{"type": "b"}', {"type": "a", "delta": "AAAA"}),
        ('{"type": "a", "b": {"c": [1, {"d": 2', {"type": "a", "b": {"c": [1, {"d": 2}]}}),
        ('{"type": "a", ...\nReceived: {"type": "b"}', {"type": "a"}),
        ('{"type": "a", "list": [\n{"type": "b"}', {"type": "a", "list": []}),
        ("{ type: 'a', error: {\nReceived: { type: 'b' }", {"type": "a", "error": {}}),
        ('{\n  "type": "a",\nINFO next: {"type": "b"}', {"type": "a"}),
        ('{"type": "a" "b": 1}', {"type": "a"}),
        ('{"type": "a", "role": "assi', {"type": "a"}),
        ('{"type": "a", "transcript": "Hel', {"type": "a", "transcript": "Hel"}),
        ('{"type": "a", it is broken', {"type": "a"}),
    ],
)
def test_what_is_cut_off_gives_what_it_holds(text: str, value: Any) -> None:
    reading = literals.read(text, 0)
    assert reading is not None
    assert id(reading.value) in reading.open_ids
    assert reading.value == value


def test_the_fields_of_a_model_printed_as_a_text_are_read() -> None:
    text = "got id='x' type='a' e=Error(code=None, n=[1]) f=<Kind.A: 'a'>, fatal: True)"
    reading = literals.read_fields(text, 4)
    assert (reading.value, reading.open_ids) == (
        {"id": "x", "type": "a", "e": {"code": None, "n": [1]}, "f": "a"},
        frozenset(),
    )
    assert text[reading.end :] == ", fatal: True)"


def test_fields_that_are_cut_off_give_what_they_hold() -> None:
    reading = literals.read_fields("type='a' e=Error(code='b', message='Au", 0)
    assert reading.value == {"type": "a", "e": {"code": "b", "message": "Au"}}
    assert {id(reading.value), id(reading.value["e"])} == reading.open_ids


def test_laid_out_objects_may_have_lost_their_indentation() -> None:
    assert whole('{\n"type": "a",\n"list": [\n{\n"b": 1\n}\n]\n}') == {"type": "a", "list": [{"b": 1}]}


def test_what_is_deeper_than_events_are_is_not_read() -> None:
    reading = literals.read('{"a":' * 200 + "1" + "}" * 200, 0)
    assert reading is not None
    assert reading.too_deep
    assert literals.read('{"a":' * 60 + "1" + "}" * 60, 0) is not None


@pytest.mark.parametrize("text", ["x", "Foo(bar)", "Foo()", "foo", "1"])
def test_what_is_no_object_is_none(text: str) -> None:
    assert literals.read(text, 0) is None


@given(st.text(st.sampled_from("{}[]()\"'`\\:,=.…<>-+0123456789abNoneTrue \n\t/")), st.sampled_from(["{", "A(a="]))
def test_reading_never_raises_and_always_goes_on(text: str, start: str) -> None:
    reading = literals.read(start + text, 0)
    if reading is not None:
        assert 0 < reading.end <= len(start + text)


@pytest.mark.parametrize("unit", ["'a' ", "1,", "...", "[", "{'a':", "<", "'\\'", "\n", "Foo(a=", "b'"])
def test_a_megabyte_of_anything_is_read_in_linear_time(unit: str) -> None:
    started = time.process_time()
    literals.read("{'a': " + unit * (1_000_000 // len(unit)), 0)
    assert time.process_time() - started < 30  # a quadratic search takes hours
