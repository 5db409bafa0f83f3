from __future__ import annotations

import base64
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.recording.printable import printable as safe
from realtime_inspector.tui import tree


def shown(value: Any, **more: Any) -> str:
    return "\n".join(line.text for line in tree.lines(value, **more))


def test_a_value_is_indented_json() -> None:
    assert shown({"a": [1, True, None], "b": {}, "c": "x"}) == (
        '{\n  "a": [\n    1,\n    true,\n    null\n  ],\n  "b": {},\n  "c": "x"\n}'
    )


def test_base64_is_shown_as_its_length() -> None:
    audio = base64.b64encode(bytes(300)).decode()
    assert shown({"audio": audio, "image_url": f"data:image/png;base64,{audio}"}) == (
        '{\n  "audio": <base64, 300 bytes>,\n  "image_url": <base64 of image/png, 300 bytes>\n}'
    )


def test_a_member_can_be_replaced_in_the_outermost_object_only() -> None:
    assert shown({"audio": "", "x": {"audio": "y"}}, replaced={"audio": "<cut>"}) == (
        '{\n  "audio": <cut>,\n  "x": {\n    "audio": "y"\n  }\n}'
    )


def test_an_id_leads_to_what_it_names() -> None:
    lines = tree.lines({"item_id": "item_1", "x": "item_2"}, lambda name: 7 if name == "item_1" else None)
    assert [line.target for line in lines] == [None, 7, None, None]
    assert "⏎ #7" in lines[1].text


def test_a_long_text_is_clipped() -> None:
    assert "… (+1,000 more)" in shown("é" * (tree.MAX_CHARACTERS + 1000))


def test_depth_is_limited() -> None:
    value: Any = "x"
    for _ in range(200):
        value = [value]
    assert "nested deeper" in shown(value)


def test_the_number_of_lines_is_limited() -> None:
    lines = tree.lines(list(range(10_000)))
    assert len(lines) == tree.MAX_LINES + 1
    assert "left out" in lines[-1].text


def test_control_characters_are_shown_in_names_and_values() -> None:
    assert shown({"\x1b[2J": "a\u202eb"}) == '{\n  "\\e[2J": "a\\u202eb"\n}'


@given(st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)), st.lists, max_leaves=9))
def test_any_value_has_lines_of_printable_text(value: Any) -> None:
    assert all(safe(line.text) == line.text for line in tree.lines(value))


def test_json_within_json_is_written_as_it_was_sent() -> None:
    value = {"arguments": '{"city":"Oslo"}', "path": "a\\nb"}
    assert orjson.loads(shown(value)) == value


def test_a_line_knows_the_way_to_its_field_and_closes_without() -> None:
    value = {"session": {"tools": [{"name": "look"}], "voice": "marin"}}
    ways = [line.about() if line.about else None for line in tree.lines(value, about=repr)]
    assert ways == [
        None,
        "('session',)",
        "('session', 'tools')",
        "('session', 'tools', 0)",
        "('session', 'tools', 0, 'name')",
        None,
        None,
        "('session', 'voice')",
        None,
        None,
    ]
