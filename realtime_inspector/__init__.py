"""Debugging and replay proxy for the OpenAI Realtime API.

One pipeline, a folder a stage; each stage knows only those before it:

    recording/   what crossed the wire, when, from whom (Entry, Recording)
    protocol/    what it means (Event, Session)
    analysis/    what is wrong, how long it took (Rule, Finding, Turn)
    capture/     the proxy: bytes in, recordings out (Tap, Recorder, Relay)
    replay/      the recording as a server (Script, Player)
    simulator/   a protocol-true server without a model
    formats/     other people's formats
    tui/  cli/  pytest_plugin/       what people see
    library.py                       what programs import, by the names below

    from realtime_inspector import open_recording, lint, Session, mock

A name is imported when it is used first: this module itself loads nothing. What type checkers see is `__init__.pyi`.
"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = [
    "Entry",
    "Event",
    "Finding",
    "Header",
    "InspectorError",
    "Kind",
    "Linter",
    "Readable",
    "RecordingError",
    "Session",
    "Severity",
    "Side",
    "Turn",
    "UpstreamError",
    "UsageError",
    "Why",
    "events",
    "export",
    "lint",
    "mock",
    "open_recording",
    "open_recordings",
    "session_of",
    "turns",
    "why",
]

_HOMES = {
    "analysis.finding": ("Finding", "Severity"),
    "analysis.lint": ("Linter",),
    "analysis.turns": ("Turn", "turns"),
    "analysis.why": ("Why",),
    "errors": ("InspectorError", "RecordingError", "UpstreamError", "UsageError"),
    "library": ("events", "export", "lint", "mock", "open_recording", "open_recordings", "session_of", "why"),
    "protocol.event": ("Event",),
    "protocol.realtime.session": ("Session",),
    "recording.entry": ("Entry", "Header", "Kind", "Side"),
    "recording.readable": ("Readable",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name from its home, and keep it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, those that were not used yet too."""
    return sorted({*globals(), *__all__})
