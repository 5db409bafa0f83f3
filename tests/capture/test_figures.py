"""What a proxy counts."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path

import pytest
from websockets.frames import Opcode

from realtime_inspector.capture import writer as writer_module
from realtime_inspector.capture.figures import Counts, Figures, together
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.capture.upstream import UnreachableError, kind_of
from realtime_inspector.capture.writer import Writer
from realtime_inspector.recording.entry import Entry, Kind, Side
from tests.capture.wire import (
    REQUEST,
    SWITCH,
    client_frame,
    connect,
    finished,
    server_frame,
    upgraded,
    upstream,
    wait_for,
)  # fmt: skip

TEXT = b'{"type":"x"}'


def test_connections_messages_and_bytes_are_counted_by_who_sent_them(tmp_path: Path) -> None:
    up, down = client_frame(TEXT), server_frame(TEXT)
    with upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        assert relay.figures() == Figures(
            messages={"client": 0, "server": 0}, bytes={"client": 0, "server": 0}, errors={"line": 0, "disk": 0}
        )
        client, peer = upgraded(relay.port, server)
        client.send(up * 2 + client_frame(b"p", Opcode.PING))
        peer.read(len(up) * 2)
        for _ in range(3):
            peer.send(down)
            client.read(len(down))
        peer.send(server_frame(b"\x00\x01", Opcode.BINARY) + server_frame(b"no json"))
        client.read(4 + 9)
        wait_for(lambda: relay.figures().messages == {"client": 2, "server": 5})
        assert (relay.figures().connections, relay.figures().open) == (1, 1)
        client.close()
        peer.close()
        finished(tmp_path)
        wait_for(lambda: relay.figures().open == 0)
        now = relay.figures()
    assert now.messages == {"client": 2, "server": 5}
    assert now.bytes == {
        "client": len(REQUEST) + 2 * len(up) + 7,
        "server": len(SWITCH) + 3 * len(down) + 4 + 9,
    }
    assert (now.gaps, now.lost, now.queue_bytes, now.failures) == (0, 0, 0, {})


def test_what_is_shaped_is_counted_too(tmp_path: Path) -> None:
    policy = Policy(only=["/v1/*"])
    with upstream() as server, relay_in_thread(server.url, tmp_path, policy=policy) as relay:
        client, peer = upgraded(relay.port, server)
        client.send(client_frame(TEXT))
        wait_for(lambda: relay.figures().messages["client"] == 1)
        client.close()
        peer.close()


def test_what_cannot_be_read_is_a_gap_that_is_counted(tmp_path: Path) -> None:
    with upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        client, peer = upgraded(relay.port, server)
        peer.send(b"\x8f\xff" + bytes(20))
        wait_for(lambda: relay.figures().gaps > 0)
        assert relay.figures().lost > 0
        client.close()
        peer.close()


def test_an_upstream_that_is_not_there_is_counted_with_its_reason(tmp_path: Path) -> None:
    with upstream() as server:
        server.close()
        with relay_in_thread(server.url, tmp_path) as relay:
            for _ in range(2):
                client = connect(relay.port)
                client.send(REQUEST)
                client.read_all()
            assert relay.figures().failures == {"refused": 2}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (UnreachableError("a", "b"), "proxy"),
        (ssl.SSLCertVerificationError(1, "x"), "certificate"),
        (ssl.SSLError(1, "x"), "tls"),
        (socket.gaierror(-2, "x"), "name"),
        (TimeoutError(), "timeout"),
        (ConnectionRefusedError(), "refused"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "refused"),
        (ConnectionResetError(), "other"),
    ],
)
def test_a_failure_has_one_reason(error: OSError, name: str) -> None:
    assert kind_of(error) == name


def test_what_the_disk_does_not_take_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "RETRY_S", 0.01)
    broken, write = [True], os.write

    def failing(descriptor: int, data: bytes) -> int:
        if broken[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", failing)
    writer = Writer(backlog_bytes=1000)
    sink = writer.sink(tmp_path / "a.jsonl", b"{}\n")
    sink.put(b"a" * 800 + b"\n", 1, 1.0)
    sink.put(b"b" * 800 + b"\n", 3, 1.0)
    wait_for(lambda: writer.failures > 1)
    assert (writer.backlog, writer.lost, writer.gaps) == (801, 3, 0)
    broken[0] = False
    sink.finish()
    assert sink.done.wait(60)
    assert (writer.backlog, writer.lost, writer.gaps) == (0, 3, 1)
    writer.close()


def test_an_entry_of_another_side_or_kind_is_taken_for_what_it_is() -> None:
    counts = Counts()
    gap = Entry(0, 0.0, Side.PROXY, Kind.GAP, members={"lost": 4})
    wrong: list[tuple[Side, Entry]] = [
        (Side.CLIENT, Entry(0, 0.0, Side.SERVER, Kind.MESSAGE)),
        (Side.CLIENT, Entry(0, 0.0, Side.CLIENT, Kind.PING)),
        (Side.SERVER, gap),
    ]
    for side, entry in wrong:
        counts.messages[side] += 1
        counts.correct(side, entry)
    assert (counts.messages[Side.CLIENT], counts.messages[Side.SERVER]) == (0, 1)
    assert (counts.gaps, counts.lost) == (1, 4)


def test_a_line_that_cannot_be_made_is_an_error_and_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime_inspector.capture import recorder as recorder_module

    def broken(*_: object) -> bytes:
        raise RuntimeError

    with upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        client, peer = upgraded(relay.port, server)
        wait_for(lambda: relay.figures().bytes["server"] == len(SWITCH))
        monkeypatch.setattr(recorder_module, "line", broken)
        client.send(client_frame(TEXT))
        wait_for(lambda: relay.figures().errors["line"] == 1)
        assert (relay.figures().gaps, relay.figures().messages["client"]) == (1, 0)
        client.close()
        peer.close()


def test_several_are_summed_and_one_that_ended_keeps_what_it_counted() -> None:
    one = Figures(3, 2, {"client": 5}, {"client": 50}, 1, 2, 7, {"tls": 1}, {"disk": 1})
    two = Figures(1, 1, {"client": 1, "server": 1}, {}, 0, 0, 1, {"name": 2}, {})
    assert together([one.ended(), two]) == Figures(
        4, 1, {"client": 6, "server": 1}, {"client": 50}, 1, 2, 1, {"tls": 1, "name": 2}, {"disk": 1}
    )
    assert together([]) == Figures()
