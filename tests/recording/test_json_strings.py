from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.recording.json_strings import find

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values), st.booleans())
def test_every_string_is_found_where_it_stands(value: dict[str, object], indent: bool) -> None:
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else 0).decode()
    found = find(text)
    assert found is not None
    for each in found:
        assert text[each.start : each.end] == (each.value if each.number else orjson.dumps(each.value).decode())
    assert [each.value for each in found if not each.number] == list(strings(value))


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    if isinstance(value, dict):
        return [text for name, item in value.items() for text in (name, *strings(item))]
    return []


def test_a_path_reads_as_people_write_it() -> None:
    found = find('{"session":{"tools":[1,{"headers":{"X-A":"v"}},"w"]}}') or []
    assert [each.name for each in found if not each.is_key] == [
        "session.tools[0]",
        "session.tools[1].headers.X-A",
        "session.tools[2]",
    ]


@pytest.mark.parametrize("text", ["", "text", '"a string"', "12", "{", '{"a":}', "[1,"])
def test_what_is_no_object_or_array_has_none(text: str) -> None:
    assert find(text) is None
