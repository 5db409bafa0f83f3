from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.selection import usual
from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.protocol.event import AUDIO_FIELDS, read
from realtime_inspector.recording import jsonl, schema
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.files import open_recording
from realtime_inspector.recording.index import Index
from realtime_inspector.recording.transcript import entries

DROP = AudioPolicy(Audio.DROP, Audio.DROP)
HASH = AudioPolicy(Audio.HASH, Audio.HASH)
SAMPLES = sorted((Path(__file__).parents[2] / "recordings").glob("*.jsonl"))
VALID = jsonschema_rs.validator_for(orjson.loads(schema.text()))
SOUND = bytes(range(256)) * 4


def message(side: Side, body: Any) -> Entry:
    payload = body if isinstance(body, bytes) else orjson.dumps(body)
    return Entry(1, 0.5, side, Kind.MESSAGE, payload)


def append(audio: str) -> Entry:
    return message(Side.CLIENT, {"type": "input_audio_buffer.append", "audio": audio})


def delta(audio: str) -> Entry:
    return message(Side.SERVER, {"type": "response.output_audio.delta", "item_id": "i", "delta": audio})


def written(entry: Entry) -> Entry:
    """Return the entry as a reader of its line sees it."""
    line = jsonl.dump(entry)
    VALID.validate(orjson.loads(line))
    return jsonl.parse(line)


def test_dropped_audio_leaves_its_length_and_the_rest_of_the_payload_as_it_was() -> None:
    sound = b64encode(SOUND).decode()
    entry = message(Side.CLIENT, b'{ "type":"input_audio_buffer.append","audio" : "%b", "x":1.50}' % sound.encode())
    left = written(DROP(entry))
    assert left.payload == b'{ "type":"input_audio_buffer.append","audio" : "", "x":1.50}'
    assert left.members == {"audio": {"audio": {"bytes": 1024}}}
    assert left.redacted == ("audio",)
    assert read(left).audio_bytes == 1024


def test_hashed_audio_can_be_told_from_other_audio() -> None:
    left = written(HASH(delta(b64encode(SOUND).decode())))
    assert left.members == {"audio": {"delta": {"bytes": 1024, "sha256": sha256(SOUND).hexdigest()}}}
    assert left.redacted == ("delta",)


def test_each_direction_has_its_own_policy() -> None:
    sound = b64encode(SOUND).decode()
    only_in = AudioPolicy(inward=Audio.DROP)
    assert only_in(delta(sound)) == delta(sound)
    assert only_in(append(sound)) != append(sound)
    only_out = AudioPolicy(outward=Audio.DROP)
    assert only_out(append(sound)) == append(sound)
    assert only_out(delta(sound)) != delta(sound)
    assert [bool(policy) for policy in (only_in, only_out, AudioPolicy())] == [True, True, False]


