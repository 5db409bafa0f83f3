"""HAR, written and read: nothing is lost on the way, and other tools' dialects are understood."""

from __future__ import annotations

import io
import mmap
import sys
import zipfile
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import har, har_reading, mapped, read_any
from realtime_inspector.formats.imported import Imported
from realtime_inspector.formats.json_pieces import Walk
from realtime_inspector.formats.reading import read_each
from realtime_inspector.recording.entry import Entry, Kind, Side
from tests.formats.recorded import HEADER, recorded

TEXT = """
    > GET /v1/realtime?model=m {"Upgrade": "websocket", "X-A": "1"}
    +20ms < 101
    +30ms < {"type": "session.created", "event_id": "e1"}
    > {"type": "session.update",  "session": {}}
    > not JSON
    b< AAEC
    x> 1000 bye
    ! 3 disk full
    x
"""
CREATED = '{"type":"session.created"}'
UPDATE = '{"type":"session.update"}'


def written(recording: Imported) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(b"".join(har.write(recording)))
    return found


def archive(messages: object, **more: object) -> bytes:
    """Return a HAR as a browser saves it."""
    request = {"method": "GET", "url": "wss://api.openai.com/v1/realtime?model=m", "headers": [
        {"name": ":authority", "value": "api.openai.com"}, {"name": "Upgrade", "value": "websocket"}]}  # fmt: skip
    entry: dict[str, object] = {
        "startedDateTime": "2026-11-22T10:00:00.000Z", "request": request, "_resourceType": "websocket",
        "response": {"status": 101, "statusText": "Switching Protocols", "headers": [], "content": {}},
        "timings": {"wait": 40.0},
    }  # fmt: skip
    if messages is not None:
        entry["_webSocketMessages"] = messages
    plain = {"startedDateTime": "2026-11-22T09:59:59.000Z", "request": {"url": "https://example.org/"}, "response": {}}
    return orjson.dumps({"log": {"version": "1.2", "entries": [plain, entry | more]}})


def message(kind: str, time: float, data: str, opcode: int = 1) -> dict[str, object]:
    return {"type": kind, "time": time, "opcode": opcode, "data": data}


SECONDS = [message("receive", 1795341600.25, CREATED), message("send", 1795341600.5, UPDATE)]


def test_messages_are_chrome_s_in_seconds_since_1970() -> None:
    (entry,) = written(recorded(TEXT))["log"]["entries"]
    assert entry["_resourceType"] == "websocket"
    first, _, _, binary = entry["_webSocketMessages"]
    assert first == {"type": "receive", "time": 1795345803.174456, "opcode": 1,
                     "data": '{"type": "session.created", "event_id": "e1"}'}  # fmt: skip
    assert (binary["opcode"], binary["data"]) == (2, "AAEC")


def test_an_entry_has_every_member_that_the_format_demands() -> None:
    log = written(recorded(TEXT))["log"]
    assert {"version", "creator", "entries"} <= set(log)
    (entry,) = log["entries"]
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
    assert {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"} <= set(
        entry["request"]
    )
    assert {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
            "bodySize"} <= set(entry["response"])  # fmt: skip
    assert {"send", "wait", "receive"} <= set(entry["timings"])
    assert entry["request"]["queryString"] == [{"name": "model", "value": "gpt-realtime-2.1"}]
    assert (entry["response"]["status"], entry["timings"]["wait"]) == (101, 20.0)


def test_what_was_written_comes_back_entry_by_entry(tmp_path: Path) -> None:
    recording = recorded(TEXT)
    path = tmp_path / "call.har"
    path.write_bytes(b"".join(har.write(recording)))
    back = read_any(path)
    assert [*back] == [replace(entry, line=0) for entry in recording]
    assert (back.header.id, back.header.via, back.header.url) == (HEADER.id, "import:har", HEADER.url)
    again = tmp_path / "again.har"
    again.write_bytes(b"".join(har.write(back)))
    assert [*read_any(again)] == [*back]


ODD_PAYLOADS = [b"{}", b'{"type": "x"}', b'{"a":\n1}', b"[1]", b"\xff\xfe", b""]
PAYLOADS = st.one_of(st.sampled_from(ODD_PAYLOADS), st.text(max_size=8).map(str.encode))
ENTRIES = st.lists(
    st.tuples(st.sampled_from([Side.CLIENT, Side.SERVER]), PAYLOADS, st.booleans(), st.floats(0, 9), st.integers(1, 3)),
    max_size=8,
)


