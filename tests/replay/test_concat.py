"""Recordings put together: one connection, each name for one thing, and it replays."""

from __future__ import annotations

from itertools import pairwise

import orjson
import pytest

from realtime_inspector.analysis.differences.told import tell
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import read
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Header, Kind
from realtime_inspector.replay import cut
from realtime_inspector.replay.concat import Source, concat
from tests.replay.helpers import HEADER, SPEECH, TEXT
from tests.replay.test_cut import CUT_ID, THREE, WHOLE_ID, dangling, replayed, users

OTHER = Header(id="01OTHER", started="2026-11-23T11:10:03.123456Z", url="wss://api.openai.com/v1/realtime")


def source(text: str, header: Header = HEADER) -> Source:
    """Return a transcript as one of the recordings."""
    return Source(header, transcript.entries(text), f"{header.id}.jsonl")


def bodies(entries: list[Entry], kind: str) -> list[dict[str, object]]:
    """Return the events of a type."""
    return [orjson.loads(e.payload) for e in entries if e.kind is Kind.MESSAGE and read(e).type == kind]


def test_two_recordings_with_the_same_ids_are_one_session_in_which_each_id_is_one_thing() -> None:
    whole = concat([source(THREE), source(THREE, OTHER)], WHOLE_ID)
    told = tell(whole.entries)
    assert users(whole) == ["item_u1", "cli_2", "cli_3", "item_u1_2", "cli_2_2", "cli_3_2"]
    assert len(told.session.responses) == 2 * len(tell(transcript.entries(THREE)).session.responses)
    assert len(bodies(whole.entries, "session.created")) == 1
    assert [e.kind for e in whole.entries[-2:]] == [Kind.CLOSE, Kind.END]
    assert sum(e.kind is Kind.CLOSE for e in whole.entries) == 1
    assert [e.n for e in whole.entries] == list(range(1, len(whole.entries) + 1))
    assert dangling(whole) == set()
    ids = [
        str(body["event_id"]) for e in whole.entries if e.payload and "event_id" in (body := orjson.loads(e.payload))
    ]
    assert len(ids) == len(set(ids))


def test_it_replays_as_one() -> None:
    live = replayed(concat([source(THREE), source(THREE, OTHER)], WHOLE_ID))
    assert live.report(strict=True).met, live.report(strict=True).text()


def test_what_follows_stands_behind_the_last_item_and_counts_the_audio_before_it() -> None:
    first = SPEECH + "x> 1000\nx\n"
    text = TEXT.replace('"event_id": "s2", "item"', '"event_id": "s2", "previous_item_id": null, "item"')
    whole = concat([source(first), source(text, OTHER), source(SPEECH, OTHER)], WHOLE_ID)
    last = tell(transcript.entries(first)).session.conversation[-1].id
    added = bodies(whole.entries, "conversation.item.added")
    assert next(b["previous_item_id"] for b in added if b["item"]["id"] == "item_u1") == last  # type: ignore[index]
    starts = [body["audio_start_ms"] for body in bodies(whole.entries, "input_audio_buffer.speech_started")]
    assert starts == [100, 2000, 3100, 5000]
    assert {response.conversation_id for response in tell(whole.entries).session.responses.values()} == {""}


def test_the_header_and_notes_say_what_it_is_made_of_and_where_settings_were_others() -> None:
    other = TEXT.replace("sess_1", "sess_9").replace('"output_modalities": ["audio"]', '"voice": "cedar"')
    whole = concat([source(TEXT), source(other, OTHER)], WHOLE_ID)
    assert whole.header.id == WHOLE_ID
    assert whole.header.extra["joined"] == ["01RECORDED", "01OTHER"]
    (note,) = [e for e in whole.entries if e.kind is Kind.NOTE]
    assert note.members["text"].startswith("joined: from here on it is 01OTHER; it began with other settings:")
    assert "session.voice" in note.members["text"]
    assert {body["session"]["id"] for body in bodies(whole.entries, "session.updated")} == {"sess_1"}  # type: ignore[index]


def test_times_go_on() -> None:
    whole = concat([source(THREE), source(TEXT, OTHER)], WHOLE_ID)
    assert all(one.t <= other.t for one, other in pairwise(whole.entries))


def test_pieces_with_a_hole_between_them_are_one_piece_with_that_hole() -> None:
    entries = transcript.entries(THREE)
    pieces = [cut.cut(entries, HEADER, cut.by_turns(entries, n, n), f"{CUT_ID}{n}") for n in (1, 3)]
    whole = concat([Source(piece.header, piece.entries) for piece in pieces], WHOLE_ID)
    assert users(whole) == ["item_u1", "cli_3"]
    assert dangling(whole) == set()
    middle = cut.cut(entries, HEADER, cut.by_turns(entries, 2, 2), CUT_ID)
    all_of_it = concat([Source(whole.header, whole.entries), Source(middle.header, middle.entries)], WHOLE_ID)
    assert (all_of_it.header, all_of_it.entries) == (HEADER, entries)


def test_what_has_no_session_or_speaks_another_dialect_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"01OTHER\.jsonl: no session begins in it, so there is nothing to join"):
        concat([source(TEXT), source("> GET /v1/realtime\n< 401\nx", OTHER)], WHOLE_ID)
    beta = '< {"type": "session.created", "session": {"id": "s", "modalities": ["text"]}}\n'
    beta += '< {"type": "response.audio_transcript.delta", "response_id": "r", "delta": "a"}\nx'
    with pytest.raises(UsageError, match=r"01OTHER\.jsonl: it speaks beta, the one before ga"):
        concat([source(TEXT), source(beta, OTHER)], WHOLE_ID)
