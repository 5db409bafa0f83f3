"""One pass over a recording's bytes gives what reading every line gives: findings, state, problems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.lint.calls import KINDS, write
from realtime_inspector.analysis import sweep as sweeping
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.selection import usual
from realtime_inspector.analysis.sweep import ask, sweep
from realtime_inspector.formats.reading import clean
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.blocks import blocks
from realtime_inspector.recording.files import Recording, open_recording
from tests.cli.helpers import write_recording

RECORDINGS = Path(__file__).parents[2] / "recordings"
RULES = tuple(usual(all_rules()))

Told = list[tuple[int, int, float, str]]


def state(session: Session) -> tuple[Any, ...]:
    """What pieces of streams change."""
    audio = session.input_audio
    return (
        (session.now, session.events, session.counts),
        (audio.total_bytes, audio.total_ms, audio.appends, audio.odd_appends, audio.last_append_t, list(audio.recent)),
        [(event_id, pending.at, pending.type, pending.body) for event_id, pending in session.named.items()],
        [(item.id, str(item.spoken), str(item.written), str(item.argued), item.audio_bytes, item.audio_ms)
         for item in session.items.values()],
        [(each.item_id, each.ms, each.stalled_ms, each.start_t) for each in session.playback.values()],
        [(each.id, each.last_delta, each.last_audio, each.first_output, each.first_audio, each.after_cancel_ms)
         for each in session.responses.values()],
    )  # fmt: skip


def read_whole(recording: Recording) -> tuple[list[Finding], Told, Linter]:
    """Lint event by event, with rules that never rest."""
    linter = Linter(RULES, header=recording.header)
    linter.watch._lay = lambda event, watchers: None  # type: ignore[method-assign]  # nobody rests
    found: list[Finding] = []
    told: Told = []
    for event in events(recording):
        found += linter.feed(event)
        told.append((event.n, event.entry.line, event.t, event.type))
    return found, told, linter


def passed_over(recording: Recording) -> tuple[list[Finding], Told, Linter]:
    linter = Linter(RULES, header=recording.header)
    told: Told = []

    def note(n: int, line: int, times: Sequence[float], types: Sequence[str]) -> None:
        told.extend((n + at, line + at, t, types[at]) for at, t in enumerate(times))

    return list(sweep(recording, linter, note)), told, linter


def compare(path: Path) -> Told:
    """Lint in both ways, and return what was told of the events."""
    one, other = open_recording(path), open_recording(path)
    found, told, linter = read_whole(one)
    swept, told_too, swept_linter = passed_over(other)
    assert sorted(swept, key=repr) == sorted(found, key=repr)
    assert told_too == told
    assert other.problems == one.problems
    assert state(swept_linter.session) == state(linter.session)
    return told


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_sample_recordings_give_the_same(path: Path) -> None:
    compare(path)


class Calls(dict[str, bytes]):
    """Recordings by kind; shown by their names, for they are long."""

    def __repr__(self) -> str:
        return f"Calls({', '.join(self)})"


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    folder = tmp_path_factory.mktemp("calls")
    for kind in KINDS:
        write(folder / kind, 800_000 if kind == "audio" else 60_000, kind)
    return Calls((kind, (folder / kind).read_bytes()) for kind in KINDS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_long_call_gives_the_same(kind: str, calls: Calls, tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(calls[kind])
    compare(path)


def fed_to_a_linter(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The types of what is fed to a linter from here on."""
    fed: list[str] = []
    feed = Linter.feed

    def counted(linter: Linter, event: Event) -> list[Finding]:
        fed.append(event.type)
        return feed(linter, event)

    monkeypatch.setattr(Linter, "feed", counted)
    return fed


