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
"""

from __future__ import annotations

__version__ = "0.1.0"
