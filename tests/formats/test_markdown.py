"""A session as Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats import markdown
from realtime_inspector.formats.pasted import Log
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Header

CALL = r"""
> GET /v1/realtime?model=gpt-realtime
< 101
< {"type": "session.created", "session": {"id": "sess_1", "model": "gpt-realtime", "output_modalities": ["audio"]}}
+1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
+1s < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 900}
< {"type": "input_audio_buffer.committed", "item_id": "u1"}
< {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}}
< {"type": "response.created", "response": {"id": "r1"}}
< {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "What *is* <it> @here?"}
< {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": {"id": "f1", "type": "function_call", "name": "weather", "call_id": "c1"}}
< {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "f1", "call_id": "c1", "arguments": "{\"city\": \"Oslo\"}"}
< {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "name": "weather", "call_id": "c1", "status": "completed", "arguments": "{\"city\": \"Oslo\"}"}}
< {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": []}}
+200ms > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "{\"report\": \"a long answer, with ``` in it, that does not fit beside the call\", \"degrees\": 3}"}}
> {"type": "response.create"}
+100ms < {"type": "response.created", "response": {"id": "r2"}}
< {"type": "response.output_item.added", "response_id": "r2", "output_index": 0, "item": {"id": "a1", "type": "message", "role": "assistant"}}
< {"type": "response.output_audio.delta", "response_id": "r2", "item_id": "a1", "delta": "<1000ms>"}
< {"type": "response.output_audio_transcript.done", "response_id": "r2", "item_id": "a1", "transcript": "Three degrees, [click](http://x)"}
< {"type": "response.done", "response": {"id": "r2", "status": "cancelled", "status_details": {"type": "cancelled", "reason": "turn_detected"}, "output": []}}
> {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 500}
< {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 500}
x> 1000
x
"""  # noqa: E501 - one line an entry

HEAD = """\
# call.jsonl

| | |
|---|---|
| Session | `sess_1` |
| Model | `gpt-realtime` |
| Started | 2026-11-22T11:10:03.123456Z |
| Length | 2.3 s |
| Turns | 1, 1 interrupted |
| Tool calls | 1 |
| Ended | closed 1000 |
"""


def log(text: str) -> Log:
    return Log(Path("call.jsonl"), Header("01", "2026-11-22T11:10:03.123456Z"), transcript.entries(text))


def test_a_conversation_is_told_in_order() -> None:
    lines = [line for line in markdown.write(log(CALL), []) if line.startswith(("**", "## "))]
    assert lines == [
        "## Turn 1, answered in 311 ms, interrupted",
        "**User** 0:01.0 What \\*is\\* &lt;it&gt; &#64;here?",
        "**Tool** 0:02.0 `weather()` *(took 202 ms)*",
        "**Assistant** 0:02.3 Three degrees, \\[ ~~click\\](http\\://x)~~ "
        "*(heard 0.5 s of 1.0 s; cancelled: turn\\_detected)*",
    ]


def test_a_tool_s_arguments_and_output_stand_in_blocks_they_cannot_close() -> None:
    text = "\n".join(markdown.write(log(CALL), []))
    assert 'Arguments:\n\n```json\n{\n  "city": "Oslo"\n}\n```\n' in text
    assert 'Output:\n\n````json\n{\n  "report": "a long answer, with ``` in it' in text


def test_the_head_says_what_the_recording_is() -> None:
    assert list(markdown.write(log(CALL), []))[:11] == HEAD.splitlines()


def test_findings_stand_in_their_places() -> None:
    lines = list(markdown.write(log('> {"type": "response.crate"}\nx')))
    finding = next(line for line in lines if line.startswith("> **error"))
    assert "response.crate" in finding
    assert lines[lines.index(finding) + 1].startswith("> Fix: ")
    assert any(line.startswith("| Findings | 1 error") for line in lines)
    assert not [line for line in markdown.write(log('> {"type": "response.crate"}\nx'), []) if line.startswith(">")]


def test_one_mistake_stands_with_what_follows_from_it() -> None:
    refused = """
        > {"type": "session.update", "session": {}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type"}}
        x
    """
    quoted = [line for line in markdown.write(log(refused)) if line.startswith(">")]
    assert quoted[0].startswith("> **error SES001** missing-session-type")
    assert [line[:24] for line in quoted if "ERR001" in line] == ["> Then: **error ERR001**"]
    assert quoted[quoted.index(next(line for line in quoted if "Then:" in line)) - 1] == ">"


def test_without_times_none_are_made_up() -> None:
    untimed = Log(Path("a"), Header("01", "2026-11-22T11:10:03.123456Z", tags={"times": "unknown"}), [])
    assert "| Started | unknown |" in list(markdown.write(untimed, []))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("*a* _b_ `c` ~~d~~ [e](f) # | $x$", "\\*a\\* \\_b\\_ \\`c\\` \\~\\~d\\~\\~ \\[e\\](f) \\# \\| \\$x\\$"),
        ("<script>&amp; @all", "&lt;script&gt;&amp;amp; &#64;all"),
        ("see https://x.y or www.x.y: fine", "see https\\://x.y or www\\.x.y: fine"),
        ("two\nlines\x1b[31m", "two lines\\\\e\\[31m"),
    ],
)
def test_what_was_said_stays_text(text: str, escaped: str) -> None:
    assert markdown.escape(text) == escaped


@pytest.mark.parametrize(
    ("text", "code"), [("a", "`a`"), ("a`b", "``a`b``"), ("`a``", "``` `a`` ```"), ("", "`  `"), ("a\nb", "`a\\nb`")]
)
def test_code_has_a_fence_it_cannot_close(text: str, code: str) -> None:
    assert markdown.code(text) == code


@given(st.text())
def test_escaped_text_is_one_line_without_marks_of_its_own(text: str) -> None:
    escaped = markdown.escape(text)
    assert "\n" not in escaped
    assert not set("<>@") & set(escaped)
