"""`scrub`: what it writes, what it tells without telling it, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.load import load
from tests.cli.helpers import CommandLine, write_recording
from tests.replay.helpers import TOOLS, Live

SAMPLES = Path(__file__).parent.parent.parent / "recordings"
MAIL = "ada.lovelace@example.org"
PRIVATE = TOOLS.replace('"text": "Hi"', f'"text": "Hi, I am {MAIL}"').replace(
    '{\\"celsius\\": 21}', '{\\"celsius\\": 21, \\"phone\\": 4915123456789}'
)


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """Return a recording with private things in it."""
    return write_recording(tmp_path / "call.jsonl", PRIVATE)


def said_by_client(path: Path) -> list[bytes]:
    """Return the client's messages."""
    return [e.payload for e in files.open_recording(path) if e.side is Side.CLIENT and e.kind is Kind.MESSAGE]


def shape(path: Path) -> list[tuple[object, ...]]:
    """Return what has to stay of a recording."""

    def of(entry: Entry) -> tuple[object, ...]:
        return entry.n, entry.t, entry.side, entry.kind, entry.members.get("code")

    return [of(entry) for entry in files.open_recording(path)]


def test_a_scrubbed_recording_has_the_same_shape_and_replays_to_the_same_client(
    rti: CommandLine, call: Path, tmp_path: Path
) -> None:
    ran = rti("scrub", call)
    made = tmp_path / "call.scrubbed.jsonl"
    assert (ran.code, ran.out) == (0, f"{made}\n")
    assert ran.err.endswith("replaced: 1 mail address in 1 place; 1 phone number in 1 place\n")
    assert made.stat().st_mode & 0o777 == 0o600
    assert MAIL.encode() not in made.read_bytes()
    assert b"4915123456789" not in made.read_bytes()
    assert shape(made) == shape(call)
    for client in (call, made):
        (script,) = load(made)
        live = Live(script)
        live.send(*(payload for payload in said_by_client(client)))
        assert live.report(strict=True).met, live.report(strict=True).text()
    assert rti("scrub", "--check", made).code == 0


VOICES = f"""
> {{"type": "input_audio_buffer.append", "audio": "AQIDBAUGBwg="}}
< {{"type": "conversation.item.input_audio_transcription.completed", "item_id": "i1", "transcript": "I am {MAIL}"}}
< {{"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "AQIDBAUGBwg="}}
< {{"type": "response.output_audio_transcript.done", "item_id": "a1", "transcript": "Hello {MAIL}"}}
"""


def test_whose_voice_still_says_what_was_replaced_is_told_with_what_takes_it_out(
    rti: CommandLine, tmp_path: Path
) -> None:
    call = write_recording(tmp_path / "call.jsonl", VOICES)
    told = rti("scrub", call).err
    assert "the user's audio stays, and what was replaced in its transcript can be heard in it; --audio-in sil" in told
    assert "the assistant's audio stays" in told
    partly = rti("scrub", call, "--audio-in", "silence", "--report", "-").out
    assert orjson.loads(partly)["files"][0]["still_heard"] == ["server"]
    assert "can be heard" not in rti("scrub", call, "--audio-in", "drop", "--audio-out", "tone").err
    assert "can be heard" not in rti("scrub", tmp_path / "call.scrubbed.jsonl").err


def test_check_writes_nothing_and_lists_places_without_what_is_there(rti: CommandLine, call: Path) -> None:
    before = call.read_bytes()
    ran = rti("scrub", "--check", call, "--report", "report.json")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        f"{call}:7: mail at item.content[0].text",
        f"{call}:27: phone at item.output.phone",
    ]
    told = Path("report.json").read_text()
    assert MAIL not in told + ran.out + ran.err
    replaced = orjson.loads(told)["files"][0]["replaced"]
    assert [(one["entry"], one["line"], one["kind"], one["as"]) for one in replaced] == [
        (6, 7, "mail", "[redacted:mail-1]"),
        (26, 27, "phone", "[redacted:phone-1]"),
    ]
    assert call.read_bytes() == before
    assert list(call.parent.glob("*.jsonl")) == [call]


def test_a_scrubbed_recording_can_go_to_the_standard_output(rti: CommandLine, call: Path) -> None:
    rti("scrub", call, "-o", "clean.jsonl")
    ran = rti("scrub", call, "-o", "-")
    assert (ran.code, ran.out) == (0, Path("clean.jsonl").read_text())
    assert not Path("-").exists()


def test_in_place_leaves_a_clean_recording_and_one_name_means_one_thing_in_all_of_them(
    rti: CommandLine, call: Path, tmp_path: Path
) -> None:
    other = write_recording(tmp_path / "other.jsonl", PRIVATE.replace("Hi, I am", "Hello from bob@example.org and"))
    assert rti("scrub", "--in-place", call, other).code == 0
    assert b"Hi, I am [redacted:mail-1]" in call.read_bytes()
    assert b"Hello from [redacted:mail-2] and [redacted:mail-1]" in other.read_bytes()
    assert rti("scrub", "--check", call, other).code == 0
    assert sorted(tmp_path.glob("*.jsonl")) == [call, other]


@pytest.mark.parametrize("how", ["silence", "tone", "hash", "drop"])
def test_voices_go_and_the_rest_stays(rti: CommandLine, tmp_path: Path, how: str) -> None:
    sample = SAMPLES / "barge-in.jsonl"
    ran = rti("scrub", sample, "--audio-in", how, "--audio-out", how, "-o", "quiet.jsonl")
    assert f"s of the user's audio: {how}" in ran.err
    assert f"s of the assistant's audio: {how}" in ran.err
    made = Path("quiet.jsonl")
    assert shape(made) == shape(sample)
    assert rti("scrub", "--check", made, "--audio-in", how, "--audio-out", how).code == 0
    assert rti("scrub", "--check", sample, "--audio-in", how).code == 1
    assert rti("diff", sample, made, "--latency", "0%", "--cost", "0%").code == 0
    (script,) = load(made)
    live = Live(script)
    for payload in said_by_client(sample):
        live.send(payload)
        live.wait(0.1)
    assert live.report(strict=True).met, live.report(strict=True).text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["call.jsonl", "call.jsonl", "-o", "x.jsonl"], "--output names one file"),
        (["call.jsonl", "-o", "call.jsonl"], "the output would overwrite what it is made of"),
        (["call.jsonl", "--kinds", "names"], "--kinds 'names' is none; known are mail, phone, card"),
        (["call.jsonl", "--pattern", "Ada"], "--pattern 'Ada' is no NAME=REGEX"),
        (["call.jsonl", "--pattern", "name=("], "--pattern name: no regular expression:"),
        (["none.jsonl"], "none.jsonl: no such file"),
        (["-"], "-: scrub reads a file, and twice; save the standard input as one first"),
        (["call.jsonl", "-o", "-", "--report", "-"], "would be mixed"),
        (["."], "a folder; name its recordings"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(rti: CommandLine, call: Path, arguments: list[str], said: str) -> None:
    ran = rti("scrub", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
