"""A connection with its faults, without a socket and without a clock."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.faults.link import (
    REORDER_PATIENCE_S,
    Close,
    Counts,
    Done,
    Link,
    ReadNothing,
    Reset,
    Step,
    ToClient,
    ToServer,
)
from realtime_inspector.replay.faults.profiles import PROFILES, plan


class Wire:
    """A link and a clock; `client` and `server` hold what each got, as JSON where it is."""

    def __init__(self, *faults: str, number: int = 1, seed: str = "0", profile: str = "") -> None:
        self.done: list[Done] = []
        made = plan(faults, [profile] if profile else [], seed)
        self.link = Link(made, number, told=self.done.append)
        self.now = 0.0
        self.client: list[Any] = []
        self.server: list[Any] = []
        self.times: list[float] = []
        self.steps: list[Step] = []
        self.link.open(0.0)
        self.run()

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass, step by step."""
        end = self.now + seconds
        while True:
            for step in self.link.advance(self.now):
                self._take(step)
            due = self.link.next_due
            if due is None or due > end or self.link.over:
                break
            self.now = max(self.now, due)
        self.now = end

    def says(self, *types: str, **members: Any) -> None:
        """The server says something, and time does not pass."""
        for event_type in types:
            self.link.server_says(orjson.dumps({"type": event_type, **members}), self.now)
            self.run()

    def asks(self, *types: str, **members: Any) -> None:
        """The client says something."""
        for event_type in types:
            self.link.client_says(orjson.dumps({"type": event_type, **members}), self.now)
            self.run()

    def _take(self, step: Step) -> None:
        self.steps.append(step)
        if isinstance(step, ToClient | ToServer):
            got = self.client if isinstance(step, ToClient) else self.server
            try:
                got.append(orjson.loads(step.message.payload))
            except orjson.JSONDecodeError:
                got.append(step.message.payload)
            if isinstance(step, ToClient):
                self.times.append(round(self.now, 3))

    @property
    def types(self) -> list[str]:
        """What the client got, by type."""
        return [event.get("type", "") if isinstance(event, dict) else "?" for event in self.client]


DELTA = "response.output_audio.delta"


def test_without_a_fault_everything_arrives_at_once_and_in_order() -> None:
    wire = Wire()
    wire.says("a", "b")
    wire.asks("c")
    assert (wire.types, [event["type"] for event in wire.server]) == (["a", "b"], ["c"])
    assert wire.link.next_due is None


def test_what_is_late_makes_what_follows_late() -> None:
    wire = Wire("delay 300ms on type:b")
    wire.says("a", "b", "c")
    assert wire.types == ["a"]
    wire.run(1)
    assert wire.types == ["a", "b", "c"]
    assert wire.times == [0, 0.3, 0.3]


def test_a_stall_holds_everything_back_once() -> None:
    wire = Wire(f"stall 4s nth 3 on type:{DELTA}")
    wire.says(*[DELTA] * 5, "response.done")
    assert wire.types == [DELTA] * 2
    wire.run(3.9)
    assert wire.types == [DELTA] * 2
    wire.run(0.2)
    assert wire.types == [DELTA] * 5 + ["response.done"]
    wire.says(*[DELTA] * 5)
    assert len(wire.types) == 11


def test_a_stall_at_a_moment_holds_back_what_comes_after_it() -> None:
    wire = Wire("stall 2s after 1s")
    wire.run(1.5)
    wire.says("a")
    wire.run(2)
    assert wire.times == [3]


def test_jitter_delays_each_message_differently_and_keeps_their_order() -> None:
    wire = Wire("jitter 10ms..500ms")
    for number in range(20):
        wire.says("a", n=number)
        wire.run(0.02)
    wire.run(2)
    assert [event["n"] for event in wire.client] == list(range(20))
    assert len(set(wire.times)) > 3
    assert wire.done == [], "nobody wants to read of each"


def test_a_throttled_line_carries_so_many_bytes_a_second() -> None:
    wire = Wire("throttle 100B/s")
    payload = orjson.dumps({"type": "a", "pad": "x" * 75})
    wire.says(*["a"] * 4, pad="x" * 75)
    wire.run(60)
    assert wire.times[-1] == pytest.approx(4 * len(payload) / 100, abs=0.01)


def test_messages_are_dropped_doubled_and_swapped_where_the_filter_says() -> None:
    wire = Wire("drop nth 2 on type:a", "duplicate 2 on type:b", "reorder on type:c")
    wire.says("a", "a", "a", "b", "c", "d")
    assert wire.types == ["a", "a", "b", "b", "b", "d", "c"]
    assert [str(done) for done in wire.done] == [
        "fault on connection 1 at a: drop nth 2 on type:a",
        "fault on connection 1 at b: duplicate 2 on type:b",
        "fault on connection 1 at c: reorder on type:c",
    ]


