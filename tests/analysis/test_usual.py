"""Healthy sessions as they are met: no error, no warning, and nothing that `why` blames anybody for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.why import explain, last
from tests.analysis.other_servers import OTHERS
from tests.analysis.usual_sessions import USUAL, Made


@pytest.mark.parametrize("made", [*USUAL.values(), *OTHERS.values()], ids=[*USUAL, *OTHERS])
def test_nobody_is_blamed(made: Made) -> None:
    entries = made()
    findings = lint(entries)
    assert [(each.rule, each.entry, each.message) for each in findings if each.severity != "info"] == []
    why = last(explain(entries, findings=findings))
    assert why.is_calm, why.cause.words
    assert why.besides == ()


@pytest.mark.parametrize(
    "name",
    ["a tool that runs beside the talk", "the user speaks before a tool's output", "an impatient user"],
)
def test_nobody_is_blamed_wherever_it_is_cut_off(name: str) -> None:
    entries = USUAL[name]()
    places = [n for n, entry in enumerate(entries) if b"input_audio_buffer.append" not in entry.payload[:60]]
    for cut in places[3::61]:
        part = [replace(entry) for entry in entries[:cut]]
        assert [(cut, each.rule) for each in lint(part) if each.severity == "error"] == []
        why = last(explain(part))
        assert why.is_calm or why.cause.confidence == "unknown", (cut, why.cause.words)
