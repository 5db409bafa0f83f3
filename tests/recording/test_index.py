from __future__ import annotations

import errno
import io
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_inspector.errors import NotAnEntry, RecordingError, UnknownVersion
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.index import UNREADABLE, Index, Label

HEADER = jsonl.dump_header(Header("r1", "2026-11-22T11:10:03.000000Z"))
CALL = """
    > GET /v1/realtime?model=m
    < 101
    < {"type":"session.created","event_id":"e1","session":{"id":"s1"}}
    +20ms > {"event_id":"c1","type":"session.update","session":{"type":"realtime"}}
    > {"type": "input_audio_buffer.append", "audio": "<10ms>"}
    < {"type":"response.output_audio.delta","item_id":"i1","delta":"AAAA"}
    > {"item":{"type":"message"},"type":"conversation.item.create"}
    > not json
    > [1,2]
    x> 1000 bye
    x
"""


def write(folder: Path, *lines: bytes, name: str = "call.jsonl") -> Path:
    path = folder / name
    path.write_bytes(HEADER + b"".join(lines))
    return path


def lines(text: str) -> list[bytes]:
    return [jsonl.dump(entry) for entry in transcript.entries(text)]


OPENED: list[Index] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def whole(path: Path, slice_bytes: int = 4 << 20) -> Index:
    index = Index(path)
    OPENED.append(index)
    while not index.advance(slice_bytes):
        pass
    return index


@pytest.fixture
def call(tmp_path: Path) -> Index:
    return whole(write(tmp_path, *lines(CALL)))


def test_every_line_is_there_with_its_time_and_its_entry(call: Index) -> None:
    expected = transcript.entries(CALL)
    assert [call.entry(position) for position in range(len(call))] == expected
    assert list(call.times) == [entry.t for entry in expected]


def test_the_type_is_the_payloads_own_wherever_it_stands(call: Index) -> None:
    assert [call.label(position).type for position in range(len(call))] == [
        "",
        "",
        "session.created",
        "session.update",
        "input_audio_buffer.append",
        "response.output_audio.delta",
        "conversation.item.create",
        "",
        "",
        "",
        "",
    ]