@given(ENTRIES)
def test_any_messages_come_back_as_they_were(parts: list[tuple[Side, bytes, bool, float, int]]) -> None:
    entries = [
        Entry(n, round(t, 6), side, Kind.MESSAGE, payload, binary=binary, fragments=fragments)
        for n, (side, payload, binary, t, fragments) in enumerate(parts, 1)
    ]
    entries.append(Entry(len(entries) + 1, 9.5, Side.PROXY, Kind.END, members={"how": "closed"}))
    content = b"".join(har.write(Imported(Path("call.jsonl"), HEADER, entries)))
    (back,) = har_reading.read(content, Path("call.har"))
    assert ([*back], back.problems) == (entries, [])


def test_chrome_s_file_is_read_with_its_handshake(tmp_path: Path) -> None:
    path = tmp_path / "chrome.har"
    path.write_bytes(archive(SECONDS))
    (back,) = read_each(path)
    assert [(entry.kind, entry.t) for entry in back] == [
        (Kind.REQUEST, 0.0), (Kind.RESPONSE, 0.04), (Kind.MESSAGE, 0.25), (Kind.MESSAGE, 0.5)]  # fmt: skip
    request = next(iter(back))
    assert (request.members["target"], request.headers) == ("/v1/realtime?model=m", [("Upgrade", "websocket")])
    assert (back.header.url, back.header.started) == (
        "wss://api.openai.com/v1/realtime?model=m", "2026-11-22T10:00:00.000000Z")  # fmt: skip
    assert [entry.n for entry in back] == [1, 2, 3, 4]


def test_playwright_s_milliseconds_are_told_by_their_size() -> None:
    (back,) = har_reading.read(
        archive([{**each, "time": each["time"] * 1000} for each in SECONDS]),  # type: ignore[operator]
        Path("x.har"),
    )
    assert [entry.t for entry in back if entry.kind is Kind.MESSAGE] == [0.25, 0.5]


def test_without_times_all_stands_at_the_beginning_and_is_said_to() -> None:
    (back,) = har_reading.read(archive([{**each, "time": -1} for each in SECONDS]), Path("x.har"))
    assert {entry.t for entry in back} == {0.0}
    assert back.header.tags["times"] == "unknown"


def test_messages_in_a_file_beside_it_are_found_also_in_an_archive(tmp_path: Path) -> None:
    lines = b"".join(orjson.dumps(each) + b"\n" for each in SECONDS)
    content = archive(None, response={"status": 101, "content": {"_file": "ab.jsonl"}})
    (tmp_path / "pw.har").write_bytes(content)
    (tmp_path / "ab.jsonl").write_bytes(lines)
    with zipfile.ZipFile(tmp_path / "pw.har.zip", "w") as packed:
        packed.writestr("har.har", content)
        packed.writestr("ab.jsonl", lines)
    for name in ("pw.har", "pw.har.zip"):
        (back,) = read_each(tmp_path / name)
        assert [entry.payload for entry in back if entry.kind is Kind.MESSAGE] == [CREATED.encode(), UPDATE.encode()]


@pytest.mark.parametrize("zipped", [True, False])
def test_a_large_one_goes_by_a_file_from_an_archive_and_from_standard_input(
    zipped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = archive(SECONDS)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archived:
        archived.writestr("har.har", content)
    monkeypatch.setattr(mapped, "SMALL_BYTES", 10)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed.getvalue() if zipped else content)))
    seen: set[type] = set()

    def noted(data: mapped.Data, at: int = 0) -> Walk:
        seen.add(type(data))
        return Walk(data, at)

    monkeypatch.setattr(har_reading, "Walk", noted)
    (back,) = read_each(Path("-"))
    assert [entry.payload for entry in back if entry.kind is Kind.MESSAGE] == [CREATED.encode(), UPDATE.encode()]
    assert seen == {mmap.mmap}


@pytest.mark.parametrize("name", ["../secret.jsonl", "/etc/hostname", "gone.jsonl"])
def test_a_file_that_is_not_beside_it_is_not_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_bytes(orjson.dumps(SECONDS[0]))
    folder = tmp_path / "har"
    folder.mkdir()
    path = folder / "x.har"
    path.write_bytes(archive(None, response={"status": 101, "content": {"_file": name}}))
    (back,) = read_each(path)
    assert not [entry for entry in back if entry.kind is Kind.MESSAGE]
    assert len(back.problems) == 1


def test_pings_and_closes_of_other_tools_are_read_and_odd_messages_told() -> None:
    close = message("receive", 1795341601.0, "bye", 8) | {"code": 1001}
    ping, binary = message("send", 1795341601.0, "p", 9), message("receive", 1795341601.0, "!!", 2)
    strange = message("send", 1795341602.0, UPDATE) | {"opcode": {}}
    odd = [close, ping, binary, {"type": "error"}, 7, strange]
    (back,) = har_reading.read(archive(odd), Path("x.har"))
    assert [entry.kind for entry in back][2:] == [Kind.CLOSE, Kind.PING, Kind.MESSAGE]
    assert [entry.members for entry in back][2] == {"code": 1001, "reason": "bye"}
    assert [problem.message.partition(": ")[2] for problem in back.problems] == [
        "a binary message is no base64, and was left out",
        "a message has no direction or no data, and was left out",
        "a message has no direction or no data, and was left out",
    ]


