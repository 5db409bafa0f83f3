"""A tool that reported an error, and an assistant that does not mention it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

import orjson

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Response, ToolCall
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text

_LOOK_BACK = 50
_WORD = re.compile(r"[^\W\d_]{4,}")
_ADMITS = re.compile(
    r"sorry|apolog|unfortunat|unable|can(?:no|')t|could ?n[o']t|did ?n[o']t|was ?n[o']t|no luck|error|problem|issue|fail"
    r"|trouble|wrong|again|unavailab|leider|nicht|fehler|problème|erreur|désol|impossible|lo siento|perdón|error|no pude"
    r"|non (?:sono|è|posso)|errore|mi dispiace|desculp|não (?:foi|consegui)|申し訳|エラー|抱歉|无法|错误",
    re.IGNORECASE,
)
"""Words by which a speaker admits that something went wrong."""
_BAD_STATES = frozenset({"error", "failed", "failure"})


class ErrorOutputIgnored(Rule):
    """A tool's output reports an error, and the answer to it says nothing of one.

    Why: the assistant goes on as if the tool had worked: it makes the result up, or confirms what did not happen.
    Fix: say in the instructions what to do when a tool fails; write the error as a sentence that can be spoken.
    Limits: optional, so it is asked only if it is chosen by its id or name: words are compared, in a few languages. An
        output is taken for an error by `error`, by `success` or `ok` that is false, or by a `status` of failure; another
        call in the answer counts as a reaction.
    Source: Realtime guide, "Function calling" (read 2026-11-22).
    """

    id = "TOOL016"
    name = "error-output-ignored"
    severity = Severity.INFO
    on = ("response.done",)
    needs = frozenset({left_out.CLIENT, left_out.ORDER})
    optional = True
    good = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "book", "arguments": "{}"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "{\\"error\\": \\"no table is free\\"}"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "I'm sorry, they are full tonight."}]}]}}
        """,
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "book", "arguments": "{}"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "{\\"error\\": null, \\"table\\": 4}"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "You have table four."}]}]}}
        """,
    )
    bad = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "book", "arguments": "{}"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "{\\"error\\": \\"no table is free\\"}"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Done! See you at eight."}]}]}}  # TOOL016
        """,
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "pay", "arguments": "{}"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "{\\"success\\": false}"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a2", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Thank you, that is paid."}]}]}}  # TOOL016
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the answer with the errors it was given."""
        body = mapping(event.body.get("response"))
        response = before.responses.get(text(body.get("id")))
        if response is None or response.done is not None or body.get("status") != "completed":
            return
        output = mappings(body.get("output"))
        said = " ".join(_said(item) for item in output).strip()
        if (
            not said
            or any(item.get("type") in {"function_call", "mcp_call"} for item in output)
            or _ADMITS.search(said)
        ):
            return
        for call in _answered(before, response):
            problem = _problem(call)
            if problem and not _words(problem) & _words(said):
                yield self.finding(
                    event,
                    f"{call.name or 'the tool'} ({call.call_id}) reported {problem[:80]!r} in entry {call.outputs[-1].n}, and "
                    f"response {response.id} says nothing of it: tell the model what to say when a tool fails",
                    cause=call.outputs[-1],
                )


def _answered(session: Session, response: Response) -> Iterator[ToolCall]:
    """Yield the calls whose outputs the response is the first to know."""
    earlier = islice(reversed(session.responses.values()), _LOOK_BACK)
    first_n = next((r.created.n for r in earlier if r.created.n < response.created.n and not r.out_of_band), 0)
    for call in islice(reversed(session.calls.values()), _LOOK_BACK):
        if call.outputs and first_n < call.outputs[-1].n < response.created.n:
            yield call


def _problem(call: ToolCall) -> str:
    """Return what the call's output says of an error; empty if it says none."""
    try:
        found = orjson.loads(call.output or "")
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(found, Mapping):
        return ""
    error = found.get("error")
    if error:
        inner = error.get("message") if isinstance(error, Mapping) else error
        return inner if isinstance(inner, str) and inner else "error"
    failed = found.get("success") is False or found.get("ok") is False or found.get("status") in _BAD_STATES
    return text(found.get("message")) or "a failure" if failed else ""


def _said(item: Mapping[str, object]) -> str:
    parts = mappings(item.get("content"))
    return " ".join(word for part in parts if (word := text(part.get("transcript")) or text(part.get("text"))))


def _words(words: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(words)}
