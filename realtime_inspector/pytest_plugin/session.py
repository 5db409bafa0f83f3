"""What happened, as a test reads it: turns with what was said and called, and findings that can be asserted.

    assert realtime_server.session.turns[0].user.text == "What is the weather?"
    assert realtime_server.session.turns[0].tool_calls[0].arguments == {"city": "Oslo"}
    realtime_server.findings.assert_none(min="warning")

A view only: every value is the session's own, and whatever is here says so in the message of a failed assertion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from realtime_inspector.analysis import turns as of_analysis
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.protocol.realtime.conversation import Response, ToolCall
from realtime_inspector.protocol.realtime.session import Session as ProtocolSession

_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """What one side said in a turn."""

    who: str
    text: str
    """Spoken words as transcribed, or written ones; empty where nothing is known of them."""
    spoken: bool
    interrupted: bool = False
    """It was cut short."""
    audio_ms: float = 0.0
    """Audio that came of it; of the assistant alone."""
    heard_ms: float | None = None
    """How much of it was heard, where the client said so."""

    def __repr__(self) -> str:
        return f"<{self.who}: {_short(self.text)}{' (cut short)' if self.interrupted else ''}>"


@dataclass(frozen=True, slots=True, repr=False)
class Called:
    """A tool call of the assistant."""

    name: str
    arguments: Any
    """Parsed; the text as it is where it is not JSON."""
    output: Any
    """What the client gave, parsed if it is JSON; None while there is nothing."""
    call_id: str
    completed: bool
    """The arguments were complete."""

    def __repr__(self) -> str:
        shown = self.arguments
        inner = ", ".join(f"{k}={v!r}" for k, v in shown.items()) if isinstance(shown, dict) else str(shown)
        return f"<{self.name}({inner})>" if self.output is None else f"<{self.name}({inner}) -> {self.output!r}>"


@dataclass(frozen=True, slots=True, repr=False)
class Turn:
    """One exchange: what the user said, and all that the assistant made of it."""

    number: int
    """Counted from 1."""
    user: Said
    assistant: Said
    tool_calls: tuple[Called, ...]
    responses: tuple[Response, ...]

    def __repr__(self) -> str:
        calls = f" {' '.join(map(repr, self.tool_calls))}" if self.tool_calls else ""
        return f"<turn {self.number}: {self.user!r}{calls} {self.assistant!r}>"


class Session(ProtocolSession):
    """A session with its turns."""

    @property
    def turns(self) -> list[Turn]:
        """Every exchange, in order; a greeting is one in which the user says nothing."""
        return [_turn(turn) for turn in of_analysis.turns(self)]

    @property
    def tool_calls(self) -> list[Called]:
        """Every call of every turn, in order."""
        return [call for turn in self.turns for call in turn.tool_calls]

    def __repr__(self) -> str:
        return f"<session {self.id or '-'}: {self.turns!r}>"


class Findings(list[Finding]):
    """What the linter says."""

    def at_least(self, severity: str | Severity) -> Findings:
        """Return those that are that bad, or worse.

        Raises:
            ValueError: If there is no such severity.
        """
        try:
            limit = Severity(severity)
        except ValueError:
            raise ValueError(f"no severity {severity!r}; known are {', '.join(Severity)}") from None
        return Findings(finding for finding in self if finding.severity.rank <= limit.rank)

    def assert_none(self, min: str | Severity = "warning", *, ignore: Collection[str] = ()) -> None:  # noqa: A002 - reads well
        """Fail if there is one that bad.

        Args:
            min: The least severity that counts: `info`, `warning` or `error`.
            ignore: Rules that do not count, by id, group or name: `TOOL003`, `TOOL`, `missing-call-id`.

        Raises:
            AssertionError: If there is one; it says what is wrong, where, and what to do.
        """
        __tracebackhide__ = True
        ignored = (ignore,) if isinstance(ignore, str) else tuple(ignore)
        found = [finding for finding in self.at_least(min) if not _is_ignored(finding, ignored)]
        if found:
            noun = "finding" if len(found) == 1 else "findings"
            raise AssertionError("\n".join([f"{len(found)} {noun} from {Severity(min)} on", *_told(found)]))


def _is_ignored(finding: Finding, ignored: Collection[str]) -> bool:
    return any(finding.name == word or finding.rule == word or finding.rule.rstrip("0123456789") == word
               for word in ignored)  # fmt: skip


def _told(findings: list[Finding]) -> Iterator[str]:
    for finding in findings:
        what = f"{finding.severity} {finding.rule} {finding.name}"
        yield f"{what} at entry {finding.entry} (+{finding.t:.3f}s): {finding.message}"
        if finding.fix:
            yield f"    fix: {finding.fix}"


def _turn(turn: of_analysis.Turn) -> Turn:
    calls = tuple(_called(call) for call in turn.calls)
    user = Said("user", turn.said, turn.spoken)
    assistant = Said("assistant", turn.replied, turn.audio_ms > 0, turn.interrupted, turn.audio_ms, turn.heard_ms)
    return Turn(turn.number, user, assistant, calls, turn.responses)


def _called(call: ToolCall) -> Called:
    output = None if call.output is None else _parsed(call.output)
    completed = call.done is not None and call.status in {"completed", ""}
    return Called(call.name, _parsed(call.arguments), output, call.call_id, completed)


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…")
