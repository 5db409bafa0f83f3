from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.relay import Relay, relay_in_thread
from realtime_inspector.capture.tags import parse_tag, request_tags
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import read
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.files import find, open_recording
from tests.capture import wire
from tests.capture.wire import SWITCH, Peer, Upstream, client_frame, connect, server_frame


@contextmanager
def relaying(folder: Path, **options: Any) -> Iterator[tuple[Relay, Upstream]]:
    with wire.upstream() as server, relay_in_thread(server.url, folder, **options) as relay:
        yield relay, server


def request(target: str = "/v1/realtime?model=gpt-realtime", *headers: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def call(relay: Relay, server: Upstream, head: bytes, sent: bytes = b"{}") -> bytes:
    """Hold a call of one message, and end it; return the request as the server got it."""
    client = connect(relay.port)
    client.send(head)
    peer = server.accept()
    got = peer.read_head()
    peer.send(SWITCH)
    assert client.read(len(SWITCH)) == SWITCH
    frame = client_frame(sent)
    client.send(frame)
    assert peer.read(len(frame)) == frame
    end(client, peer)
    return got


def end(client: Peer, peer: Peer) -> None:
    client.close()
    assert peer.read(1) == b""
    peer.close()


def headers(folder: Path, count: int = 1) -> list[Header]:
    wire.finished(folder, count)
    return [open_recording(path).header for path in find(folder)]


def entry(target: str) -> Entry:
    return Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members={"method": "GET", "target": target, "headers": []})


@pytest.mark.parametrize(
    ("policy", "fitting", "other"),
    [
        (Policy(only=["/v1/realtime"]), "/v1/realtime?model=x", "/v1/models"),
        (Policy(only=["/v1/*"]), "/v1/realtime/calls", "/v2/realtime"),
        (Policy(only=["/a", "/b"]), "/b", "/c"),
        (Policy(only_model=["gpt-realtime*"]), "/v1/realtime?model=gpt-realtime-mini", "/v1/realtime?model=other"),
        (Policy(only_model=["voice"]), "/openai/realtime?deployment=voice", "/openai/realtime?deployment=text"),
        (Policy(only_model=["voice"]), "/openai/deployments/voice/realtime", "/openai/realtime"),
        (Policy(only=["/v1/*"], only_model=["m"]), "/v1/realtime?model=m", "/v2/realtime?model=m"),
    ],
)
def test_a_request_fits_by_its_path_and_its_model(policy: Policy, fitting: str, other: str) -> None:
    assert (policy.fits(entry(fitting)), policy.fits(entry(other))) == (True, False)


def test_what_does_not_fit_is_forwarded_and_not_recorded(tmp_path: Path) -> None:
    with relaying(tmp_path, policy=Policy(only_model=["wanted"])) as (relay, server):
        call(relay, server, request("/v1/realtime?model=other"), b"passed by")
        call(relay, server, request("/v1/realtime?model=wanted"), b"recorded")
        (entries,) = wire.finished(tmp_path)
    assert wire.outline(entries)[2] == "client message recorded"
    assert [each.n for each in entries] == list(range(1, len(entries) + 1))


def test_a_recording_begins_with_the_first_request_that_fits(tmp_path: Path) -> None:
    with relaying(tmp_path, policy=Policy(only=["/v1/realtime"])) as (relay, server):
        client = connect(relay.port)
        client.send(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        peer = server.accept()
        peer.read_head()
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        peer.send(answer)
        assert client.read(len(answer)) == answer
        client.send(wire.REQUEST)
        peer.read_head()
        peer.send(SWITCH)
        assert client.read(len(SWITCH)) == SWITCH
        end(client, peer)
        (entries,) = wire.finished(tmp_path)
    assert wire.outline(entries)[:2] == ["client request GET /v1/realtime?model=m", "server response 101"]


def test_of_a_sample_the_others_leave_nothing(tmp_path: Path) -> None:
    numbers = iter([0.05, 0.95, 0.1])
    with relaying(tmp_path, policy=Policy(sample=0.1, random=lambda: next(numbers))) as (relay, server):
        for sent in (b"first", b"second", b"third"):
            call(relay, server, request(), sent)
        wire.wait_for(lambda: relay.connections == 3)
        (entries,) = wire.finished(tmp_path)
    assert wire.outline(entries)[2] == "client message first"
    assert len(find(tmp_path)) == 1


def test_everything_and_nothing_are_samples_too() -> None:
    def impossible() -> float:
        raise AssertionError("no chance is asked where there is none")

    assert Policy(sample=1, random=impossible).sample == 1
    with pytest.raises(UsageError, match=r"--sample 1\.5 is no part of all connections: give a number from 0 to 1"):
        Policy(sample=1.5)


def test_audio_reaches_the_server_and_not_the_disk(tmp_path: Path) -> None:
    sound = b64encode(bytes(range(256)))
    sent = b'{"type":"input_audio_buffer.append","audio":"%b"}' % sound
    said = b'{"type":"response.output_audio.delta","delta":"%b"}' % sound
    audio = AudioPolicy(inward=Audio.DROP, outward=Audio.HASH)
    with relaying(tmp_path, policy=Policy(audio=audio)) as (relay, server):
        client = connect(relay.port)
        client.send(request())
        peer = server.accept()
        peer.read_head()
        peer.send(SWITCH + server_frame(said))
        assert client.read(len(SWITCH + server_frame(said))) == SWITCH + server_frame(said)
        frame = client_frame(sent)
        client.send(frame)
        assert peer.read(len(frame)) == frame
        end(client, peer)
        (entries,) = wire.finished(tmp_path)
    (path,) = find(tmp_path)
    assert sound not in path.read_bytes()
    messages = [read(each) for each in entries if each.kind is Kind.MESSAGE]
    assert [(event.side, event.audio_bytes, event.entry.redacted) for event in messages] == [
        ("server", 256, ("delta",)),
        ("client", 256, ("audio",)),
    ]


def test_a_policy_that_fails_costs_an_entry_and_never_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: AudioPolicy, entry: Entry) -> Entry:
        raise RecursionError

    monkeypatch.setattr(AudioPolicy, "__call__", broken)
    with relaying(tmp_path, policy=Policy(audio=AudioPolicy(inward=Audio.DROP))) as (relay, server):
        call(relay, server, request())
    (path,) = find(tmp_path)
    entries = list(open_recording(path))
    assert {each.kind for each in entries} == {Kind.GAP}
    assert "cannot be told: RecursionError" in entries[0].members["why"]


