"""Pieces of recordings: nothing in them names what is not there, they replay, and put together they are the whole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.differences.told import tell
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.realtime.values import mapping
from realtime_inspector.recording import files, jsonl, transcript
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.replay import cut
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.concat import Source, concat
from realtime_inspector.replay.cut import Piece, Span
from realtime_inspector.replay.silence import fill
from tests.replay.helpers import HEADER, SPEECH, TOOLS, Live
from tests.replay.programs import SPOKEN, recorded

SAMPLES = Path(__file__).parent.parent.parent / "recordings"
CUT_ID, WHOLE_ID = "01CUT", "01WHOLE"
THIRD = """
    > {"type": "conversation.item.create", "item": {"id": "cli_3", "type": "message", "role": "user", "content": []}}
    < {"type": "conversation.item.added", "previous_item_id": "item_o2", "item": {"id": "cli_3", "type": "message", "role": "user"}}
    > {"type": "response.create"}
    < {"type": "response.created", "response": {"id": "resp_4", "status": "in_progress"}}
    < {"type": "response.output_item.added", "response_id": "resp_4", "output_index": 0, "item": {"id": "item_a4", "type": "message", "role": "assistant"}}
    < {"type": "conversation.item.added", "previous_item_id": "cli_3", "item": {"id": "item_a4", "type": "message", "role": "assistant"}}
    < {"type": "response.done", "response": {"id": "resp_4", "status": "completed", "output": [{"id": "item_a4", "type": "message"}]}}
    +2s x> 1000
    x
"""  # noqa: E501
THREE = TOOLS.partition("x> 1000")[0] + THIRD
"""Three turns: text, two tool calls, text."""


@cache
def sample(name: str) -> tuple[Header, tuple[Entry, ...]]:
    """Return a sample recording."""
    recording = files.open_recording(SAMPLES / f"{name}.jsonl")
    return recording.header, tuple(recording)


def entries(text: str) -> list[Entry]:
    """Return a transcript's entries."""
    return transcript.entries(text)


def lines(header: Header, made: Sequence[Entry]) -> bytes:
    """Return a recording's bytes."""
    return jsonl.dump_header(header) + b"".join(map(jsonl.dump, made))


def users(piece: Piece) -> list[str]:
    """Return the items of the user, turn by turn."""
    return [u.item.id for turn in tell(piece.entries).turns for u in turn.user if u.item is not None]


def dangling(piece: Piece) -> set[str]:
    """Return the items, calls and responses that a piece names and never introduces."""
    session = tell(piece.entries).session
    known = set(session.items) - {i.id for i in session.items.values() if i.added is None and not i.response_id}
    known |= {response.id for response in session.responses.values()}
    known |= set(users(piece))
    named = set()
    for entry in piece.entries:
        if entry.kind is Kind.MESSAGE:
            body = read(entry).body
            item = mapping(body.get("item"))
            named |= {str(body[name]) for name in ("item_id", "previous_item_id", "response_id") if body.get(name)}
            call = item.get("call_id") if item.get("type") == "function_call_output" else None
            named |= {f"call {call}"} if call and call not in session.calls else set()
    return named - known - {"root"}


def replayed(piece: Piece) -> Live:
    """Play a piece to the client that is in it."""
    live = Live(build(fill(piece.entries)))
    for entry in piece.entries:
        if entry.side is Side.CLIENT and entry.kind is Kind.MESSAGE:
            live.send(entry.payload)
            live.wait(0.5)
    return live


NAMES = ("barge-in", "tool-call", "second-response", "beta-session", "missing-call-id")


@given(name=st.sampled_from(NAMES), at=st.floats(0.0, 1.0), then=st.floats(0.0, 1.0))
@settings(max_examples=12, deadline=None)
def test_a_recording_cut_anywhere_and_put_together_is_byte_for_byte_what_it_was(
    name: str, at: float, then: float
) -> None:
    header, whole = sample(name)
    first, second = sorted(round(1 + part * len(whole)) for part in (at, then))
    spans = [Span(1, first), Span(first, second), Span(second, len(whole) + 1)]
    pieces = [cut.cut(whole, header, span, f"{CUT_ID}{n}") for n, span in enumerate(spans)]
    sources = [Source(piece.header, piece.entries) for piece in pieces]
    together = concat([sources[2], sources[0], sources[1]], WHOLE_ID)
    assert lines(together.header, together.entries) == lines(header, whole)
    assert [dangling(piece) for piece in pieces] == [set()] * 3
    for piece in pieces:
        assert [entry.n for entry in piece.entries] == list(range(1, len(piece.entries) + 1))
        assert all(entry.t >= 0 for entry in piece.entries)


@given(
    steps=st.lists(st.sampled_from(SPOKEN), min_size=2, max_size=3),
    first=st.integers(1, 4),
    more=st.integers(0, 2),
)
@settings(max_examples=6, deadline=None)
def test_turns_of_any_talk_replay_by_themselves_and_make_the_whole_again(
    steps: list[str], first: int, more: int
) -> None:
    whole = recorded(steps, listens=True)
    number = len(tell(whole).turns)
    first = min(first, number)
    last = min(first + more, number)
    runs = [(1, first - 1), (first, last), (last + 1, number)]
    pieces = [
        cut.cut(whole, HEADER, cut.by_turns(whole, start, end), CUT_ID) for start, end in runs if 1 <= start <= end
    ]
    assert [len(tell(piece.entries).turns) for piece in pieces] == [e - s + 1 for s, e in runs if 1 <= s <= e]
    for piece in pieces:
        assert dangling(piece) == set()
        assert replayed(piece).report(strict=True).met
    if len(pieces) > 1:
        together = concat([Source(piece.header, piece.entries) for piece in pieces], WHOLE_ID)
        assert lines(together.header, together.entries) == lines(HEADER, whole)


