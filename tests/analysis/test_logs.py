"""Logs are not recordings: what a log leaves out is not missing, and what people do to logs is no mistake of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.formats import pasted
from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Kind

RECORDINGS = Path(__file__).parents[2] / "recordings"
HEALTHY = ("barge-in", "tool-call", "voice-turn")

Line = dict[str, Any]
"""One line of a log: `t`, `from` and `event`."""


@cache
def _logged(name: str) -> list[Line]:
    return [
        {"t": entry.t, "from": str(entry.side), "event": json.loads(entry.payload)}
        for entry in files.open_recording(RECORDINGS / f"{name}.jsonl")
        if entry.kind is Kind.MESSAGE
    ]


def log_of(name: str) -> list[Line]:
    """Return a sample session as a program of its own would log it; its lines are not to be changed."""
    return list(_logged(name))


def written(lines: Iterable[Line]) -> str:
    return "\n".join(json.dumps(line) for line in lines)


def found(text: str, least: Severity = Severity.WARNING) -> list[str]:
    """Return the rules that find something in a log, as `RULE@line`."""
    log = pasted.read(text.encode(), Path("log.txt"), "2026-11-22T00:00:00.000000Z")
    findings = [finding for part in pasted.sessions(log) for finding in lint(part, header=part.header)]
    return [f"{finding.rule}@{finding.line}" for finding in findings if finding.severity.rank <= least.rank]


def kind(line: Line) -> str:
    return str(line["event"]["type"])


def without(*words: str) -> Callable[[list[Line]], list[Line]]:
    """Leave out every event whose type has one of these words in it."""
    return lambda lines: [line for line in lines if not any(word in kind(line) for word in words)]


def only(*words: str) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [line for line in lines if any(word in kind(line) for word in words)]


def side(name: str) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [line for line in lines if line["from"] == name]


def audio_as(shown: Callable[[str], Any]) -> Callable[[list[Line]], list[Line]]:
    """Write the audio as a logger does that shortens it."""

    def change(lines: list[Line]) -> list[Line]:
        return [{**line, "event": {**line["event"], **_audio(line["event"], shown)}} for line in lines]

    return change


def _audio(event: dict[str, Any], shown: Callable[[str], Any]) -> dict[str, Any]:
    field = {"input_audio_buffer.append": "audio", "response.output_audio.delta": "delta"}.get(event["type"])
    return {field: shown(event[field])} if field else {}


def untimed(lines: list[Line]) -> list[Line]:
    return [{"from": line["from"], "event": line["event"]} for line in lines]


def doubled(lines: list[Line]) -> list[Line]:
    return [line for line in lines for _ in range(2)]


CHANGES: dict[str, Callable[[list[Line]], list[Line]]] = {
    "as it is": list,
    "without times": untimed,
    "server only": side("server"),
    "client only": side("client"),
    "server only, without times": lambda lines: untimed(side("server")(lines)),
    "client only, without times": lambda lines: untimed(side("client")(lines)),
    "one side after the other": lambda lines: untimed(side("server")(lines) + side("client")(lines)),
    "the other side first": lambda lines: untimed(side("client")(lines) + side("server")(lines)),
    "every line twice": doubled,
    "pasted twice": lambda lines: lines * 2,
    "one of each type": lambda lines: list({kind(line): line for line in reversed(lines)}.values())[::-1],
    "no appends": without("buffer.append"),
    "no deltas": without(".delta"),
    "no audio at all": without("buffer.append", "audio.delta"),
    "no session.created": without("session.created"),
    "no session.updated": without("session.updated"),
    "no session events": without("session."),
    "no response.created": without("response.created"),
    "no response.done": without("response.done"),
    "no items": without("conversation.item.added", "conversation.item.done"),
    "no output items": without("output_item"),
    "no arguments": without("function_call_arguments"),
    "a dozen types": only("error", "session.", "response.done", "committed", "speech_", "item.create", "truncate"),
    "audio named": audio_as(lambda audio: "<base64>"),
    "audio counted": audio_as(lambda audio: f"<{len(audio)} bytes>"),
    "audio as its length": audio_as(len),
    "audio gone": audio_as(lambda audio: ""),
    "audio cut to 44 characters": audio_as(lambda audio: audio[:44]),
    "audio cut to 50 characters": audio_as(lambda audio: audio[:50]),
    "audio cut to 101 characters": audio_as(lambda audio: audio[:101]),
    "audio with dots": audio_as(lambda audio: audio[:32] + "..."),
}


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_healthy_session_stays_healthy_whatever_its_log_leaves_out(
    name: str, change: Callable[[list[Line]], list[Line]]
) -> None:
    assert found(written(change(log_of(name)))) == []


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_session_stays_healthy_wherever_its_log_begins_or_ends(name: str) -> None:
    lines = written(log_of(name)).splitlines()
    for place in range(1, len(lines), max(1, len(lines) // 16)):
        assert found("\n".join(lines[place:])) == [], f"from {place}"
        assert found("\n".join(lines[:place])) == [], f"to {place}"


def cut_at_the_end(payload: str, most: int) -> str:
    return payload if len(payload) <= most else payload[:most] + "..."


def cut_in_the_middle(payload: str, most: int) -> str:
    return payload if len(payload) <= most else payload[: most * 2 // 3] + "..." + payload[-most // 3 :]


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("cut", [cut_at_the_end, cut_in_the_middle])
@pytest.mark.parametrize("most", [50, 100, 150, 300, 500])
def test_a_healthy_session_stays_healthy_where_long_lines_are_cut(
    name: str, cut: Callable[[str, int], str], most: int
) -> None:
    signs = {"client": "->", "server": "<-"}
    lines = [
        f"[+{line['t']:.3f}s] {signs[line['from']]} {cut(json.dumps(line['event']), most)}" for line in log_of(name)
    ]
    assert found("\n".join(lines)) == []


def test_two_sessions_in_one_log_are_judged_one_by_one() -> None:
    lines = log_of("tool-call")
    second = json.loads(json.dumps(lines).replace("sess_", "sess_2").replace('"event_', '"event_2'))
    assert found(written([*lines, *second])) == []
