"""What a log leaves out."""

# ruff: noqa: E501 - a transcript has one event a line
from __future__ import annotations

import pytest

from realtime_inspector.formats.log_gaps import left_out
from realtime_inspector.protocol.event import read
from realtime_inspector.recording import transcript

WHOLE = """
< {"type": "session.created", "session": {"id": "s1"}}
> {"type": "session.update", "session": {}}
< {"type": "session.updated", "session": {}}
> {"type": "input_audio_buffer.append", "audio": "<1500ms>"}
< {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 1400}
< {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}
< {"type": "response.created", "response": {"id": "r1"}}
< {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant"}}
< {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<1000ms>"}
< {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1"}], "usage": {"output_token_details": {"audio_tokens": 20}}}}
"""
SHORT = "A" * 44
"""What is left of audio that a logger cut to its first characters."""


def gaps(text: str) -> set[str]:
    """Return what a log leaves out besides what every log may."""
    return set(left_out(read(entry) for entry in transcript.entries(text))) - {"wire"}


def without(*words: str) -> str:
    return "\n".join(line for line in WHOLE.splitlines() if not any(word in line for word in words))


def test_a_whole_log_leaves_nothing_out() -> None:
    assert gaps(WHOLE) == set()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (without("> "), {"client", "input-audio"}),
        (without("append"), {"client", "input-audio"}),
        (without("< "), {"server", "items", "deltas", "output-audio", "session.updated", "response.created", "response.done"}),
        (without("session.created"), {"items"}),
        (without("session.updated"), {"session.updated"}),
        (without("response.created"), {"response.created"}),
        (without("response.done"), {"response.done"}),
        (without("output_item.added"), {"items"}),
        (without("audio.delta"), {"deltas", "output-audio"}),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(text: str, missing: set[str]) -> None:
    assert gaps(text) == missing


@pytest.mark.parametrize("audio", ["", SHORT, SHORT[:-2]])
def test_audio_cut_to_its_first_characters_is_no_audio(audio: str) -> None:
    text = WHOLE.replace("<1500ms>", audio).replace("<1000ms>", audio)
    assert gaps(text) == {"input-audio", "output-audio"}


def test_audio_of_a_length_that_base64_never_has_was_cut() -> None:
    assert gaps(WHOLE.replace("<1500ms>", "A" * 1002)) == {"input-audio"}


def test_audio_that_the_server_heard_and_the_log_has_not_is_left_out() -> None:
    assert gaps(WHOLE.replace('"audio_end_ms": 1400', '"audio_end_ms": 61400')) == {"input-audio"}


def test_less_audio_than_its_tokens_stand_for_is_left_out() -> None:
    assert gaps(WHOLE.replace('"audio_tokens": 20', '"audio_tokens": 200')) == {"output-audio"}


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ('< {"type": "session.updated", "session": {}}', '> {"type": "session.update", "session": {}}'),
        (
            '< {"type": "conversation.item.added", "item": {"id": "m1", "type": "message"}}',
            '> {"type": "conversation.item.create", "item": {"id": "m1", "type": "message"}}',
        ),
        (
            '< {"type": "conversation.item.created", "item": {"id": "o1", "type": "function_call_output", "call_id": "c1"}}',
            '> {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1"}}',
        ),
        (
            '< {"type": "conversation.item.deleted", "item_id": "a1"}',
            '> {"type": "conversation.item.delete", "item_id": "a1"}',
        ),
    ],
)
def test_answers_that_stand_before_their_questions_show_that_the_order_is_not_that_of_the_session(
    answer: str, question: str
) -> None:
    assert "order" not in gaps(f"{question}\n{answer}")
    assert "order" in gaps(f"{answer}\n{question}")


def test_what_the_server_does_by_itself_answers_nothing() -> None:
    started = '< {"type": "conversation.item.added", "item": {"id": "a1", "type": "message", "role": "assistant"}}'
    other = '> {"type": "conversation.item.create", "item": {"type": "message", "role": "user"}}'
    assert "order" not in gaps(f"{started}\n{other}")