@pytest.mark.parametrize("span", [(1, 1), (2, 2), (3, 3), (1, 2), (2, 3)])
def test_each_run_of_turns_replays_by_itself(span: tuple[int, int]) -> None:
    whole = entries(THREE)
    piece = cut.cut(whole, HEADER, cut.by_turns(whole, *span), CUT_ID)
    assert dangling(piece) == set()
    assert users(piece) == ["item_u1", "cli_2", "cli_3"][span[0] - 1 : span[1]]
    assert tell(piece.entries).session.config["instructions"] == "Be brief."
    live = replayed(piece)
    assert live.report(strict=True).met, live.report(strict=True).text()


@pytest.mark.parametrize(("name", "turn"), [("barge-in", 1), ("barge-in", 2), ("voice-turn", 1), ("tool-call", 1)])
def test_a_turn_of_a_sample_replays_by_itself(name: str, turn: int) -> None:
    header, whole = sample(name)
    piece = cut.cut(whole, header, cut.by_turns(whole, turn, turn), CUT_ID)
    assert len(tell(piece.entries).turns) == 1
    live = replayed(piece)
    assert live.report(strict=True).met, live.report(strict=True).text()


def test_a_piece_says_in_its_header_and_in_a_note_what_was_left_out() -> None:
    whole = entries(THREE)
    piece = cut.cut(whole, HEADER, cut.by_turns(whole, 3, 3), CUT_ID)
    told = piece.header.extra["cut"]
    assert (piece.header.id, told["of"], told["entries"]) == (CUT_ID, HEADER.id, len(whole))
    note = piece.entries[told["note"] - 1]
    assert note.kind is Kind.NOTE
    assert note.members["text"] == piece.said
    kept = len(piece.entries) - 1
    assert f"cut from 01RECORDED: {len(whole) - kept} of {len(whole)} entries are left out" in piece.said


def test_the_first_item_of_a_piece_stands_behind_nothing_and_time_that_is_left_out_is_taken_out() -> None:
    whole = entries(THREE)
    piece = cut.cut(whole, HEADER, cut.by_turns(whole, 3, 3), CUT_ID)
    added = [orjson.loads(e.payload) for e in piece.entries if b"conversation.item.added" in e.payload]
    assert [(body["item"]["id"], body["previous_item_id"]) for body in added] == [("cli_3", None), ("item_a4", "cli_3")]
    *gaps, last = sorted(after.t - before.t for before, after in pairwise(piece.entries))
    assert last == pytest.approx(2.0)  # between the answer and the hang-up nothing was left out
    assert max(gaps) <= 0.25


def test_offsets_into_the_user_s_audio_count_from_the_piece_s_own_beginning() -> None:
    whole = entries(SPEECH)
    second = next(e.n for e in whole if b'audio_start_ms": 2000' in e.payload)
    piece = cut.cut(whole, HEADER, cut.by_turns(whole, 2, 2), CUT_ID)
    assert second
    speech = [orjson.loads(e.payload) for e in piece.entries if b"input_audio_buffer.speech_" in e.payload]
    appended = [e for e in piece.entries if b"input_audio_buffer.append" in e.payload]
    lost_ms = 3000 - sum(read(e).audio_bytes for e in appended) / 48
    assert [body.get("audio_start_ms", body.get("audio_end_ms")) for body in speech] == [2000 - lost_ms, 2900 - lost_ms]


def test_a_tool_s_output_goes_with_its_call_wherever_the_cut_is() -> None:
    whole = entries(THREE)
    call = next(e.n for e in whole if b'"call_2"' in e.payload)
    before = cut.cut(whole, HEADER, Span(1, call), CUT_ID)
    after = cut.cut(whole, HEADER, Span(call, len(whole) + 1), CUT_ID)
    outputs = [sum(b"function_call_output" in e.payload for e in piece.entries) for piece in (before, after)]
    assert outputs == [4, 0]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (4, 4, "there is no turn 4; the recording has 3"),
        (0, 1, "there are no turns 0 to 1"),
        (3, 2, "no turns 3 to 2"),
    ],
)
def test_turns_that_are_not_there_are_told_with_how_many_there_are(first: int, last: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        cut.by_turns(entries(THREE), first, last)


def test_a_time_in_which_nothing_happens_is_told_with_the_length() -> None:
    with pytest.raises(UsageError, match=r"nothing happens in that time; the recording is 2\.\d s long"):
        cut.by_time(entries(THREE), 60.0, None)


def test_a_piece_that_was_edited_since_is_no_piece_any_more() -> None:
    whole = entries(THREE)
    piece = cut.cut(whole, HEADER, cut.by_turns(whole, 3, 3), CUT_ID)
    assert cut.restore(piece.entries, piece.header) is not None
    assert cut.restore(piece.entries[:-1], piece.header) is None
    assert cut.restore(whole, HEADER) is None