def test_a_message_that_nothing_overtakes_goes_on_after_a_while() -> None:
    wire = Wire("reorder 5 on type:c")
    wire.says("c", "d")
    wire.run(REORDER_PATIENCE_S)
    assert wire.types == ["d", "c"]


def test_a_message_is_broken_as_the_fault_says() -> None:
    wire = Wire("truncate 9 on type:a", "malformed on type:b", "binary on type:c", "fragment 4 on type:d")
    wire.says("a", "b", "c", "d", text="grüße")
    broken, malformed, *_ = wire.client
    assert broken == b'{"type":"'
    assert isinstance(malformed, bytes)
    sent = [step.message for step in wire.steps if isinstance(step, ToClient)]
    assert [message.binary for message in sent] == [False, False, True, False]
    assert [message.fragments for message in sent] == [1, 1, 1, 4]


@given(st.text(min_size=1, max_size=12), st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_a_truncated_text_is_still_text(said: str, size: int) -> None:
    wire = Wire(f"truncate {size}")
    payload = orjson.dumps({"type": "a", "said": said})
    wire.link.server_says(payload, 0.0)
    (step,) = wire.link.advance(0.0)
    assert isinstance(step, ToClient)
    assert payload.startswith(step.message.payload)
    step.message.payload.decode()


def test_conditions_choose_among_the_matches() -> None:
    wire = Wire("drop every 3 times 2")
    wire.says("a", "b", "c", "d", "e", "f", "g", "h", "i")
    assert wire.types == ["a", "b", "d", "e", "g", "h", "i"]
    wire = Wire("drop after 2s")
    wire.says("a")
    wire.run(2)
    wire.says("b")
    assert wire.types == ["a"]
    wire = Wire("drop connection 2")
    wire.says("a")
    assert wire.types == ["a"]


def test_without_a_filter_a_fault_is_about_what_the_server_says() -> None:
    wire = Wire("drop")
    wire.says("a")
    wire.asks("b")
    assert (wire.types, len(wire.server)) == ([], 1)


def test_what_the_client_says_can_be_lost_too() -> None:
    wire = Wire("drop on from:client type:response.*", "delay 1s on from:client type:b")
    wire.asks("response.create", "b", "c")
    assert wire.server == []
    wire.run(1)
    assert [event["type"] for event in wire.server] == ["b", "c"]


def test_an_error_answers_a_clients_event_in_the_servers_place() -> None:
    wire = Wire('error rate_limit_exceeded "Slow down." on type:response.create')
    wire.asks("response.create", event_id="mine")
    (event,) = wire.client
    assert event["error"] == {
        "type": "invalid_request_error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None,
        "event_id": "mine",
    }  # fmt: skip
    assert wire.server == []


def test_an_error_beside_an_event_of_the_server_comes_after_it() -> None:
    wire = Wire("error server_error on type:a")
    wire.says("a", event_id="s1")
    assert wire.types == ["a", "error"]
    assert wire.client[1]["error"]["event_id"] is None
    assert wire.client[1]["error"]["type"] == "server_error"


def test_a_failed_response_ends_at_once_and_the_server_is_told_to_stop() -> None:
    wire = Wire("fail rate_limit_exceeded every 2")
    for name in ("r1", "r2"):
        item = {"id": f"item_{name}"}
        wire.says("response.created", response={"id": name, "status": "in_progress", "metadata": {"k": "v"}})
        wire.says("response.output_item.added", response_id=name, item=item)
        wire.says("conversation.item.added", item=item)
        wire.says("response.done", response={"id": name, "status": "completed"})
    cancelled = wire.server[0]
    assert (cancelled["type"], cancelled["response_id"]) == ("response.cancel", "r2")
    error = {"code": "response_cancel_not_active", "event_id": cancelled["event_id"]}
    wire.says("error", error=error)
    assert wire.types[4:] == ["response.created", "response.done"], "nothing else of it, nor the answer to the cancel"
    done = wire.client[-1]["response"]
    assert (done["status"], done["status_details"]["error"]["code"]) == ("failed", "rate_limit_exceeded")
    assert done["metadata"] == {"k": "v"}
    wire.says("error", error={"code": "other", "event_id": None})
    assert wire.types[-1] == "error", "other errors arrive"


def test_a_request_can_be_chosen_whose_response_fails() -> None:
    wire = Wire("fail server_error on type:response.create ~tool")
    wire.asks("response.create")
    wire.says("response.created", response={"id": "r1"})
    wire.says("response.done", response={"id": "r1"})
    wire.asks("response.create", response={"instructions": "use a tool"})
    wire.says("response.created", response={"id": "r2"})
    assert [event["type"] for event in wire.server] == ["response.create", "response.create", "response.cancel"]
    assert wire.client[-1]["response"]["status"] == "failed"


def test_the_end_of_a_response_can_be_another_one() -> None:
    wire = Wire("fail server_error on type:response.done")
    wire.says("response.created", response={"id": "r1"})
    wire.says("response.done", response={"id": "r1", "status": "completed"})
    assert wire.types == ["response.created", "response.done"]
    assert wire.client[-1]["response"]["status"] == "failed"
    assert wire.server == []


def test_limits_are_said_to_be_used_up() -> None:
    wire = Wire("limits 3")
    wire.says("rate_limits.updated", rate_limits=[{"name": "tokens", "limit": 9, "remaining": 8}])
    assert wire.client[0]["rate_limits"] == [{"name": "tokens", "limit": 9, "remaining": 3}]


def test_a_close_comes_behind_what_was_said_and_nothing_comes_after_it() -> None:
    wire = Wire("delay 1s on type:a", 'close 4001 "bye" on type:b')
    wire.says("a", "b", "c")
    wire.run(2)
    wire.says("d")
    assert wire.types == ["a", "b"]
    assert wire.steps[-1] == Close(4001, "bye")
    assert wire.link.over
    assert wire.link.next_due is None


def test_a_connection_breaks_or_a_session_expires_at_a_moment() -> None:
    wire = Wire("reset after 5s")
    wire.run(4.9)
    assert wire.steps == []
    wire.run(0.2)
    assert wire.steps == [Reset()]
    wire = Wire("expire after 5s")
    wire.run(6)
    assert wire.types == ["error"]
    assert wire.client[0]["error"]["code"] == "session_expired"
    assert wire.steps[-1] == Close(1001, "Your session hit the maximum duration of 60 minutes.")


def test_a_slow_reader_leaves_the_clients_messages_in_the_socket() -> None:
    wire = Wire("slow-reader 3s after 1s")
    wire.run(2)
    assert wire.steps == [ReadNothing(4.0)]


def test_an_event_of_a_type_that_nobody_knows_comes_beside_others() -> None:
    wire = Wire("unknown response.new_thing on type:a", "unknown every 2")
    wire.says("a", "b")
    assert wire.types == ["a", "response.new_thing", "b", "response.unheard_of"]


def upgrade(target: str = "/v1/realtime?model=m") -> Entry:
    return Entry(0, 0.0, Side.CLIENT, Kind.REQUEST, members={"method": "GET", "target": target, "headers": []})


def test_an_upgrade_is_refused_as_often_as_is_said_over_all_connections() -> None:
    refusals: Counts = {}
    made = plan(["refuse 429 times 2", "refuse 404 on gpt-old", "delay 2s on kind:request", "drop"])
    links = [Link(made, number, refusals=refusals) for number in range(1, 5)]
    assert [link.request(upgrade()).status for link in links[:3]] == [429, 429, None]
    assert links[3].request(upgrade("/v1/realtime?model=gpt-old")).status == 404
    assert links[2].request(upgrade()).delay_s == 2
    assert Link(plan(["reset on kind:request"])).request(upgrade()).reset


TALK = ["session.created", *["response.output_audio.delta"] * 12, "response.done", "rate_limits.updated"] * 4


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_seed_gives_the_same_run_at_any_speed(profile: str) -> None:
    def run(seed: str, pace_s: float) -> list[str]:
        wire = Wire(profile=profile, seed=seed)
        for event_type in TALK:
            wire.asks("input_audio_buffer.append")
            wire.says(event_type)
            wire.run(pace_s)
        wire.run(60)
        return [*wire.types, *map(str, wire.done), type(wire.steps[-1]).__name__]

    assert run("1", 0.0) == run("1", 0.5)


def test_another_seed_gives_another_run() -> None:
    def run(seed: str) -> list[str]:
        wire = Wire("drop 50%", seed=seed)
        wire.says(*map(str, range(30)))
        return wire.types

    assert run("1") == run("1") != run("2")


@given(st.lists(st.sampled_from(["a", "b"]), max_size=20), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_delays_lose_nothing_and_change_no_order(types: list[str], pace_s: float) -> None:
    wire = Wire("jitter 900ms", "delay 100ms..2s 50% on type:a", "stall 3s every 4", "throttle 1kB/s")
    for number, event_type in enumerate(types):
        wire.says(event_type, n=number)
        wire.run(pace_s)
    wire.run(1000)
    assert [event["n"] for event in wire.client] == list(range(len(types)))
    assert not wire.link.has_for_client
