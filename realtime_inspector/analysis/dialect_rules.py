"""Which rules are not asked about which server, and why.

A rule is right where the API is as OpenAI describes it. A server that never sends what a rule waits for, or takes what
OpenAI refuses, would give a finding at every call that is none.
"""

from __future__ import annotations

from collections.abc import Mapping

from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.session import Session

_OWN_SHAPE = "its sessions and events have members and values of their own"
_OWN_EVENTS = "it has events of its own"
_NO_LIMITS = "it has no rate limits"
_TRANSCRIBES = "it only transcribes: it has no responses, items, tools or voice detection"
_OTHER_PROTOCOL = "it speaks another protocol"

_GROUPS = ("AUD", "CST", "ENV", "ERR", "INT", "ITM", "MCP", "OUT", "RAT", "RSP", "SES", "TOOL", "TRN", "VAD")
_SHAPES = dict.fromkeys(
    ("ENV002", "ENV003", "ENV006", "ENV011", "ENV012", "SES001", "SES002", "SES015", "SES016", "SES017"), _OWN_SHAPE
)
_EVENTS = dict.fromkeys(("ENV001", "ENV007"), _OWN_EVENTS)
_TRANSCRIBERS = {
    **dict.fromkeys((group for group in _GROUPS if group not in {"AUD", "ERR"}), _TRANSCRIBES),
    **dict.fromkeys(("AUD009", "AUD012", "AUD013", "AUD014", "AUD015", "AUD016", "AUD017"), _TRANSCRIBES),
}
_TRANSLATES = "it only translates: it has no responses, items, tools or voice detection"
_STREAMS = dict.fromkeys((group for group in _GROUPS if group not in {"ERR", "RAT"}), _TRANSLATES)
_OTHERS = {
    **dict.fromkeys((group for group in _GROUPS if group != "ERR"), _OTHER_PROTOCOL),
    **dict.fromkeys(("CON004", "CON005", "CON009", "CON010", "CON013", "CON014"), _OTHER_PROTOCOL),
}
_LIVE = {**_OTHERS, "CON005": "", "TOOL001": "", "TOOL002": ""}
"""The Live API's sessions say when they expire, and their calls wait for outputs as others do."""

OFF: Mapping[str, Mapping[str, str]] = {
    dialects.AZURE_LEGACY: {"VAD004": "it has no idle timeout"},
    dialects.VOICE_LIVE: {**_SHAPES, **_EVENTS},
    dialects.XAI: {
        **_SHAPES,
        **_EVENTS,
        "CON004": "it begins with conversation.created",
        "CON013": "it takes audio in binary messages",
        "ENV005": _OWN_SHAPE,
        "ITM002": "it names items before it announces them",
        "OUT004": "it sends the pieces of a text under two names",
        "RSP004": "it gives responses up without a response.done",
        "RSP022": "its transcripts grow as a whole, and its events come in another order",
        "TRN004": "its transcripts are completed several times, as they grow",
        "VAD002": "it commits without answering",
    },
    dialects.QWEN: {
        **_EVENTS,
        "OUT004": "its transcripts grow as a whole",
        "RSP022": "its transcripts grow as a whole",
    },
    dialects.GLM: {
        **_SHAPES,
        **_EVENTS,
        "AUD003": "its format wav has the rate of the files",
        "AUD005": "it takes WAV files",
        "ITM006": "it does not announce what the client creates",
        "RAT003": _NO_LIMITS,
        "SES004": "its session.updated repeats a part of the settings",
    },
    dialects.STEP: {
        **_SHAPES,
        "RAT003": _NO_LIMITS,
        "SES009": "its tools are written as chat completions have them",
        "SES010": "its tools are written as chat completions have them",
    },
    dialects.INWORLD: {**_EVENTS},
    dialects.VLLM: _TRANSCRIBERS,
    dialects.SGLANG: _TRANSCRIBERS,
    dialects.LOCALAI: {**_SHAPES, **_EVENTS, "RAT003": _NO_LIMITS},
    dialects.SPEACHES: {"RAT003": _NO_LIMITS},
    dialects.SPEECH_TO_SPEECH: {
        **_EVENTS,
        "INT001": "it does not know conversation.item.truncate",
        "RAT003": _NO_LIMITS,
        "SES003": "it does not answer a session.update",
        "SES018": "it does not answer a session.update",
        "SES020": "it does not answer a session.update",
    },
    dialects.TRANSLATION: _STREAMS,
    dialects.LIVE: _LIVE,
    dialects.GEMINI: _OTHERS,
}
"""Dialect → rule's id, or the letters of a group → why it is not asked there; empty for a rule of a group that is."""


def why_off(rule_id: str, dialect: str) -> str:
    """Return why a rule is not asked where a dialect is spoken; empty if it is."""
    off = OFF.get(dialect)
    if off is None:
        return ""
    return off[rule_id] if rule_id in off else off.get(rule_id.rstrip("0123456789"), "")


def holds(rule: Rule, session: Session) -> bool:
    """Tell whether a rule is for the dialect that is spoken."""
    server = session.server
    named = session.dialect in rule.dialects or (server != "" and server in rule.dialects)
    return named and not why_off(rule.id, server)


def off_for(rule_id: str) -> dict[str, str]:
    """Return the dialects that a rule is not asked for, each with the reason."""
    return {dialect: why for dialect in OFF if (why := why_off(rule_id, dialect))}
