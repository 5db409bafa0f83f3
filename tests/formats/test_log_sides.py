"""Who sent an event of a log."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_inspector.formats.log_sides import NO_HINT, Hint, assign, by_type, in_fields, in_words
from realtime_inspector.recording.entry import Side

CLIENT, SERVER = Side.CLIENT, Side.SERVER


@pytest.mark.parametrize(
    ("words", "side"),
    [
        ("Received event from OpenAI: ", SERVER),
        ("INFO:root:received ", SERVER),
        ("ws recv -> ", SERVER),
        ("[in] ", SERVER),
        ("IN: ", SERVER),
        ("<- ", SERVER),
        ("⬇️ ", SERVER),
        ("< ", SERVER),
        ("server event: ", SERVER),
        ("onmessage ", SERVER),
        ("OpenAI -> client ", SERVER),
        ("oai_received ", SERVER),
        ("It answered: ", SERVER),
        ("Sending: ", CLIENT),
        ("sent to the server ", CLIENT),
        ("ws.send(", CLIENT),
        ("→ ", CLIENT),
        (">>> ", CLIENT),
        ("> ", CLIENT),
        ("[out] ", CLIENT),
        ("client: ", CLIENT),
        ("from client: ", CLIENT),
        ("client => server", CLIENT),
        ("outgoing ", CLIENT),
        ("2026-01-01 INFO ", None),
        ("event: ", None),
        ("absent inner resent ", None),
        ("", None),
    ],
)
def test_words_tell_the_side(words: str, side: Side | None) -> None:
    assert in_words(words).usual == side


@pytest.mark.parametrize(
    ("fields", "side"),
    [
        ({"direction": "in"}, SERVER),
        ({"direction": "Outgoing"}, CLIENT),
        ({"dir": "→"}, CLIENT),
        ({"from": "server"}, SERVER),
        ({"source": "client", "event": {}}, CLIENT),
        ({"type": "send", "data": "{}"}, CLIENT),
        ({"type": "receive"}, SERVER),
        ({"type": "raw_server_event"}, SERVER),
        ({"direction": "client_to_server"}, CLIENT),
        ({"direction": "from_server"}, SERVER),
        ({"type": "log", "level": "info"}, None),
        ({"direction": 7}, None),
        ({}, None),
    ],
)
def test_fields_tell_the_side(fields: dict[str, Any], side: Side | None) -> None:
    assert in_fields(fields).usual == side


def test_most_types_belong_to_one_side() -> None:
    assert by_type("response.create") is CLIENT
    assert by_type("response.created") is SERVER
    assert by_type("ping") is None


RECEIVED, SENT = Hint("received", SERVER), Hint("sent", CLIENT)


def test_without_words_the_type_tells() -> None:
    assert assign([("session.update", NO_HINT), ("error", NO_HINT)]) == [CLIENT, SERVER]


def test_in_a_server_s_log_received_means_the_client() -> None:
    events = [("response.create", RECEIVED), ("response.created", SENT), ("x.custom", RECEIVED), ("x.custom", SENT)]
    assert assign(events) == [CLIENT, SERVER, CLIENT, SERVER]


def test_one_event_on_the_wrong_side_among_many_is_believed() -> None:
    events = [("response.create", SENT)] * 5 + [("response.created", SENT)]
    assert assign(events) == [CLIENT] * 6


def test_a_wording_that_stands_beside_both_sides_means_nothing() -> None:
    events = [("response.create", SENT), ("response.created", SENT), ("x.done", SENT)]
    assert assign(events) == [CLIENT, SERVER, SERVER]


def test_a_wording_without_known_types_means_what_it_says() -> None:
    assert assign([("x.custom", SENT), ("x.custom", RECEIVED)]) == [CLIENT, SERVER]


def test_an_unknown_type_is_told_by_its_ending_or_its_neighbour() -> None:
    events = [("x.create", NO_HINT), ("x.y", NO_HINT), ("x.created", NO_HINT), ("x.y", NO_HINT)]
    assert assign(events) == [CLIENT, CLIENT, SERVER, SERVER]
    assert assign([("x.y", NO_HINT)]) == [SERVER]
