"""What a log has twice."""

from __future__ import annotations

import json

import pytest

from realtime_inspector.formats.log_once import once
from realtime_inspector.formats.log_scan import Sighting, scan

CREATE = '> {"type": "response.create"}'
OUTPUT = '> {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1"}}'
CLEAR = '> {"type": "input_audio_buffer.clear"}'


def server(n: int, name: str = "response.output_text.delta") -> str:
    return f"< {json.dumps({'type': name, 'event_id': f'event_{n}', 'delta': 'a'})}"


def kept(lines: list[str]) -> list[str]:
    return [
        json.dumps(sighting.found.body) if isinstance(sighting, Sighting) else str(sighting.members["code"])
        for sighting in once(scan("\n".join(lines)))
    ]


LOG = [CREATE, *(server(n) for n in range(8)), OUTPUT, CREATE, *(server(n) for n in range(8, 12)), CLEAR]


def test_a_log_that_repeats_nothing_stays_as_it_is() -> None:
    assert kept(LOG) == [line[2:] for line in LOG]


def test_a_log_in_which_every_line_stands_twice_is_read_once() -> None:
    assert kept([line for line in LOG for _ in range(2)]) == [line[2:] for line in LOG]


def test_a_log_that_was_pasted_twice_is_read_once() -> None:
    assert kept(LOG[1:] * 2) == [line[2:] for line in LOG[1:]]


@pytest.mark.parametrize("log", [[CREATE, CREATE, server(1)], [CREATE, server(1), CREATE, server(2)]])
def test_what_a_client_did_twice_stays_twice(log: list[str]) -> None:
    assert kept(log) == [line[2:] for line in log]


def test_an_event_that_is_logged_at_two_places_says_nothing_of_what_stands_between() -> None:
    log = [CREATE, server(1), CREATE, server(1), CREATE, server(2)]
    assert kept(log) == [line[2:] for line in (CREATE, server(1), CREATE, CREATE, server(2))]


def test_an_end_told_twice_is_one_end() -> None:
    assert kept([server(1), "closed with code 1011", "closed with code 1011"])[1:] == ["1011"]
