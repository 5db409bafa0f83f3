"""A walk through JSON comes to the values that a parser gives, and says where a text ends too early."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats import mapped, read_any
from realtime_inspector.formats.json_pieces import Walk

LEAVES = st.none() | st.booleans() | st.integers(-5, 2**50) | st.text(max_size=6) | st.sampled_from(['"', "\\", "}]"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def walked(walk: Walk) -> Any:
    """Return the value that is walked through, piece by piece."""
    if walk.sees(b"{"):
        return {name: walked(walk) for name in walk.members()}
    if walk.sees(b"["):
        return [walked(walk) for _ in walk.elements()]
    return walk.load()


@given(VALUES, st.sampled_from([0, orjson.OPT_INDENT_2]))
def test_what_is_walked_through_is_what_a_parser_gives(value: Any, form: int) -> None:
    content = b" \n" + orjson.dumps(value, option=form)
    assert walked(Walk(content)) == value
    walk = Walk(content)
    assert (walk.skip(), walk.at) == (2, len(content))


@given(st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=3), st.data())
def test_a_text_that_ends_too_early_is_not_whole(value: dict[str, Any], data: st.DataObject) -> None:
    content = orjson.dumps(value)
    cut = data.draw(st.integers(1, len(content) - 1))
    with pytest.raises(ValueError, match=r"at byte \d+|unexpected|line 1"):
        walked(Walk(content[:cut]))


def test_pages_of_a_mapped_file_are_given_back_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "SMALL_BYTES", 0)
    monkeypatch.setattr(mapped, "_GIVE_BACK_BYTES", 5000)
    path = tmp_path / "list.json"
    path.write_bytes(orjson.dumps([{"n": n} for n in range(5000)]))
    data = mapped.mapped(path)
    for _ in range(2):
        walk = Walk(data)
        assert [walk.load()["n"] for _ in walk.elements()] == [*range(5000)]


def test_a_large_har_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "SMALL_BYTES", 1 << 20)
    data = orjson.dumps({"type": "input_audio_buffer.append", "audio": "A" * 100_000}).decode()
    message = orjson.dumps({"type": "send", "time": 1795341600.25, "opcode": 1, "data": data})
    number = 100
    path = tmp_path / "large.har"
    path.write_bytes(
        b'{"log":{"entries":[{"request":{"url":"wss://h/v1/realtime"},"_webSocketMessages":['
        + b",".join([message] * number)
        + b"]}]}}"
    )
    next(iter(read_any(path)))  # what is imported for it is not counted
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_any(path)) == number + 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < path.stat().st_size / 4
