"""What a session is after its events, told as transcripts."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given, settings

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.changes.waiting import LIMIT
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from tests.protocol.anything import SESSIONS, events
from tests.protocol.folding import folded, session

# the wire


def test_the_handshake_tells_url_model_and_answer() -> None:
    found = session("> GET /v1/realtime?model=gpt-realtime-2.1\n< 101")
    assert found.model == "gpt-realtime-2.1"
    assert found.handshake is not None
    assert not found.is_sideband


def test_a_deployment_in_the_url_is_the_model() -> None:
    assert session("> GET /openai/realtime?api-version=2024-10-01&deployment=mine").model == "mine"


def test_only_the_first_handshake_counts() -> None:
    assert session("> GET /v1/realtime?model=a\n< 101\n> GET /v1/realtime?model=b\n< 101").model == "a"


def test_a_log_says_what_it_leaves_out_and_is_not_whole_without_its_items() -> None:
    found = session('< {"type": "session.created", "session": {}}')
    assert found.is_whole
    found.begin(Header("l", "2026-11-22T00:00:00Z", tags={"left_out": "client items", "date": "unknown"}))
    assert found.left_out == {"client", "items"}
    assert not found.is_whole
    assert found.started is None


def test_a_socket_with_a_call_id_is_a_sideband() -> None:
    found = session('> GET /v1/realtime?call_id=rtc_1\n< {"type": "session.created", "session": {}}')
    assert found.is_sideband
    assert not found.is_whole


def test_a_session_is_whole_from_its_start_without_a_gap() -> None:
    created = '< {"type": "session.created", "session": {}}'
    assert session(created).is_whole
    assert not session(f"{created}\n! 3 disk full").is_whole
    assert not session('< {"type": "response.created"}').is_whole


def test_the_first_close_and_how_it_ended_are_kept() -> None:
    found = session("x> 1000 bye\nx< 1011\nx reset\nx")
    assert found.close is not None
    assert found.close.get("code") == 1000
    assert found.ended is not None
    assert (found.ended.n, found.ended_how) == (3, "reset")


def test_an_intent_or_a_type_makes_it_a_transcription() -> None:
    assert session("> GET /v1/realtime?intent=transcription").is_transcription
    assert session('< {"type": "session.created", "session": {"type": "transcription"}}').is_transcription
    beta = '{"object": "realtime.transcription_session"}'
    assert session(f'< {{"type": "transcription_session.created", "session": {beta}}}').is_transcription
    assert session('< {"type": "session.created", "session": {"model": "qwen3-asr-flash-realtime"}}').is_transcription
    assert not session('< {"type": "session.created", "session": {"type": "realtime"}}').is_transcription


# the dialect


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ('> GET /v1/realtime?model=m {"OpenAI-Beta": "realtime=v1"}', "beta"),
        ('> GET /v1/realtime?model=m {"Sec-WebSocket-Protocol": "realtime, openai-beta.realtime-v1"}', "beta"),
        ("> GET /openai/realtime?api-version=2024-10-01&deployment=d", "beta"),
        ("> GET /openai/v1/realtime?model=d", ""),
        ('< {"type": "session.created", "session": {"output_modalities": ["audio"]}}', "ga"),
        ('< {"type": "session.created", "session": {"audio": {}}}', "ga"),
        ('< {"type": "session.created", "session": {"modalities": ["audio", "text"]}}', "beta"),
        ('< {"type": "session.created", "session": {}}', ""),
        ('< {"type": "transcription_session.created", "session": {}}', "beta"),
        ('< {"type": "session.updated", "session": {"input_audio_format": "pcm16"}}', "beta"),
        ('< {"type": "session.updated", "session": {"audio": {}}}', "ga"),
        ('< {"type": "response.audio.delta", "delta": ""}', "beta"),
        ('< {"type": "response.output_audio.delta", "delta": ""}', "ga"),
        ('> {"type": "response.audio.delta", "delta": ""}', ""),
        ('< {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type"}}', "ga"),
        ('< {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.voice"}}', ""),
        ('< {"type": "error", "error": {"code": "invalid_value", "param": "session.type"}}', ""),
    ],
)
def test_the_dialect_is_what_the_first_sign_shows(text: str, dialect: str) -> None:
    found = session(text)
    assert found.dialect == dialect
    assert bool(found.dialect_reason) is bool(dialect)


def test_the_first_session_of_the_server_outweighs_the_header() -> None:
    found = session(
        """
        > GET /v1/realtime?model=m {"OpenAI-Beta": "realtime=v1"}
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.audio.delta", "delta": ""}
        """
    )
    assert (found.dialect, found.dialect_reason) == ("ga", "session.created has the ga shape")


# the configuration


def test_the_first_configuration_is_kept_beside_the_one_in_force() -> None:
    found = session(
        """
        < {"type": "session.created", "session": {"id": "s1", "expires_at": 1763800000, "model": "m", "voice": "a"}}
        > {"type": "session.update", "session": {"voice": "b"}}
        < {"type": "session.updated", "session": {"model": "m", "voice": "b"}}
        """
    )
    assert (found.id, found.expires_at, found.model) == ("s1", 1763800000.0, "m")
    assert (found.default_config["voice"], found.config["voice"]) == ("a", "b")
    assert found.config_at is not None
    assert found.config_at.n == 3


def test_updates_are_answered_in_order() -> None:
    found = session(
        """
        > {"type": "session.update", "event_id": "e1", "session": {"voice": "a"}}
        > {"type": "session.update", "session": {"voice": "b"}}
        < {"type": "session.updated", "session": {"voice": "a"}}
        """
    )
    first, second = found.updates
    assert (first.status, first.event_id, first.effective) == ("accepted", "e1", {"voice": "a"})
    assert second.status == "pending"
    assert found.pending_updates == [second]
    assert [pending.at.n for pending in found.unanswered] == [2]


def test_an_error_that_overtakes_an_acknowledgement_refuses_the_update_it_speaks_of() -> None:
    found = session(
        """
        > {"type": "session.update", "session": {"type": "realtime"}}
        > {"type": "session.update", "session": {"type": "realtime", "modalities": ["audio"]}}
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.modalities"}}
        < {"type": "session.updated", "session": {"audio": {}}}
        """
    )
    assert [update.status for update in found.updates] == ["accepted", "rejected"]
    assert found.updates[1].error == {"code": "unknown_parameter", "param": "session.modalities"}
    assert found.unanswered == []


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ('{"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}', "server_vad"),
        ('{"turn_detection": {"type": "semantic_vad"}}', "semantic_vad"),
        ('{"audio": {"input": {"turn_detection": null}}}', None),
        ('{"turn_detection": {"type": "none"}}', None),
        ("{}", None),
    ],
)
def test_turn_detection_is_found_in_both_shapes(config: str, kind: str | None) -> None:
    found = session(f'< {{"type": "session.created", "session": {config}}}').turn_detection
    assert (found or {}).get("type") == kind


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ('{"audio": {"output": {"format": {"type": "audio/pcmu"}}}}', "audio/pcmu"),
        ('{"output_audio_format": "g711_alaw"}', "audio/pcma"),
        ("{}", "audio/pcm"),
    ],
)
def test_the_output_format_is_found_in_both_shapes(config: str, name: str) -> None:
    assert session(f'< {{"type": "session.created", "session": {config}}}').output_format.name == name


# the user's audio


def test_appends_are_counted_in_the_format_in_force() -> None:
    found = session(
        """
        > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
        < {"type": "session.updated", "session": {"input_audio_format": "g711_ulaw"}}
        > {"type": "input_audio_buffer.append", "audio": "<100ms>"}
        """
    ).input_audio
    assert (found.appends, found.total_bytes, found.total_ms) == (2, 9600, 700.0)


def test_what_is_appended_after_a_commit_belongs_to_the_next_turn() -> None:
    found = session(
        """
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        > {"type": "input_audio_buffer.commit"}
        > {"type": "input_audio_buffer.append", "audio": "<60ms>"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        """
    )
    audio = found.input_audio
    assert (audio.buffered_ms, audio.commits, audio.last_committed_by) == (60.0, 1, "client")
    assert found.unanswered == []
    assert found.open_turn is None


def test_a_refused_commit_leaves_the_buffer_as_it_was() -> None:
    found = session(
        """
        > {"type": "input_audio_buffer.append", "audio": "<60ms>"}
        > {"type": "input_audio_buffer.commit"}
        < {"type": "error", "error": {"code": "input_audio_buffer_commit_empty"}}
        > {"type": "input_audio_buffer.append", "audio": "<60ms>"}
        """
    )
    assert found.input_audio.buffered_ms == 120.0


def test_a_clear_empties_the_buffer() -> None:
    found = session(
        """
        > {"type": "input_audio_buffer.append", "audio": "<60ms>"}
        > {"type": "input_audio_buffer.clear"}
        < {"type": "input_audio_buffer.cleared"}
        """
    )
    assert (found.input_audio.buffered_ms, found.input_audio.emptied) == (0.0, "clear")
    assert found.unanswered == []


def test_a_turn_of_voice_detection_is_open_until_a_response_begins() -> None:
    text = """
        > {"type": "input_audio_buffer.append", "audio": "<500ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 400}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        """
    found = session(text)
    speech = found.input_audio.speech[0]
    assert (speech.item_id, speech.start_ms, speech.end_ms, speech.ended_by) == ("u1", 100.0, 400.0, "stopped")
    assert found.input_audio.active_speech is None
    assert found.input_audio.last_committed_by == "vad"
    assert found.user_turns == 1
    assert found.open_turn is not None
    assert session(text + '< {"type": "response.created", "response": {"id": "r"}}').open_turn is None


@pytest.mark.parametrize(
    ("line", "by"),
    [
        ('< {"type": "input_audio_buffer.committed", "item_id": "u1"}', "committed"),
        ('< {"type": "input_audio_buffer.cleared"}', "cleared"),
        ('< {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": null}}}}', "off"),
        ('< {"type": "session.updated", "session": {"audio": {"output": {}}}}', ""),
    ],
)
def test_speech_can_end_without_being_stopped(line: str, by: str) -> None:
    started = '< {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}'
    assert session(f"{started}\n{line}").input_audio.speech[0].ended_by == by


def test_a_stop_without_a_start_is_nothing() -> None:
    assert session('< {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 5}').input_audio.speech == []


def test_what_the_user_said_comes_in_pieces_or_whole() -> None:
    name = "conversation.item.input_audio_transcription"
    pieces = f'< {{"type": "{name}.delta", "item_id": "u1", "delta": "Hel"}}'
    found = session(f"{pieces}\n{pieces}")
    assert (found.items["u1"].transcript, found.items["u1"].role) == ("HelHel", "user")
    whole = f'< {{"type": "{name}.completed", "item_id": "u1", "transcript": "Hello."}}'
    assert session(f"{pieces}\n{whole}\n{whole}").items["u1"].transcript == "Hello."


# errors and limits


def test_an_error_names_its_cause_by_the_clients_event_id() -> None:
    found = session(
        """
        > {"type": "response.create", "event_id": "e1"}
        > {"type": "response.create", "event_id": "e2"}
        < {"type": "error", "error": {"type": "x", "code": "c", "message": "m", "param": "p", "event_id": "e2"}}
        """
    )
    error = found.errors[0]
    assert (error.type, error.code, error.message, error.param, error.event_id) == ("x", "c", "m", "p", "e2")
    assert (error.cause, error.cause_type, error.confidence) == (found.requests[1].at, "response.create", "certain")
    assert [request.status for request in found.requests] == ["pending", "rejected"]
    assert found.pending_requests == [found.requests[0]]


def test_an_error_about_audio_finds_the_append_it_names() -> None:
    found = session(
        """
        > {"type": "input_audio_buffer.append", "event_id": "e1", "audio": "?"}
        < {"type": "error", "error": {"code": "invalid_value", "param": "audio", "event_id": "e1"}}
        """
    )
    assert found.errors[0].cause_type == "input_audio_buffer.append"
    assert found.unanswered == []


def test_an_error_about_a_message_without_a_type_finds_it() -> None:
    found = session(
        """
        > {"event": "response.create"}
        < {"type": "error", "error": {"code": "invalid_event", "message": "The 'type' field is missing."}}
        """
    )
    assert found.errors[0].cause_type == "wire.untyped"
    assert found.unanswered == []


def test_an_error_without_an_object_is_an_error_all_the_same() -> None:
    error = session('< {"type": "error", "error": "no"}').errors[0]
    assert (error.code, error.cause, error.confidence) == ("", None, "none")


def test_rate_limits_are_kept_by_name() -> None:
    found = session('< {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "remaining": 5}, 7]}')
    assert found.rate_limits == {"tokens": {"name": "tokens", "remaining": 5}}


# whatever comes


def test_a_proxys_own_message_changes_nothing() -> None:
    found = folded([read(Entry(1, 0.0, Side.PROXY, Kind.MESSAGE, b'{"type": "session.created", "session": {}}'))])
    assert (found.created, found.events) == (None, 1)


def test_an_unknown_type_is_counted_only() -> None:
    found = session('< {"type": "made.up", "item": {"id": "a"}}')
    assert found.counts == {"made.up": 1}
    assert found.items == {}


def test_a_server_that_never_answers_leaves_the_newest_thousand_waiting() -> None:
    events = [Event(Entry(n, 0.0, Side.CLIENT, Kind.MESSAGE), "made.up", {"event_id": str(n)}) for n in range(1, 1200)]
    found = folded(events)
    assert (len(found.unanswered), len(found.named)) == (LIMIT, LIMIT)
    assert found.unanswered[0].at.n == 200


@settings(deadline=None)
@given(SESSIONS)
def test_no_sequence_of_messages_raises(drawn: list[tuple[float, tuple[Side, bytes]]]) -> None:
    found = folded(events(drawn))
    assert found.events == len(drawn)
    assert len(found.pending_requests) == sum(request.status == "pending" for request in found.requests)
    assert all(response.active for response in found.active.values())
    assert found.model is not None
    assert isinstance(found.playing(found.now), object)


HARD = (
    '> {"type": "response.create", "response": {"metadata": {"k": "%d"}}}',
    '< {"type": "response.created", "response": {"id": "r%d", "metadata": {"k": "x"}}}',
    '> {"type": "session.update", "session": {}}',
    '< {"type": "error", "error": {"code": "conversation_already_has_active_response"}}',
    '> {"type": "conversation.item.create", "item": {"id": "i%d", "type": "function_call_output"}}',
    '< {"type": "response.output_text.delta", "response_id": "r0", "item_id": "a", "delta": "word %d"}',
    '< {"type": "response.output_audio.delta", "response_id": "r0", "item_id": "b%d", "delta": "<10ms>"}',
    '< {"type": "response.done", "response": {"id": "r%d", "status": "completed"}}',
    '> {"type": "response.cancel"}',
    '< {"type": "input_audio_buffer.speech_started", "item_id": "u%d"}',
)


def test_a_long_session_of_unanswered_wishes_takes_linear_time() -> None:
    def seconds(length: int) -> float:
        lines = [line % n if "%d" in line else line for n in range(length // len(HARD)) for line in HARD]
        events = [read(entry) for entry in transcript.entries("\n".join(lines))]
        gc.disable()  # a pass over all that the other tests left takes longer than what is measured
        began = time.process_time()
        found = folded(events)
        found.playing(found.now)
        gc.enable()
        return time.process_time() - began

    # Six times the events; squared it would be thirty-six times the time, whenever the machine is busy.
    assert any(seconds(12_000) < 20 * seconds(2_000) for _ in range(5))


def test_the_upgrade_is_told_from_plain_requests_on_its_connection() -> None:
    found = session(
        """
        > POST /v1/realtime/client_secrets
        < 200
        > GET /v1/realtime?model=m
        < 101
        """
    )
    assert found.target == "/v1/realtime?model=m"
    assert found.handshake is not None
    assert found.handshake.body["status"] == 101
