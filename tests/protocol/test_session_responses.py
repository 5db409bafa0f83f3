"""Responses and what they say, as a session keeps them."""

from __future__ import annotations

import pytest

from tests.protocol.folding import session


def test_a_response_is_told_from_its_request_to_its_end() -> None:
    found = session(
        """
        > {"type": "response.create", "event_id": "e1", "response": {"metadata": {"k": "1"}}}
        < {"type": "response.created", "response": {"id": "r1", "metadata": {"k": "1"}}}
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant"}}
        < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "delta": "Hel"}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<100ms>"}
        < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "delta": "lo."}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "a1", "type": "message", "status": "completed"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "usage": {"total_tokens": 5}}}
        """
    )
    response, item = found.responses["r1"], found.items["a1"]
    assert response.request is found.requests[0]
    assert (found.requests[0].status, found.requests[0].response_id) == ("created", "r1")
    assert (response.status, response.item_ids, response.usage) == ("completed", ["a1"], {"total_tokens": 5})
    assert (response.metadata, response.active) == ({"k": "1"}, False)
    marks = (response.first_output, response.first_audio, response.last_delta, item.done)
    assert [at.n for at in marks if at is not None] == [4, 5, 6, 7]
    assert (item.transcript, item.audio_ms, item.response_id, item.status) == ("Hello.", 100.0, "r1", "completed")
    assert found.unanswered == []
    assert found.active_response is None
    assert found.last_response is response


def test_a_response_of_voice_detection_has_no_request() -> None:
    found = session('< {"type": "response.created", "response": {"id": "r1"}}')
    assert found.responses["r1"].request is None
    assert found.active_response is found.responses["r1"]


def test_requests_find_their_responses_by_metadata_in_any_order() -> None:
    found = session(
        """
        > {"type": "response.create", "response": {"metadata": {"k": "1"}, "conversation": "none"}}
        > {"type": "response.create", "response": {"metadata": {"k": "2"}, "conversation": "none"}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r2", "metadata": {"k": "2"}}}
        < {"type": "response.created", "response": {"id": "r3", "metadata": null}}
        """
    )
    assert [request.response_id for request in found.requests] == ["", "r2", "r3"]
    assert [request.at.n for request in found.pending_requests] == [1]
    assert found.responses["r2"].out_of_band
    assert found.active_response is found.responses["r3"]


def test_a_server_that_gives_no_metadata_back_still_answers() -> None:
    found = session(
        """
        > {"type": "response.create", "response": {"metadata": {"k": "1"}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        """
    )
    assert found.requests[0].response_id == "r1"


def test_a_response_to_speech_does_not_answer_a_request_with_metadata() -> None:
    found = session(
        """
        > {"type": "response.create", "response": {"metadata": {"k": "1"}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.created", "response": {"id": "r1"}}
        """
    )
    assert found.requests[0].status == "pending"


def test_a_response_in_the_conversation_does_not_answer_a_request_outside_it() -> None:
    found = session(
        """
        > {"type": "response.create", "response": {"conversation": "none"}}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": "conv_1"}}
        """
    )
    assert found.requests[0].status == "pending"


def test_a_response_outside_the_conversation_is_known_without_its_request() -> None:
    created = (
        '< {"type": "response.created", "response": {"id": "r1", "conversation_id": null, "metadata": {"k": "1"}}}'
    )
    assert session(created).responses["r1"].out_of_band


def test_a_refused_request_gives_back_the_response_that_voice_detection_began() -> None:
    found = session(
        """
        > {"type": "response.create", "response": {"output_audio_format": "g711_ulaw"}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}
        """
    )
    assert found.requests[0].status == "rejected"
    assert (found.responses["r1"].request, found.responses["r1"].audio_format) == (None, None)
    assert (found.errors[0].cause_type, found.errors[0].confidence) == ("response.create", "likely")


def test_a_response_whose_beginning_is_missing_is_still_one() -> None:
    found = session(
        """
        > {"type": "response.create"}
        < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed"}}
        """
    )
    assert (found.responses["r1"].active, found.responses["r2"].active) == (True, False)
    assert found.requests[0].response_id == "r1"
    assert found.items["a1"].text == "Hi"


def test_parts_of_an_item_are_kept_apart() -> None:
    found = session(
        """
        < {"type": "response.output_text.delta", "item_id": "a1", "content_index": 1, "delta": "b"}
        < {"type": "response.output_text.delta", "item_id": "a1", "content_index": 0, "delta": "a"}
        < {"type": "response.output_text.done", "item_id": "a1", "content_index": 1, "text": "B"}
        < {"type": "response.output_audio_transcript.done", "item_id": "a1", "transcript": "said"}
        """
    )
    item = found.items["a1"]
    assert (item.text, item.transcript) == ("aB", "said")
    assert (item.written.part(0), item.written.part(7)) == ("a", "")


@pytest.mark.parametrize("details", ['{"type": "cancelled", "reason": "turn_detected"}', '"turn_detected"'])
def test_the_reason_of_an_end_is_found_in_both_forms(details: str) -> None:
    found = session(
        f'< {{"type": "response.done", "response": {{"id": "r", "status": "cancelled", "status_details": {details}}}}}'
    )
    assert (found.responses["r"].status, found.responses["r"].reason) == ("cancelled", "turn_detected")


def test_a_cancel_is_answered_by_a_cancelled_response() -> None:
    text = """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.cancel"}
        < {"type": "response.done", "response": {"id": "r1", "status": "%s"}}
        """
    assert session(text % "cancelled").unanswered == []
    assert len(session(text % "completed").unanswered) == 1


def test_a_cancel_that_came_too_late_is_what_the_error_answers() -> None:
    found = session(
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.cancel", "response_id": "r1"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "error", "error": {"code": "response_cancel_not_active"}}
        """
    )
    assert found.responses["r1"].cancel is not None
    assert found.errors[0].cause == found.responses["r1"].cancel


def test_the_format_of_a_response_counts_its_own_audio() -> None:
    found = session(
        """
        > {"type": "response.create", "response": {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<100ms>"}
        """
    )
    assert found.items["a1"].audio_ms == 600.0


def test_audio_plays_one_item_after_another() -> None:
    found = session(
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<2000ms>"}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a2", "delta": "<1000ms>"}
        """
    )
    assert found.playback["a2"].start_t == pytest.approx(2.001)
    playing = found.playing(2.5, least_ms=200)
    assert playing is not None
    assert playing.item_id == "a2"
    assert found.playing(3.0, least_ms=200) is None


def test_a_response_knows_its_conversation_where_it_has_one() -> None:
    found = session(
        """
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": "conv1"}}
        < {"type": "response.created", "response": {"id": "r2", "conversation_id": null}}
        """
    )
    assert [response.conversation_id for response in found.responses.values()] == ["conv1", ""]


def test_audio_after_a_cancel_is_counted_apart() -> None:
    found = session(
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<300ms>"}
        > {"type": "response.cancel"}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<200ms>"}
        """
    )
    assert (found.responses["r1"].after_cancel_ms, found.items["a1"].audio_ms) == (200.0, 500.0)
