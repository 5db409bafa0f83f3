"""The search for the smallest recording that still fails."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.lint import lint
from realtime_inspector.protocol.event import read
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.cut import Piece
from realtime_inspector.replay.shrink import Search, smallest
from tests.replay.helpers import HEADER, OPEN


def turn(number: int, *, call_id: bool = True) -> str:
    """Return a turn with a tool call; without `call_id` it is answered as it must not be."""
    response, item, call = f"resp_{number}", f"item_{number}", f"call_{number}"
    output = {"type": "function_call_output", "output": "ok"} | ({"call_id": call} if call_id else {})
    deltas = "".join(
        f'    < {{"type": "response.function_call_arguments.delta", "response_id": "{response}", '
        f'"item_id": "{item}", "call_id": "{call}", "delta": "x"}}\n'
        for _ in range(20)
    )
    user = {"type": "message", "id": f"user_{number}", "role": "user", "content": []}
    added = f'"item": {{"id": "user_{number}", "type": "message"}}, "previous_item_id": "item_{number - 1}"'
    opened = f'{{"id": "{item}", "type": "function_call", "call_id": "{call}", "name": "f"'
    return (
        f'    > {{"type": "conversation.item.create", "item": {orjson.dumps(user).decode()}}}\n'
        f'    < {{"type": "conversation.item.added", {added}}}\n'
        f'    > {{"type": "response.create"}}\n'
        f'    < {{"type": "response.created", "response": {{"id": "{response}"}}}}\n'
        f'    < {{"type": "response.output_item.added", "response_id": "{response}", "item": {opened}}}}}\n{deltas}'
        f'    < {{"type": "response.output_item.done", "response_id": "{response}", '
        f'"item": {opened}, "status": "completed", "arguments": "{{}}"}}}}\n'
        f'    < {{"type": "response.done", "response": {{"id": "{response}", "status": "completed"}}}}\n'
        f'    > {{"type": "conversation.item.create", "item": {orjson.dumps(output).decode()}}}\n'
    )


def call_of(number: int, bad: int) -> list[Entry]:
    """Return a call of many turns, one of which has a mistake."""
    return transcript.entries(OPEN + "".join(turn(n, call_id=n != bad) for n in range(1, number + 1)))


def has(rule: str) -> Callable[[Piece], bool]:
    return lambda piece: any(finding.rule == rule for finding in lint(piece.entries))


def test_a_session_of_500_events_shrinks_to_the_few_that_matter() -> None:
    entries = call_of(18, bad=11)
    assert len(entries) > 500
    search = Search(entries, HEADER, "01SHRUNK")
    told: list[str] = []
    piece = search.run(has("TOOL003"), told.append)
    assert len(piece.entries) < 15
    assert has("TOOL003")(piece)
    assert search.tried < 100
    assert [line.partition(":")[0] for line in told] == [
        "without turns",
        "without what belongs together",
        "without events",
    ]


def goes_unanswered(piece: Piece) -> bool:
    """Tell whether two seconds go by after a tool's output in which nobody asks for a response."""
    outputs = [entry.t for entry in piece.entries if b"function_call_output" in entry.payload]
    asked = [entry.t for entry in piece.entries if b'"response.create"' in entry.payload]
    return any(not any(t <= a < t + 2 for a in asked) and piece.entries[-1].t >= t + 2 for t in outputs)


def test_a_silence_that_fails_stays_and_the_rest_of_the_time_goes() -> None:
    listening = '    +100ms > {"type": "input_audio_buffer.append", "audio": "<10ms>"}\n' * 40
    entries = transcript.entries(OPEN + listening + turn(1) + listening + "    x> 1000\n    x\n")
    search = Search(entries, HEADER, "01SHRUNK")
    piece = search.run(goes_unanswered)
    assert len(piece.entries) < 12
    assert goes_unanswered(piece)
    assert search.tried < 60
    assert 2 < piece.entries[-1].t < 5


def test_nothing_that_is_left_names_what_is_gone() -> None:
    entries = call_of(4, bad=3)
    seen: list[Piece] = []

    def fails(piece: Piece) -> bool:
        seen.append(piece)
        text = b"".join(entry.payload for entry in piece.entries)
        return text.count(b"arguments.delta") > 2 and b"user_1" in text and b'"response.done"' in text

    piece = Search(entries, HEADER, "01SHRUNK").run(fails)
    assert len(piece.entries) <= 12
    assert len(seen) > 30
    for piece in seen:
        assert [entry.n for entry in piece.entries] == list(range(1, len(piece.entries) + 1))
        assert {entry.kind for entry in piece.entries} >= {Kind.REQUEST, Kind.RESPONSE}
        known: set[str] = set()
        for event in map(read, piece.entries):
            if event.type == "response.created":
                known.add(event.get("response.id"))
            assert event.get("response_id") is None or event.get("response_id") in known


def test_an_item_stands_behind_the_last_one_that_is_left() -> None:
    entries = call_of(3, bad=3)
    piece = Search(entries, HEADER, "01SHRUNK").run(
        lambda piece: b'"user_3"' in b"".join(e.payload for e in piece.entries)
    )
    assert not any(b"item_2" in entry.payload for entry in piece.entries if entry.side is Side.SERVER)


def test_a_piece_that_has_to_be_whole_stays_whole() -> None:
    entries = call_of(2, bad=1)
    number = sum(entry.kind is Kind.MESSAGE for entry in entries)
    search = Search(entries, HEADER, "01SHRUNK")
    piece = search.run(lambda piece: sum(entry.kind is Kind.MESSAGE for entry in piece.entries) == number)
    assert [entry.payload for entry in piece.entries] == [entry.payload for entry in entries]


@given(st.sets(st.integers(0, 40), max_size=4), st.integers(41, 60))
def test_exactly_the_needed_parts_are_found(needed: set[int], number: int) -> None:
    asked: list[int] = []

    def fails(parts: list[int]) -> bool:
        asked.append(len(parts))
        return needed <= set(parts)

    assert smallest(list(range(number)), fails) == sorted(needed)
    assert len(asked) < 400
