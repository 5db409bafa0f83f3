"""What the session remembers of the user's audio, its transcription and its voice detection."""

from __future__ import annotations

from tests.analysis.sessions import session

OFF = '< {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null, "transcription": {"model": "m"}}}}}\n'
ON = '< {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}\n'
TRANSCRIBED = "conversation.item.input_audio_transcription"


def test_voice_detection_is_off_only_where_the_session_says_so() -> None:
    assert session(OFF).detection_is_off
    assert not session(OFF + ON).detection_is_off
    assert not session('< {"type": "session.created", "session": {}}').detection_is_off
    assert session('< {"type": "session.created", "session": {"turn_detection": null}}').detection_is_off


def phone(form: str) -> str:
    """Return a client that asks for a format, and speaks before that is confirmed: 4,800 bytes."""
    asked = f'"session": {{"audio": {{"input": {{"format": {{"type": "{form}"}}}}}}}}'
    return (
        '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcm"}}}}}\n'
        f'> {{"type": "session.update", "event_id": "e1", {asked}}}\n'
        '> {"type": "session.update", "session": {"tools": []}}\n'
        '> {"type": "input_audio_buffer.append", "audio": "<100ms>"}\n'
    )


def test_audio_is_of_the_format_asked_for_before_that_is_confirmed() -> None:
    assert session(phone("audio/pcmu")).input_audio.total_ms == 600
    assert session(phone("audio/opus")).input_audio.total_ms == 100
    late = phone("audio/pcmu").splitlines()
    assert session("\n".join([*late[1:3], late[0], late[3]])).input_audio.total_ms == 600


def test_audio_is_of_the_former_format_again_where_another_was_refused() -> None:
    refused = '< {"type": "error", "error": {"type": "invalid_request_error", "event_id": "e1", "message": "no"}}\n'
    again = '> {"type": "input_audio_buffer.append", "audio": "<100ms>"}\n'
    assert session(phone("audio/pcmu") + refused + again).input_audio.total_ms == 700


def test_it_is_remembered_when_voice_detection_was_switched_on() -> None:
    switched = session(OFF + ON + ON).detection_on
    assert switched is not None
    assert switched.n == 2
    assert session(ON).detection_on is None


def test_the_transcription_in_force_is_read_in_both_dialects() -> None:
    assert session(OFF).transcription == {"model": "m"}
    beta = '< {"type": "session.created", "session": {"input_audio_transcription": {"model": "w"}}}'
    assert session(beta).transcription == {"model": "w"}
    assert session(ON).transcription is None


def test_an_item_knows_when_it_was_committed_and_transcribed_and_what_that_took() -> None:
    folded = session(
        f"""
        < {{"type": "input_audio_buffer.committed", "item_id": "u1"}}
        < {{"type": "{TRANSCRIBED}.delta", "item_id": "u1", "delta": "H"}}
        < {{"type": "{TRANSCRIBED}.completed", "item_id": "u1", "content_index": 0, "transcript": "Hi", "usage": {{"type": "duration", "seconds": 2}}}}
        < {{"type": "input_audio_buffer.committed", "item_id": "u2"}}
        < {{"type": "{TRANSCRIBED}.failed", "item_id": "u2", "error": {{}}}}
        """
    )
    first, second = folded.items["u1"], folded.items["u2"]
    assert first.committed is not None
    assert (first.committed.n, first.transcript, first.transcribed[0].n) == (1, "Hi", 3)
    assert first.transcription_usage == {"type": "duration", "seconds": 2}
    assert (second.transcript, second.transcribed[0].n, second.transcription_usage) == ("", 5, {})


def test_idle_turns_are_counted_until_the_user_speaks() -> None:
    idle = (
        '< {"type": "input_audio_buffer.timeout_triggered", "item_id": "u1", "audio_start_ms": 0, "audio_end_ms": 9}\n'
    )
    spoken = '< {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 9}\n'
    assert session(idle * 3).input_audio.timeouts == 3
    assert session(idle * 3 + spoken + idle).input_audio.timeouts == 1


def test_what_was_taken_out_of_the_context_is_remembered() -> None:
    assert session(OFF).context_cut is None
    for event in (
        ON,
        '< {"type": "conversation.item.deleted", "item_id": "u1"}',
        '< {"type": "conversation.item.truncated", "item_id": "a1", "audio_end_ms": 1}',
    ):
        cut = session(OFF + event).context_cut
        assert cut is not None
        assert cut.n == 2


def test_a_stall_is_what_the_playback_has_to_wait_for() -> None:
    delta = '< {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}'
    steady = session(f"{delta}\n+400ms {delta}\n+400ms {delta}").playback["a1"]
    stalled = session(f"{delta}\n+800ms {delta}\n+900ms {delta}").playback["a1"]
    assert (steady.stalled_ms, round(stalled.stalled_ms)) == (0, 300 + 400)