def test_tags_of_the_user_and_of_the_client_stand_in_the_header(tmp_path: Path) -> None:
    with relaying(tmp_path, tags={"team": "voice", "run": "0"}) as (relay, server):
        got = call(
            relay,
            server,
            request("/v1/realtime", "X-Realtime-Inspector-Tag: run=17, case=a b", "x-realtime-inspector-tag: b=c=d"),
        )
        (header,) = headers(tmp_path)
    assert header.tags == {"team": "voice", "run": "17", "case": "a b", "b": "c=d"}
    assert b"X-Realtime-Inspector-Tag: run=17, case=a b\r\n" in got


def test_a_secret_in_a_tag_is_taken_out(tmp_path: Path) -> None:
    with relaying(tmp_path) as (relay, server):
        call(relay, server, request("/v1/realtime", "X-Realtime-Inspector-Tag: key=sk-abcdefghijklmnop"))
        (header,) = headers(tmp_path)
    assert header.tags == {"key": "[redacted:sk]"}


def test_what_is_no_tag_of_a_request_is_left_out() -> None:
    values = ["", "name", "=x", "left_out=wire", "a b=c", "x=" + "y" * 300, "x=\x07", "ok=", "-a=b", "ä=b"]
    pairs = [["X-Realtime-Inspector-Tag", value] for value in values]
    assert request_tags(Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members={"headers": pairs})) == {"ok": ""}
    many = [["x-realtime-inspector-tag", f"n{n}=v"] for n in range(50)]
    assert len(request_tags(Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members={"headers": many}))) == 32


@pytest.mark.parametrize("text", ["name", "=value", "a b=c", "left_out=audio", "a=x\ny"])
def test_what_is_no_tag_of_the_user_is_a_mistake(text: str) -> None:
    with pytest.raises(UsageError, match="is no NAME=VALUE: a name has letters"):
        parse_tag(text)


def test_a_tag_has_a_name_and_a_value() -> None:
    assert parse_tag("build = 17=b ") == ("build", "17=b")


KEY = "Authorization: Bearer sk-aaaaaaaaaaaaaaaaaaaa"


def test_a_reconnection_names_the_recording_before(tmp_path: Path) -> None:
    with relaying(tmp_path) as (relay, server):
        for _ in range(3):
            call(relay, server, request("/v1/realtime", KEY))
            wire.wait_for(lambda: not relay._links)
        found = headers(tmp_path, 3)
    assert [header.extra.get("after") for header in found] == [None, found[0].id, found[1].id]


@pytest.mark.parametrize(
    "second",
    [
        request("/v1/realtime", "Authorization: Bearer sk-bbbbbbbbbbbbbbbbbbbb"),
        request("/v1/realtime?model=other", KEY),
        request("/v1/realtime"),
    ],
    ids=["another key", "another target", "no key"],
)
def test_another_client_is_no_reconnection(tmp_path: Path, second: bytes) -> None:
    with relaying(tmp_path) as (relay, server):
        call(relay, server, request("/v1/realtime", KEY))
        wire.wait_for(lambda: not relay._links)
        call(relay, server, second)
        found = headers(tmp_path, 2)
    assert [header.extra for header in found] == [{}, {}]


def test_beside_an_open_call_a_new_one_is_no_reconnection(tmp_path: Path) -> None:
    with relaying(tmp_path) as (relay, server):
        beside = connect(relay.port)
        beside.send(request("/v1/realtime", KEY))
        peer = server.accept()
        peer.read_head()
        wire.wait_for(lambda: len(find(tmp_path)) == 1)
        call(relay, server, request("/v1/realtime", KEY))
        wire.wait_for(lambda: len(relay._links) == 1)
        call(relay, server, request("/v1/realtime", KEY))
        end(beside, peer)
        found = headers(tmp_path, 3)
    assert [header.extra for header in found] == [{}, {}, {}]
