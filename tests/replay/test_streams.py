"""Translations and sessions of the Live API, replayed: what a stream brings waits for the audio that it came of."""

from __future__ import annotations

import pytest

from tests.replay.helpers import Live, script
from tests.streams import CLOSED, LIVE, heard, sent, spoken

CALL = LIVE + sent(3) + heard("Hello", 0, 400) + spoken("Hi.") + sent(2) + CLOSED
PIECE = {"type": "session.input_audio.append", "audio": "AAAA" * 1600}
"""100 ms of silence: another microphone, in other pieces."""


def started() -> Live:
    live = Live(script(CALL))
    live.send({"type": "session.start", "session": {"type": "live", "model": "gpt-live-1"}})
    return live


def test_what_is_said_waits_for_as_much_audio_as_it_had_in_the_recording() -> None:
    live = started()
    live.wait(9)
    assert [each["type"] for each in live.got] == ["session.started"]
    live.send(*[PIECE] * 5)
    live.wait(9)
    assert len(live.got) == 1, "500 of 600 ms"
    live.send(PIECE)
    live.wait(9)
    assert [each["type"].partition(".")[2] for each in live.got[1:]] == [
        "input_transcript.delta",
        "output_transcript.delta",
        "output_audio.delta",
    ]


def test_the_end_is_met_by_a_client_that_takes_its_time() -> None:
    live = started()
    live.send(*[PIECE] * 10)
    live.wait(9)
    live.send({"type": "session.close"})
    live.wait(9)
    assert live.got[-1]["type"] == "session.closed"
    assert live.closed is not None
    assert not live.player.mismatches
    assert live.closed.code == 1000


@pytest.mark.parametrize(
    ("kind", "audio", "code"),
    [
        ("input_audio_buffer.append", "AAAA", "invalid_value"),
        ("session.input_audio_buffer.append", "AAAA", "invalid_value"),
        ("session.input_audio.append", "~", "invalid_value"),
        ("session.input_audio.append", None, "missing_required_parameter"),
    ],
)
def test_audio_that_this_kind_of_session_does_not_take_is_refused(kind: str, audio: str | None, code: str) -> None:
    live = started()
    (error,) = live.send(*[{"type": kind, "audio": audio}] * 2)
    assert error["error"]["code"] == code
    assert not live.report().met
    assert live.closed is None


def test_another_model_is_a_mismatch() -> None:
    live = Live(script(CALL))
    live.send({"type": "session.start", "session": {"type": "live", "model": "gpt-live-2"}})
    assert [difference.path for difference in live.player.mismatches[0].differences] == ["session.model"]
