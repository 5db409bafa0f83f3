"""JSON of a peer, taken as what it should be."""

from __future__ import annotations

import pytest

from realtime_inspector.protocol.realtime.values import json_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (' {"city": "Oslo"}', {"city": "Oslo"}),
        ("[1]", [1]),
        ("{}", {}),
        ('{"city": ', None),
        ("5", None),
        ('"{}"', None),
        ("", None),
        ('{"a":' * 500 + "1" + "}" * 500, None),
    ],
)
def test_a_text_holds_an_object_an_array_or_nothing(text: str, value: object) -> None:
    assert json_in(text) == value
