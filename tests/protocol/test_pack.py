"""The pack says of the Realtime API what its modules say."""

from __future__ import annotations

from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.pack import REALTIME
from realtime_inspector.recording import transcript


def test_the_names_of_both_dialects_are_in_the_pack() -> None:
    assert {"session.update", "transcription_session.update"} <= REALTIME.client_types
    assert {"response.output_audio.delta", "response.audio.delta"} <= REALTIME.server_types


def test_a_session_of_the_pack_takes_events() -> None:
    session = REALTIME.session()
    for entry in transcript.entries('< {"type": "session.created", "session": {"id": "s1"}}'):
        session.apply(read(entry))
    assert session.id == "s1"


def test_the_pack_judges_an_event_of_either_side() -> None:
    assert [problem.path for problem in REALTIME.problems("session.update", {"type": "session.update"}, "client")] == [
        "session"
    ]
    assert REALTIME.problems("error", {"type": "error"}, "server")
    assert REALTIME.source().package == "openai"
