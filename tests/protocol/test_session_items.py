"""Items of a conversation, as a session keeps them."""

from __future__ import annotations

from tests.protocol.folding import session


def test_an_item_of_the_client_is_answered_by_its_id() -> None:
    found = session(
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "id": "m1"}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "id": "m2"}}
        < {"type": "conversation.item.added", "previous_item_id": "x", "item": {"id": "m2", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
        """
    )
    item = found.items["m2"]
    assert (item.by_client, item.previous_item_id, item.text) == (True, "x", "Hi")
    assert [pending.at.n for pending in found.unanswered] == [1]
    assert found.conversation == [item]
    assert found.user_turns == 1


def test_an_item_without_an_id_is_answered_by_what_it_is() -> None:
    found = session(
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "system"}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "m2", "type": "message", "role": "user"}}
        """
    )
    assert found.items["m2"].by_client
    assert [pending.at.n for pending in found.unanswered] == [1]


def test_a_spoken_turn_does_not_answer_the_clients_message() -> None:
    found = session(
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user"}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        """
    )
    assert [item.by_client for item in found.items.values()] == [False, True]
    assert found.unanswered == []
    assert found.user_turns == 2


def test_an_item_of_a_response_does_not_answer_the_clients_message() -> None:
    found = session(
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "assistant"}}
        < {"type": "conversation.item.added", "item": {"id": "a1", "type": "message", "role": "assistant", "status": "in_progress"}}
        """
    )
    assert len(found.unanswered) == 1
    assert not found.items["a1"].by_client


def test_the_betas_created_is_both_added_and_done() -> None:
    found = session(
        """
        < {"type": "conversation.item.created", "item": {"id": "a1", "type": "message", "status": "in_progress"}}
        < {"type": "conversation.item.created", "item": {"id": "m1", "type": "message", "status": "completed"}}
        """
    )
    assert (found.items["a1"].done, found.items["m1"].done is not None) == (None, True)


def test_a_server_that_sends_created_and_added_adds_once() -> None:
    found = session(
        """
        > {"type": "conversation.item.create", "item": {"id": "m1", "type": "message", "role": "user"}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user"}}
        < {"type": "conversation.item.created", "item": {"id": "m1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.done", "item": {"id": "m1", "type": "message", "role": "user"}}
        """
    )
    assert found.items["m1"].added is not None
    assert found.items["m1"].added.n == 3
    assert found.user_turns == 1
    assert len(found.unanswered) == 1


def test_a_truncation_cuts_the_item_and_the_playback() -> None:
    found = session(
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        +1s > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 900}
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 900}
        """
    )
    assert found.items["a1"].truncated_ms == 900.0
    assert (found.playback["a1"].cut_ms, found.playback["a1"].cut_n) == (900.0, 2)
    assert found.playing(1.0) is None
    assert found.unanswered == []


def test_deletes_and_retrieves_are_answered_by_the_items_id() -> None:
    found = session(
        """
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message"}}
        > {"type": "conversation.item.retrieve", "item_id": "m1"}
        > {"type": "conversation.item.retrieve", "item_id": "m2"}
        > {"type": "conversation.item.delete", "item_id": "m1"}
        < {"type": "conversation.item.retrieved", "item": {"id": "m2"}}
        < {"type": "conversation.item.deleted", "item_id": "m1"}
        """
    )
    assert [pending.at.n for pending in found.unanswered] == [2]
    assert found.items["m1"].deleted
    assert found.conversation == []


def test_what_has_no_id_is_not_kept() -> None:
    found = session(
        """
        < {"type": "conversation.item.added", "item": {"type": "message", "role": "user"}}
        < {"type": "response.output_audio.delta", "delta": "<100ms>"}
        < {"type": "response.output_item.done", "item": {"type": "function_call"}}
        < {"type": "response.done", "response": {}}
        < {"type": "conversation.item.deleted", "item_id": ""}
        """
    )
    assert (found.items, found.responses, found.active, found.calls, found.playback) == ({}, {}, {}, {}, {})


def test_a_truncation_by_the_server_itself_cuts_the_playback_too() -> None:
    found = session(
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 900}
        """
    )
    assert (found.playback["a1"].cut_ms, found.playback["a1"].cut_n) == (900, 2)


def test_an_item_names_the_event_that_asked_for_it() -> None:
    found = session(
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        > {"type": "response.create"}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "m2", "type": "message", "role": "user"}}
        """
    )
    assert found.items["m1"].asked is not None
    assert found.items["m1"].asked.n == 1
    assert found.items["m2"].asked is None


def test_the_pieces_of_a_calls_arguments_are_kept_by_its_item() -> None:
    found = session(
        """
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "f1", "type": "function_call"}}
        < {"type": "response.function_call_arguments.delta", "response_id": "r1", "item_id": "f1", "delta": "{"}
        < {"type": "response.function_call_arguments.delta", "response_id": "r1", "item_id": "f1", "delta": "}"}
        < {"type": "response.function_call_arguments.delta", "response_id": "r1", "item_id": "f2", "delta": "{"}
        """
    )
    assert str(found.items["f1"].argued) == "{}"
    assert "f2" not in found.items
