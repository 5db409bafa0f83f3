"""Which recording a connection gets, and what plain requests are answered."""

from __future__ import annotations

import orjson

from realtime_inspector.replay.doors import Answer, Door
from realtime_inspector.replay.script import Script
from tests.replay.helpers import TEXT, script

SECRETS = '> POST /v1/realtime/client_secrets {"a": "b"}\n< 200 {"value": "ek_1"}\nx'
REFUSED = '> GET /v1/realtime {"upgrade": "websocket"}\n< 401 {"error": {"code": "invalid_api_key"}}\nx'


def name_of(served: Script | Answer) -> str:
    """Return a script's name."""
    assert isinstance(served, Script)
    return served.name


def test_recordings_are_served_in_their_order() -> None:
    door = Door([script(TEXT, "a"), script(TEXT, "b")])
    assert [name_of(door.upgrade(connected=False)) for _ in "ab"] == ["a", "b"]


def test_one_connection_more_than_recorded_is_refused_and_told() -> None:
    door = Door([script(TEXT, "a")])
    door.upgrade(connected=False)
    answer = door.upgrade(connected=False)
    assert isinstance(answer, Answer)
    assert answer.status == 503
    assert [found.message for found in door.others] == [
        "a: one connection too many: the recording has 1, and all were served"
    ]


def test_again_begins_anew_when_nobody_is_connected() -> None:
    door = Door([script(TEXT, "a")], again=True)
    door.upgrade(connected=False)
    assert isinstance(door.upgrade(connected=True), Answer)
    assert name_of(door.upgrade(connected=False)) == "a"


def test_a_recorded_refusal_is_refused_again_with_its_body() -> None:
    answer = Door([script(REFUSED)]).upgrade(connected=False)
    assert isinstance(answer, Answer)
    assert (answer.status, orjson.loads(answer.body)) == (401, {"error": {"code": "invalid_api_key"}})


def test_after_a_mismatch_nobody_gets_in() -> None:
    door = Door([script(TEXT)], refusing="not met")
    answer = door.upgrade(connected=False)
    assert isinstance(answer, Answer)
    assert (answer.status, orjson.loads(answer.body)["error"]["message"]) == (503, "not met")


def test_http_is_found_by_what_stands_behind_the_prefix() -> None:
    door = Door([script(SECRETS), script(TEXT)])
    assert door.plain("POST", "/gateway/realtime/client_secrets?x=y").body == b'{"value": "ek_1"}'
    assert door.sockets == 1


def test_several_answers_to_one_request_come_in_order_and_the_last_stays() -> None:
    door = Door([script(SECRETS), script(SECRETS.replace("ek_1", "ek_2"))])
    bodies = [door.plain("POST", "/v1/realtime/client_secrets").body for _ in range(3)]
    assert [orjson.loads(body)["value"] for body in bodies] == ["ek_1", "ek_2", "ek_2"]


def test_a_request_that_was_not_recorded_is_told() -> None:
    door = Door([script(TEXT, "a")])
    assert door.plain("GET", "/v1/models?secret=1").status == 404
    assert [found.message for found in door.others] == ["a: GET /v1/models was not recorded"]
