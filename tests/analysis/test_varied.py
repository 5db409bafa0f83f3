"""Healthy conversations under many configurations: no error, no warning, and nothing that `why` blames anybody for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.why import explain, last
from realtime_inspector.recording import transcript
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


def test_a_long_speech_is_a_warning_and_an_error_when_nobody_has_that_much_breath() -> None:
    spoken = '+1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}\n'
    began = '< {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}\n'
    semantic = (
        '< {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}}\n'
    )
    found = {name: lint(transcript.entries(name + began + spoken * 70)) for name in ("", semantic)}
    told = {name: [str(each.severity) for each in every if each.rule == "VAD001"] for name, every in found.items()}
    assert told == {"": ["warning", "error"], semantic: ["warning"]}