def test_a_piece_of_a_stream_names_its_item_and_the_length_of_its_text(call: Index) -> None:
    assert call.label(5) == Label(Side.SERVER, Kind.MESSAGE, "response.output_audio.delta", "i1")
    assert [call.label(position).streamed for position in (4, 5, 6)] == [True, True, False]
    assert (call.chunks[4] * 3 // 4, call.chunks[5] * 3 // 4) == (480, 3)


def test_the_size_is_the_payloads(call: Index) -> None:
    assert list(call.sizes) == [len(entry.payload) for entry in transcript.entries(CALL)]


def test_the_header_and_the_end_are_known(call: Index) -> None:
    assert call.header is not None
    assert call.header.id == "r1"
    assert call.ended


def test_audio_padding_is_left_out_of_a_chunk_whatever_the_order_of_the_members(tmp_path: Path) -> None:
    index = whole(
        write(
            tmp_path,
            *lines("""
            > {"type":"input_audio_buffer.append","audio":"AAAAAA=="}
            > {"audio":"AAAAAA==","type":"input_audio_buffer.append"}
            """),
        )
    )
    assert [chunk * 3 // 4 for chunk in index.chunks] == [4, 4]
    assert index.label(0) == index.label(1)


def test_slices_of_any_size_give_the_same_index(tmp_path: Path, call: Index) -> None:
    for slice_bytes in (1, 7, 64, 300):
        index = whole(write(tmp_path, *lines(CALL), name=f"{slice_bytes}.jsonl"), slice_bytes)
        assert (index.offsets, index.times, index.sizes) == (call.offsets, call.times, call.sizes)
        assert [index.label(n) for n in range(len(index))] == [call.label(n) for n in range(len(call))]


def test_what_is_not_an_entry_keeps_its_place(tmp_path: Path) -> None:
    first, last = lines('> {"type":"a"}\n< {"type":"b"}')
    index = whole(write(tmp_path, first, b"rubbish\n", b"\n", last))
    assert [index.label(n) == UNREADABLE for n in range(4)] == [False, True, True, False]
    assert index.entry(3).line == 5
    with pytest.raises(NotAnEntry):
        index.entry(1)


def test_a_torn_last_line_is_no_entry_until_it_is_whole(tmp_path: Path) -> None:
    first, last = lines('> {"type":"a","x":{"y":{}}}\n< {"type":"b","x":{"y":{}}}')
    path = write(tmp_path, first, last[:-3])
    index = whole(path)
    assert (len(index), index.torn_bytes) == (1, len(last) - 3)
    with path.open("ab") as file:
        file.write(last[-3:])
    assert index.advance()
    assert (len(index), index.torn_bytes) == (2, 0)
    assert index.entry(1).payload == b'{"type":"b","x":{"y":{}}}'


def test_a_last_line_without_a_line_break_is_an_entry_once(tmp_path: Path) -> None:
    first, second, third = lines('> {"type":"a"}\n< {"type":"b"}\n< {"type":"c"}')
    path = write(tmp_path, first, second.rstrip())
    index = whole(path)
    assert len(index) == 2
    with path.open("ab") as file:
        file.write(b"\n")
    assert index.advance()
    assert len(index) == 2
    with path.open("ab") as file:
        file.write(third)
    assert index.advance()
    assert [index.entry(n).payload for n in range(3)] == [b'{"type":"a"}', b'{"type":"b"}', b'{"type":"c"}']


def test_a_growing_file_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    path = write(tmp_path)
    index = whole(path)
    assert (len(index), index.ended) == (0, False)
    for count, line in enumerate(lines(CALL), 1):
        with path.open("ab") as file:
            file.write(line)
        assert index.advance()
        assert len(index) == count
    assert index.ended


def test_a_file_that_is_still_empty_has_no_header(tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"
    path.touch()
    index = whole(path)
    assert (index.header, len(index)) == (None, 0)


def test_lines_are_read_in_blocks_as_they_stand(tmp_path: Path) -> None:
    written = lines(CALL)
    index = whole(write(tmp_path, *written))
    assert list(index.lines(0, len(index))) == written
    assert list(index.lines(3, 5)) == written[3:5]
    assert list(index.lines(4, 4)) == []


def test_a_compressed_recording_is_indexed_like_a_plain_one(tmp_path: Path, call: Index) -> None:
    path = tmp_path / "call.jsonl.zst"
    path.write_bytes(zstd.compress(HEADER + b"".join(lines(CALL))))
    index = whole(path, 50)
    assert [index.entry(n) for n in range(len(index))] == [call.entry(n) for n in range(len(call))]
    assert index.progress == 1


def test_a_compressed_recording_that_finds_no_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.RawIOBase):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            return 0

        def write(self, data: object, /) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "call.jsonl.zst"
    path.write_bytes(zstd.compress(HEADER + b"".join(lines(CALL))))
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(RecordingError, match=r"cannot be inflated .*No space left on device.*TMPDIR"):
        whole(path)


def test_a_growing_compressed_recording_is_followed_frame_by_frame(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl.zst"
    path.write_bytes(zstd.compress(HEADER))
    index = whole(path)
    for count, line in enumerate(lines(CALL), 1):
        with path.open("ab") as file:
            file.write(zstd.compress(line))
        while not index.advance():
            pass
        assert len(index) == count


def test_a_damaged_compressed_recording_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl.zst"
    path.write_bytes(zstd.compress(HEADER + b"".join(lines(CALL))) + b"no zstd at all")
    index = whole(path)
    assert len(index) == len(lines(CALL))
    assert "not readable any further" in index.problem


def test_a_line_that_is_too_long_is_one_unreadable_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 200)
    first, last = lines('> {"type":"a"}\n< {"type":"b"}')
    index = whole(write(tmp_path, first, b"x" * 5000 + b"\n", last), 50)
    assert [index.label(n).type for n in range(len(index))] == ["a", "", "b"]
    assert index.label(1) == UNREADABLE
    assert len(index.line(1)) == 200


def test_a_file_that_is_no_recording_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"type":"a"}\n')
    with pytest.raises(NotAnEntry, match=r"x\.jsonl:1: not a recording's header"):
        whole(path)


def test_a_newer_format_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(jsonl.dump_header(Header("r", "2026-11-22T11:10:03.000000Z", version=99)))
    with pytest.raises(UnknownVersion, match="newer than"):
        whole(path)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        Index(tmp_path / "none.jsonl")


def test_a_file_that_was_cut_while_open_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, *lines(CALL))
    index = whole(path)
    path.write_bytes(HEADER)
    with pytest.raises(RecordingError, match="cut or replaced"):
        index.advance()


def test_a_file_in_whose_place_another_was_put_is_told(tmp_path: Path) -> None:
    index = whole(write(tmp_path, *lines(CALL)))
    write(tmp_path, *lines(CALL), name="other").rename(tmp_path / "call.jsonl")
    with pytest.raises(RecordingError, match="cut or replaced"):
        index.advance()


TEXT = st.text('a"\\{:é', max_size=6)
PAYLOADS = st.dictionaries(
    st.sampled_from(["type", "event_id", "item_id", "delta", "audio", "item", "x"]),
    st.one_of(
        TEXT,
        st.sampled_from(["session.update", "response.text.delta", "input_audio_buffer.append"]),
        st.dictionaries(st.sampled_from(["type", "id"]), TEXT, max_size=2),
        st.integers(),
    ),
)


@given(payloads=st.lists(PAYLOADS, max_size=8), seed=st.integers(0, 1 << 16))
@settings(suppress_health_check=list(HealthCheck), max_examples=60)
def test_the_quick_look_agrees_with_a_whole_parse(tmp_path: Path, payloads: list[dict[str, object]], seed: int) -> None:
    choose = random.Random(seed)
    entries = []
    for n, payload in enumerate(payloads, 1):
        separators = choose.choice([(",", ":"), (", ", ": ")])
        text = json.dumps(payload, separators=separators, ensure_ascii=choose.random() < 0.5)
        side, fragments = choose.choice(list(Side)), choose.choice([1, 2])
        entries.append(Entry(n, n / 8, side, Kind.MESSAGE, text.encode(), fragments=fragments))
    index = whole(write(tmp_path, *map(jsonl.dump, entries)), choose.choice([50, 1 << 20]))
    for position, entry in enumerate(entries):
        body = json.loads(entry.payload)
        kind = body.get("type")
        assert index.label(position).type == (kind if isinstance(kind, str) else "")
        assert index.entry(position).payload == entry.payload
        if index.label(position).streamed:
            item = body.get("item_id")
            assert index.label(position).stream in {"", item} if isinstance(item, str) else True
