"""Healthy conversations under many configurations: no error, no warning, and nothing that `why` blames anybody for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.why import explain, last
from tests.analysis.varied_sessions import VARIED

CALM = {"answered", "waiting-for-user", "transcription-session"}


@pytest.mark.parametrize("name", VARIED)
def test_nobody_is_blamed(name: str) -> None:
    entries = VARIED[name]()
    blamed = [(found.rule, found.entry, found.message) for found in lint(entries) if found.severity != "info"]
    assert blamed == []
    found = last(explain(entries))
    assert found.cause.label in CALM


@pytest.mark.parametrize("name", ["interrupted twice", "tools, written answers", "transcription, voice detection"])
def test_nobody_is_blamed_wherever_it_is_cut_off(name: str) -> None:
    entries = VARIED[name]()
    sounds = [n for n, entry in enumerate(entries) if b"input_audio_buffer.append" not in entry.payload[:60]]
    for cut in sounds[3::13]:
        part = [replace(entry) for entry in entries[:cut]]
        assert [(cut, found.rule) for found in lint(part) if found.severity == "error"] == []
