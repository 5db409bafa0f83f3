"""The rules' own transcripts, parsed once, and what each rule says of them."""

from __future__ import annotations

from functools import cache

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry
from realtime_inspector.recording.transcript import Transcript

parsed = cache(transcript.parse)


def told(rule: Rule, read: Transcript, entries: list[Entry]) -> list[Finding]:
    """Return what one rule says, time passing to the transcript's end."""
    linter = Linter([rule], header=read.header)
    findings = []
    for event in events(entries):
        if event.entry.members.get("how") == "cut off":
            findings += linter.advance(read.end_t)
        findings += linter.feed(event)
    return findings


@cache
def said(rule: Rule, text: str) -> list[Finding]:
    """Return what a rule says of a transcript of its own."""
    return told(rule, parsed(text), parsed(text).entries)
