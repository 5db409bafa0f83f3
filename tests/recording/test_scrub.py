"""Private things taken out of recordings: all of them, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.private import Finder
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.recording.scrub import Scrubber

SECRETS = ("ada.l@example.org", "+49 151 23456789", "4111 1111 1111 1111")


def scrubbed(entries: Sequence[Entry], **patterns: str) -> tuple[list[Entry], Scrubber]:
    """Return scrubbed entries, and who scrubbed them."""
    finder = Finder(patterns={name: re.compile(pattern) for name, pattern in patterns.items()})
    scrubber = Scrubber(finder)
    return list(scrubber.scrub(entries, entries)), scrubber


def message(body: Any, side: Side = Side.SERVER, n: int = 1) -> Entry:
    """Return an event."""
    return Entry(n, 0.0, side, Kind.MESSAGE, orjson.dumps(body))


def body(entry: Entry) -> Any:
    """Return what a message holds."""
    return orjson.loads(entry.payload)


def test_the_rest_of_a_message_keeps_its_bytes() -> None:
    payload = b'{ "type":"x" , "text" : "to ada.l@example.org" ,"n": 1.50, "id":"ada.l@example.org" }'
    (made,), _ = scrubbed([Entry(1, 0.0, Side.CLIENT, Kind.MESSAGE, payload)])
    assert made.payload == payload.replace(b"to ada.l@example.org", b"to [redacted:mail-1]")
    assert made.redacted == ("text",)


def test_what_holds_nothing_private_is_the_same_object() -> None:
    entries = transcript.entries(
        '> GET /v1/realtime?model=m {"a": "b"}\n< 101\n'
        '> {"type": "x", "call_id": "call_01512345678"}\nb> AAAA\nx> 1000\nx'
    )
    made, scrubber = scrubbed(entries)
    assert all(one is other for one, other in zip(made, entries, strict=True))
    assert scrubber.replaced == []


def test_json_within_json_stays_json() -> None:
    inner = {"mail": SECRETS[0], "phone": 4915123456789, "when": 1764000000000, SECRETS[0]: [{"user_id": SECRETS[1]}]}
    item = {"type": "function_call", "call_id": "call_1", "arguments": orjson.dumps(inner).decode()}
    (made,), scrubber = scrubbed([message({"type": "response.output_item.done", "item": item})])
    assert orjson.loads(body(made)["item"]["arguments"]) == {
        "mail": "[redacted:mail-1]",
        "phone": "[redacted:phone-1]",
        "when": 1764000000000,
        "[redacted:mail-1]": [{"user_id": "[redacted:phone-1]"}],
    }
    assert body(made)["item"]["call_id"] == "call_1"
    assert {one.path for one in scrubber.replaced} >= {"item.arguments.mail", "item.arguments.phone"}


def stream(pieces: Sequence[str], kind: str = "response.output_audio_transcript", **more: Any) -> list[Entry]:
    """Return the pieces of a stream, each an event, and the whole behind them."""
    names = {"response_id": "resp_1", "item_id": "item_1", "content_index": 0}
    events = [{"type": f"{kind}.delta", **names, "delta": piece} for piece in pieces]
    whole = {"type": f"{kind}.done", **names, **(more or {"transcript": "".join(pieces)})}
    return [message(event, n=n) for n, event in enumerate([*events, whole], 1)]


@st.composite
def cut_up(draw: st.DrawFn) -> list[str]:
    """Draw a text with private things in it, cut anywhere."""
    words = draw(st.lists(st.sampled_from([*SECRETS, "and", "so", "ünd", "well,"]), min_size=1, max_size=6))
    text = " ".join(words)
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@given(pieces=cut_up(), other=cut_up())
@settings(max_examples=25, deadline=None)
def test_pieces_of_a_stream_add_up_to_the_whole_and_hold_nothing_private(pieces: list[str], other: list[str]) -> None:
    one = stream(pieces)
    two = stream(other, "conversation.item.input_audio_transcription")
    mixed = [entry for pair in zip(one, two, strict=False) for entry in pair] + one[len(two) :] + two[len(one) :]
    made, _ = scrubbed(mixed)
    assert len(made) == len(mixed)
    for kind in ("response.output_audio_transcript", "conversation.item.input_audio_transcription"):
        bodies = [body(entry) for entry in made if body(entry)["type"].startswith(kind)]
        whole = bodies[-1]["transcript"]
        assert "".join(each["delta"] for each in bodies[:-1]) == whole
        assert not any(secret in whole for secret in SECRETS)
    again, scrubber = scrubbed(made)
    assert (again, scrubber.replaced) == (made, [])


@given(cut=st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_arguments_that_come_in_pieces_stay_json(cut: int) -> None:
    arguments = orjson.dumps({"to": SECRETS[0], "card": SECRETS[2], "quiet": True}).decode()
    pieces = [arguments[at : at + cut] for at in range(0, len(arguments), cut)]
    made, _ = scrubbed(stream(pieces, "response.function_call_arguments", arguments=arguments))
    joined = "".join(body(entry)["delta"] for entry in made[:-1])
    assert joined == body(made[-1])["arguments"]
    assert orjson.loads(joined) == {"to": "[redacted:mail-1]", "card": "[redacted:card-1]", "quiet": True}


def test_audio_is_not_taken_for_text() -> None:
    event = {
        "type": "response.output_audio.delta",
        "response_id": "r",
        "item_id": "i",
        "delta": "4111111111111111" * 40,
    }
    (made,), scrubber = scrubbed([message(event)])
    assert body(made) == event
    assert scrubber.replaced == []


def test_requests_closes_and_notes_are_looked_at_too() -> None:
    entries = transcript.entries(
        '> GET /v1/realtime?model=m&user=ada.l%40example.org {"X-Caller": "+49 151 23456789", "Sec-Id": "a"}\n'
        '< 401 {"error": {"message": "no ada.l@example.org", "id": 4111111111111111}}\n'
        "x< 4000 bye ada.l@example.org\n! 3 no\nx\n"
    )
    made, _ = scrubbed(entries)
    assert made[0].members["target"] == "/v1/realtime?model=m&user=[redacted:mail-1]"
    assert made[0].header("x-caller") == "[redacted:phone-1]"
    assert made[0].header("sec-id") == "a"
    assert orjson.loads(made[1].members["body"])["error"] == {
        "message": "no [redacted:mail-1]", "id": "[redacted:card-1]"
    }  # fmt: skip
    assert made[2].members["reason"] == "bye [redacted:mail-1]"
    assert made[3] is entries[3]


def test_the_header_is_scrubbed() -> None:
    header = Header("01", "2026-11-22T11:10:03.123456Z", url="wss://h/?user=ada%40example.org", tags={"by": SECRETS[0]})
    scrubber = Scrubber()
    made = scrubber.header(header)
    assert (made.url, made.tags) == ("wss://h/?user=[redacted:mail-1]", {"by": "[redacted:mail-2]"})
    assert [(one.line, one.kind) for one in scrubber.replaced] == [(1, "mail")] * 2
    assert b"example.org" not in jsonl.dump_header(made)


def test_keys_are_taken_out_as_well() -> None:
    scrubber = Scrubber(redactor=Redactor({"MY_KEY": "a-secret-of-mine"}))
    entries = [message({"type": "x", "note": "a-secret-of-mine and ek_0123456789abcdef"})]
    (made,) = scrubber.scrub(entries, entries)
    assert body(made)["note"] == "[redacted:MY_KEY] and [redacted:ek]"
    assert [(one.kind, one.path) for one in scrubber.replaced] == [("secret", "note")]


def test_patterns_of_one_s_own_are_called_what_they_are_told_to_be() -> None:
    (made,), _ = scrubbed([message({"type": "x", "text": "Ada Lovelace and ADA"})], person="(?i)ada( lovelace)?")
    assert body(made)["text"] == "[redacted:person-1] and [redacted:person-2]"


def test_the_same_thing_is_called_the_same_in_every_recording_of_a_run() -> None:
    scrubber = Scrubber()
    first, second = (
        [message({"type": "x", "a": SECRETS[0]})],
        [message({"type": "x", "a": "b@example.org", "b": SECRETS[0]})],
    )
    (one,), (two,) = scrubber.scrub(first, first), scrubber.scrub(second, second)
    assert (body(one)["a"], body(two)["b"], body(two)["a"]) == (
        "[redacted:mail-1]", "[redacted:mail-1]", "[redacted:mail-2]"
    )  # fmt: skip