def test_what_carries_no_audio_is_the_same_object() -> None:
    update = {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm"}}}}}
    text = {"type": "response.output_text.delta", "delta": "hello"}
    transcript = {"type": "response.output_audio_transcript.delta", "delta": "hello"}
    bodies: list[Any] = [update, text, transcript, {"audio": ""}, {"audio": None}, []]
    for body in bodies:
        entry = message(Side.SERVER, body)
        assert DROP(entry) is entry
    close = Entry(1, 0.0, Side.CLIENT, Kind.CLOSE, members={"code": 1000})
    assert DROP(close) is close


def test_audio_inside_items_belongs_to_who_spoke() -> None:
    sound = b64encode(SOUND).decode()
    content = [{"type": "input_audio", "audio": sound}, {"type": "output_audio", "audio": sound}, {"audio": sound}]
    entry = message(Side.SERVER, {"type": "conversation.item.retrieved", "item": {"content": content}})
    left = orjson.loads(AudioPolicy(inward=Audio.DROP)(entry).payload)["item"]["content"]
    assert [part["audio"] for part in left] == ["", sound, ""]
    left = orjson.loads(AudioPolicy(outward=Audio.DROP)(entry).payload)["item"]["content"]
    assert [part["audio"] for part in left] == [sound, "", ""]
    assert DROP(entry).redacted == tuple(f"item.content[{at}].audio" for at in range(3))


def test_every_field_of_audio_that_the_protocol_knows_is_left_out() -> None:
    for kind, field in AUDIO_FIELDS.items():
        entry = message(Side.SERVER, {"type": kind, field: b64encode(SOUND).decode()})
        assert read(DROP(entry)).audio_bytes == len(SOUND)
        assert len(DROP(entry).payload) < 100


@pytest.mark.parametrize("cut", [b"", b'{"type":"input_audio_buffer.append","audio":"'])
def test_what_is_no_json_keeps_no_long_base64(cut: bytes) -> None:
    left = written(DROP(message(Side.CLIENT, cut + b64encode(SOUND))))
    assert left.payload == cut
    assert left.redacted == ("text",)
    assert left.members["audio"]["text"]["bytes"] == 1024


def test_binary_messages_and_bodies_are_left_out_too() -> None:
    binary = Entry(1, 0.0, Side.CLIENT, Kind.MESSAGE, SOUND, binary=True)
    assert (written(DROP(binary)).payload, written(DROP(binary)).binary) == (b"", True)
    headers = [["content-type", "audio/mpeg"]]
    members = {"status": 200, "headers": headers, "body_base64": b64encode(SOUND).decode()}
    left = written(HASH(Entry(1, 0.0, Side.SERVER, Kind.RESPONSE, members=members)))
    assert left.members == {
        "status": 200,
        "headers": headers,
        "body_omitted": "audio: hash",
        "audio": {"body_base64": {"bytes": 1024, "sha256": sha256(SOUND).hexdigest()}},
    }
    text = {**members, "body": "RIFF", "headers": headers}
    del text["body_base64"]
    assert "body" not in DROP(Entry(1, 0.0, Side.SERVER, Kind.RESPONSE, members=text)).members
    answer = Entry(1, 0.0, Side.SERVER, Kind.RESPONSE, members={**text, "headers": []})
    assert DROP(answer) is answer


@given(st.binary(max_size=300), st.sampled_from([Side.CLIENT, Side.SERVER]))
def test_whatever_a_peer_sends_can_be_left_out_and_read_back(payload: bytes, side: Side) -> None:
    for entry in (message(side, payload), append(payload.decode("latin-1")), delta(payload.decode("latin-1"))):
        left = DROP(entry)
        back = jsonl.parse(jsonl.dump(left))
        assert (back.payload, back.redacted) == (left.payload, left.redacted)
        assert read(back).type == read(entry).type
        assert read(back).audio_bytes == read(entry).audio_bytes


def members_of(pairs: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in pairs) + "}"


MEMBERS = st.sampled_from(["audio", "delta", "type", "\\u0061udio", "x"])
SOUNDS = [
    "",
    "AAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAA",
    "UklGRiQAAABXQVZFZm10",
    "AAAA-AAA",
    "AAAAA",
    "data:audio/wav;base64,AAAA",
]
WORDS = ["audio", "delta", "input_audio", "response.output_audio.delta", "\\u0041AAA"]
VALUES = st.sampled_from([*(f'"{text}"' for text in (*SOUNDS, *WORDS)), "5", "null", "[]"])
NESTED = st.recursive(
    VALUES, lambda inner: st.lists(st.tuples(MEMBERS, inner), max_size=4).map(members_of), max_leaves=8
)


@given(st.lists(st.tuples(MEMBERS, NESTED), max_size=5).map(members_of), st.sampled_from([Side.CLIENT, Side.SERVER]))
def test_the_quick_way_does_what_the_thorough_one_does(text: str, side: Side) -> None:
    entry = message(side, text.encode())
    for policy in (DROP, HASH, AudioPolicy(inward=Audio.DROP), AudioPolicy(outward=Audio.HASH)):
        quick = policy._quick(entry)
        assert quick is None or quick == policy._thorough(entry)


def test_nearly_every_message_goes_the_quick_way() -> None:
    sound = b64encode(SOUND).decode()
    text = message(Side.SERVER, {"type": "response.output_text.delta", "delta": "hello"})
    assert [DROP._quick(entry) is not None for entry in (append(sound), delta(sound), text)] == [True] * 3


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_linter_says_the_same_of_a_recording_without_its_audio(path: Path) -> None:
    kept = list(open_recording(path))
    found, audio_bytes = findings(kept), sum(read(entry).audio_bytes for entry in kept)
    for policy in (DROP, HASH):
        left = [written(policy(entry)) for entry in kept]
        assert sum(read(entry).audio_bytes for entry in left) == audio_bytes
        assert all(not read(entry).audio() for entry in left)
        assert findings(left) == found


def findings(recorded: list[Entry]) -> list[tuple[str, int, str]]:
    return [(found.rule, found.entry, found.message) for found in lint(recorded)]


@pytest.mark.parametrize("rule", usual(all_rules()), ids=lambda rule: rule.id)
def test_every_rule_finds_in_its_own_examples_what_it_finds_with_their_audio(rule: Rule) -> None:
    for text in (*rule.good, *rule.bad):
        kept = list(entries(text))
        left = list(map(DROP, kept))
        if left == kept:
            continue
        assert [(found.rule, found.entry, found.severity) for found in lint(left, [rule])] == [
            (found.rule, found.entry, found.severity) for found in lint(kept, [rule])
        ]


def test_the_index_counts_the_bytes_that_were_left_out(tmp_path: Path) -> None:
    header = b'{"recording":1,"id":"x","started":"2026-11-22T11:10:03.123456Z"}\n'
    sums = []
    for name, policy in (("kept", AudioPolicy()), ("left", DROP)):
        path = tmp_path / f"{name}.jsonl"
        lines = (jsonl.dump(policy(delta(b64encode(SOUND[:size]).decode())), n) for n, size in ((1, 480), (2, 481)))
        path.write_bytes(header + b"".join(lines))
        index = Index(path)
        while not index.advance():
            pass
        index.close()
        sums.append([chunk * 3 // 4 for chunk in index.chunks])
    assert sums == [[480, 481], [480, 481]]
