"""New ids of the server: other ones, everywhere the same, and nothing else is changed."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import orjson
from websockets.sync.client import connect

from realtime_inspector import mock
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Kind, Side
from realtime_inspector.replay.fresh import fresh
from realtime_inspector.replay.mismatch import Why
from tests.cli.helpers import write_recording
from tests.replay.helpers import OPEN, SPEECH, TOOLS, Live, client_messages, script, types

SERVERS = re.compile(r"\b(?:sess|item|resp|call)_(?!id\b)\w+")
CLIENTS = re.compile(r'"(?:cli_2|ask_2|rc_00aa11bb|root)"')


def server_messages(text: str) -> list[dict[str, Any]]:
    return [
        orjson.loads(e.payload) for e in transcript.entries(text) if e.side is Side.SERVER and e.kind is Kind.MESSAGE
    ]


def played(text: str, seed: int) -> list[dict[str, Any]]:
    """Play a recording to a client that answers with the ids it is given, as clients do."""
    live = Live(fresh(script(text), Random(seed)))
    old = server_messages(text)
    for message in client_messages(text):
        live.send(orjson.loads(renamed(orjson.dumps(message).decode(), old, live.got)))
    assert live.report(strict=True).met
    return live.got


def renamed(message: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> str:
    pairs = zip(old, new, strict=False)
    known = dict(pair for one, other in pairs for pair in zip(ids(one), ids(other), strict=True))
    return SERVERS.sub(lambda found: known.get(found[0], found[0]), message)


def ids(event: dict[str, Any]) -> list[str]:
    return SERVERS.findall(orjson.dumps(event).decode())


def test_every_id_of_the_server_is_another_one_and_everywhere_the_same() -> None:
    got, recorded = played(TOOLS, 1), server_messages(TOOLS)
    pairs = {pair for one, other in zip(recorded, got, strict=True) for pair in zip(ids(one), ids(other), strict=True)}
    assert all(one != other and one.split("_")[0] == other.split("_")[0] for one, other in pairs)
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


def test_nothing_but_ids_is_changed_and_the_clients_stay() -> None:
    def bare(events: list[dict[str, Any]]) -> list[str]:
        return [re.sub(r'"event_id":"\w+"', "", SERVERS.sub("ID", orjson.dumps(e).decode())) for e in events]

    got = played(TOOLS, 1)
    assert bare(got) == bare(server_messages(TOOLS))
    assert CLIENTS.findall(str(orjson.dumps(got))) == CLIENTS.findall(str(orjson.dumps(server_messages(TOOLS))))


def test_two_connections_have_no_id_in_common() -> None:
    one, other = (set(ids({"all": played(TOOLS, seed)})) for seed in (1, 2))
    assert not one & other


def test_voice_detection_and_truncation_go_on() -> None:
    live = Live(fresh(script(SPEECH), Random(1)))
    appended = [m for m in client_messages(SPEECH) if m["type"] == "input_audio_buffer.append"]
    live.send(client_messages(SPEECH)[0], *appended[:5])
    item = next(event["item_id"] for event in live.got if event["type"] == "response.output_audio.delta")
    asked = {"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 640}
    assert types(live.send(asked)) == ["conversation.item.truncated"]
    assert live.got[-1]["item_id"] == item


def test_a_client_that_keeps_an_id_of_the_recording_is_found() -> None:
    live = Live(fresh(script(TOOLS), Random(1)))
    live.send(*client_messages(TOOLS)[:5])
    live.send(client_messages(TOOLS)[5])
    (found,) = live.report().mismatches
    assert (found.why, "call_1" in found.message) == (Why.REFUSED, True)


def test_an_error_names_the_new_id_in_its_words() -> None:
    name = "item_0123456789abcdef"
    text = (
        OPEN
        + f"""
        < {{"type": "conversation.item.added", "item": {{"id": "{name}", "type": "message", "role": "user"}}}}
        < {{"type": "error", "event_id": "e1", "error": {{"message": "Item '{name}' is there", "event_id": null}}}}
    """
    )
    got = Live(fresh(script(text), Random(1))).got
    assert got[-1]["error"]["message"] == f"Item '{got[1]['item']['id']}' is there"
    assert name not in str(got)


def test_a_server_gives_each_connection_others(tmp_path: Path) -> None:
    write_recording(tmp_path / "1.jsonl", OPEN)
    write_recording(tmp_path / "2.jsonl", OPEN)
    with mock(tmp_path, fresh_ids=True) as server:
        seen = []
        for _ in range(2):
            with connect(server.ws_url, proxy=None) as socket:
                seen.append(orjson.loads(socket.recv())["session"]["id"])
    assert len({"sess_1", *seen}) == 3