@pytest.mark.parametrize("kind", list(KINDS))
def test_of_a_long_call_few_lines_are_read(
    kind: str, calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(calls[kind])
    fed = fed_to_a_linter(monkeypatch)
    told = passed_over(open_recording(path))[1]
    assert len(fed) < len(told) * (0.5 if kind == "text" else 0.35)


@pytest.mark.parametrize("place", ["first", "before the audio"])
def test_audio_of_a_client_that_numbers_its_events_is_passed_over_too(
    place: str, calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = calls["audio"].splitlines(keepends=True)
    for at, line in enumerate(lines):
        mine = b'"event_id":"mine_%d",' % (at if at % 70 else 70)  # now and then one is used again
        behind = b'"event":{' if place == "first" else b'"input_audio_buffer.append",'
        lines[at] = line.replace(behind, behind + mine, 1) if b"input_audio_buffer.append" in line else line
    path = tmp_path / "call.jsonl"
    path.write_bytes(b"".join(lines))
    told = compare(path)
    fed = fed_to_a_linter(monkeypatch)
    assert "ENV008" in {finding.rule for finding in passed_over(open_recording(path))[0]}
    assert len(fed) < len(told) * 0.35


EDITS = (
    "drop",
    "double",
    "swap",
    "odd",
    "escape",
    "late",
    "stall",
    "number",
    "space",
    "key",
    "tear",
    "id",
    "type",
    "huge",
)


def edited(lines: list[bytes], how: str, at: int) -> list[bytes]:
    """Change one line, or two."""
    line = lines[at]
    match how:
        case "drop":
            return lines[:at] + lines[at + 1 :]
        case "double":
            return lines[: at + 1] + lines[at:]
        case "swap":
            return lines[:at] + lines[at + 1 : at + 2] + [line] + lines[at + 2 :]
        case "odd":
            line = line.replace(b'"}}\n', b'A="}}\n')
        case "escape":
            line = line.replace(b"/", b"\\/", 3)
        case "late":
            line = line.replace(b'"t":', b'"t":9', 1)
        case "stall":
            line = line.replace(b'"t":1', b'"t":0', 1)
        case "number":
            line = line.replace(b'"n":', b'"n":1', 1)
        case "space":
            line = line.replace(b'","', b'", "').replace(b'":"', b'": "')
        case "key":
            line = line.replace(b'"delta":"', b'"delta":"sk-ABCDEFGHIJKLMNOPQRSTUVWX')
        case "tear":
            line = line[: len(line) // 2] + b"\n"
        case "id":
            line = line.replace(b'"event":{', b'"event":{"event_id":"mine",', 1)
        case "type":
            line = line.replace(b'"type":"', b'"type":"x', 1)
        case "huge":
            line = line.replace(b'"}}\n', b"AAAA" * 300_000 + b'"}}\n')
    return [*lines[:at], line, *lines[at + 1 :]]


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(list(KINDS)),
    changes=st.lists(st.tuples(st.sampled_from(EDITS), st.integers(1, 10_000)), min_size=1, max_size=6),
    torn=st.integers(0, 40),
)
def test_a_call_with_whatever_is_wrong_gives_the_same(
    kind: str,
    changes: list[tuple[str, int]],
    torn: int,
    calls: Calls,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lines = calls[kind].splitlines(keepends=True)[:400]
    for how, at in changes:
        lines = edited(lines, how, 1 + at % (len(lines) - 1))
    whole = b"".join(lines)
    path = tmp_path_factory.mktemp("edited") / "call.jsonl"
    path.write_bytes(whole[: len(whole) - torn])
    compare(path)


def test_the_smallest_buffer_will_do(calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "blocks", lambda stream: blocks(stream, 64))
    path = tmp_path / "call.jsonl"
    path.write_bytes(b"".join(calls["audio"].splitlines(keepends=True)[:120]))
    compare(path)


class Nosy(Rule):
    """Sees every event, as a rule does that never rests."""

    id = "TST001"
    name = "nosy"
    severity = RULES[0].severity
    on = ("input_audio_buffer.append", "response.output_audio.delta")

    def __init__(self) -> None:
        self.seen = 0

    def check(self, event: Event, before: Session) -> tuple[()]:
        """Count."""
        self.seen += 1
        return ()


def test_a_rule_that_never_rests_sees_every_event(calls: Calls, tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(calls["audio"])
    nosy = Nosy()
    recording = open_recording(path)
    linter = Linter((*RULES, nosy), header=recording.header)
    list(sweep(recording, linter, lambda *told: None))
    assert nosy.seen == sum(linter.session.counts[each] for each in nosy.on) > 200


def test_secrets_are_taken_out_on_the_way_and_each_linter_is_asked(tmp_path: Path) -> None:
    key = "sk-proj-abcdefgh12345678"
    piece = '< {{"type": "response.output_text.delta", "response_id": "r", "item_id": "i", "delta": "{}"}}\n'
    path = write_recording(tmp_path / "call.jsonl", "".join(map(piece.format, ["the ", "key ", key, " is "] * 9)))
    recording = open_recording(path)
    linters = [Linter((), header=recording.header), Linter(RULES, header=recording.header)]
    told: list[int] = []
    found = ask(clean(recording), *linters, note=lambda n, line, times, types: told.extend(range(n, n + len(times))))
    assert found[0] == []
    assert told == list(range(1, 38))
    for linter in linters:
        assert str(linter.session.items["i"].written) == "the key [redacted:sk] is " * 9
    plain = list(recording)
    assert ask(map(clean(recording).redactor.entry, plain), Linter(RULES, header=recording.header)) == found[1:]