def test_a_message_that_somebody_took_out_leaves_the_others_readable() -> None:
    content = written(recorded(TEXT))
    del content["log"]["entries"][0]["_webSocketMessages"][1]
    (back,) = har_reading.read(orjson.dumps(content), Path("x.har"))
    assert len([entry for entry in back if entry.kind is Kind.MESSAGE]) == 3
    assert "it was changed since realtime-inspector wrote it (3 messages instead of 4)" in back.problems[0].message


def test_secrets_of_a_browser_s_file_are_taken_out(tmp_path: Path) -> None:
    headers = [{"name": "Authorization", "value": "Bearer sk-canary1234567890"}]
    request = {"url": "wss://h/v1/realtime?api-key=canarycanary1234", "headers": headers}
    secret = message("send", 1795341601.0, '{"type":"x","api_key":"sk-canary1234567890"}')
    path = tmp_path / "x.har"
    path.write_bytes(archive([secret], request=request))
    back = read_any(path)
    assert "canary" not in repr([*back]) + repr(back.header)


def test_two_connections_become_two_recordings(tmp_path: Path) -> None:
    log = orjson.loads(archive(SECONDS))
    log["log"]["entries"].append(log["log"]["entries"][-1])
    path = tmp_path / "two.har"
    path.write_bytes(orjson.dumps(log))
    first, second = read_each(path)
    assert first.header.id != second.header.id
    with pytest.raises(RecordingError, match="2 connections in one file; `realtime-inspector import"):
        list(read_any(path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"log": {"entries": [', "a HAR that is not whole"),
        (b'{"log": {"version": "1.2"}}', "a HAR that is not whole"),
        (orjson.dumps({"log": {"entries": [{}, 3]}}), "a HAR of 1 requests without a WebSocket"),
        (b"PK\x03\x04garbage", "an archive that cannot be unpacked"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=said) as raised:
        read_any(path)
    assert "\n" not in str(raised.value)


def test_an_archive_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "x.har.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.har", archive(SECONDS))
    damaged = bytearray(path.read_bytes())
    damaged[40:60] = b"\xff" * 20
    path.write_bytes(damaged)
    with pytest.raises(RecordingError, match="an archive that cannot be unpacked: Error -3"):
        read_any(path)


def test_plain_http_on_the_connection_is_an_entry_of_its_own() -> None:
    recording = recorded("""
        > POST /v1/realtime/client_secrets {"Content-Type": "application/json"}
        < 200 {"value": "[redacted:client_secret]"}
        > GET /v1/realtime?model=m {"Upgrade": "websocket"}
        < 101
        < {"type": "session.created"}
        x
    """)
    plain, socket = written(recording)["log"]["entries"]
    assert plain["request"]["url"] == "https://api.openai.com/v1/realtime/client_secrets"
    assert plain["response"]["content"]["text"] == '{"value": "[redacted:client_secret]"}'
    assert len(socket["_webSocketMessages"]) == 1
    (back,) = har_reading.read(b"".join(har.write(recording)), Path("x.har"))
    assert len([*back]) == 6


def test_bytes_that_are_no_text_are_readable_in_the_har_and_whole_in_the_import() -> None:
    entry = Entry(1, 0.0, Side.SERVER, Kind.MESSAGE, b"\xff{")
    content = b"".join(har.write(Imported(Path("x"), HEADER, [entry])))
    assert b64encode(b"\xff{") in content
    assert [*har_reading.read(content, Path("x"))[0]] == [entry]


LEAVES = st.none() | st.booleans() | st.integers(-2, 2**40) | st.floats(allow_nan=False) | st.text(max_size=4)
JSON = st.recursive(
    LEAVES | st.sampled_from(["wss://[", "wss://h:x/y", "send", "../x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "time", "data", "opcode", "url", "headers", "entries", "name"]), inner
        )
    ),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["_webSocketMessages", "request", "response", "timings", "startedDateTime", har.OWN]))
def test_no_har_makes_more_trouble_than_one_line(value: object, place: str) -> None:
    content = archive(SECONDS, **{place: value})
    back = har_reading.read(content, Path("x.har"))
    again = har_reading.read(b"".join(har.write(back[0])), Path("x.har"))
    assert [*again[0]] == [*back[0]]
