from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.capture.link import Leg, Link
from realtime_inspector.recording.entry import Side


class Transport:
    """A socket's transport that, like uvloop's, does not forgive pausing twice."""

    def __init__(self) -> None:
        self.reading = True
        self.written = b""

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def get_extra_info(self, name: str) -> Any:
        return None


class Connection:
    """What legs want of a link."""

    class Nothing:
        def __getattr__(self, name: str) -> Any:
            return lambda *args: None

    tee = track = Nothing()
    raw = True


def legs() -> tuple[Leg, Leg]:
    link = cast("Link", Connection())
    client, server = Leg(link, Side.CLIENT), Leg(link, Side.SERVER)
    client.join(server)
    return client, server


@given(
    st.lists(st.tuples(st.sampled_from(["shut", "open"]), st.sampled_from(["connecting", "backlog", "peer", "held"])))
)
def test_a_side_is_read_while_there_is_no_reason_not_to(steps: list[tuple[str, str]]) -> None:
    transport = Transport()
    leg, _ = legs()
    reasons: set[str] = set()
    for place, (step, reason) in enumerate(steps):
        if place == len(steps) // 2:
            leg.connection_made(cast("Any", transport))
        getattr(leg, step)(reason)
        (reasons.add if step == "shut" else reasons.discard)(reason)
        if place >= len(steps) // 2:
            assert transport.reading is not bool(reasons)


@pytest.mark.parametrize("first", ["peer", "backlog"])
def test_one_who_is_done_waiting_does_not_end_the_wait_of_another(first: str) -> None:
    """The server is slow and the disk is behind: whichever is ready first, the client waits for the other."""
    to_client, to_server = Transport(), Transport()
    client, server = legs()
    client.connection_made(cast("Any", to_client))
    server.connection_made(cast("Any", to_server))
    server.pause_writing()
    client.shut("backlog")
    if first == "peer":
        server.resume_writing()
    else:
        client.open("backlog")
    assert not to_client.reading
    if first == "peer":
        client.open("backlog")
    else:
        server.resume_writing()
    assert to_client.reading
    assert to_server.reading


def test_a_side_that_has_ended_is_not_paused_or_resumed() -> None:
    transport = Transport()
    leg, _ = legs()
    leg.connection_made(cast("Any", transport))
    leg.shut("backlog")
    leg.ended = True
    leg.open("backlog")
    leg.shut("peer")
    assert not transport.reading
