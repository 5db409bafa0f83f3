from __future__ import annotations

import pytest

from realtime_inspector.analysis import filter as filters
from realtime_inspector.analysis.filter import FilterError
from realtime_inspector.tui import completion

TYPES = ("response.done", "response.created", "error")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ty", ["type:"]),
        ("from:client s", ["severity>="]),
        ("a", ["and"]),
        ("type:", ["type:response.*", "type:error", "type:response.created", "type:response.done"]),
        ("(type:error,response.c", ["type:error,response.created"]),
        ("type:done", ["type:response.done"]),
        ("severity>=e", ["severity>=error"]),
        ("from:", ["from:client", "from:server", "from:proxy"]),
        ("rule:tool", ["rule:TOOL001"]),
        ("bytes>", []),
        ("~x", []),
        ("n:1 @", ["@slow", "@small"]),
        ("(@sl", ["@slow"]),
    ],
)
def test_what_can_stand_at_the_cursor_is_offered(text: str, words: list[str]) -> None:
    assert list(completion.complete(text, len(text), TYPES, ["TOOL001", "TOOL001"], ["small", "slow"]).words) == words


def test_what_stands_behind_the_cursor_stays() -> None:
    offered = completion.complete("not ty from:client", 6, TYPES, ())
    assert (offered.start, offered.words) == (4, ("type:",))


def test_the_mark_stands_beneath_the_mistake_also_behind_wide_letters() -> None:
    with pytest.raises(FilterError) as caught:
        filters.compile("日本 typ:x")
    assert completion.mark(caught.value, len("filter: "), 80).text == " " * len("filter: 1234 ") + "^"
    assert completion.mark(caught.value, 8, 10).text == " " * 9 + "^"
