"""What the bar of a session says: which recording, what was found, and how things stand. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from realtime_inspector.tui import groups, text
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line, Span

PANES = ("events", "detail", "findings", "state", "transcript", "timeline", "turns", "why")
LOWER = ("findings", "transcript", "timeline", "turns", "why")
"""Panes that take turns in one place where there is room for four."""

_NAME_CHARACTERS = 32
_ROOM_FOR_NAMES = 120
"""From so many cells on, a bar has room for the name that the recorder gives: 51 characters."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What goes on, as far as the study itself does not know it."""

    following: bool = False
    unseen: int = 0
    search: str = ""
    filter: str = ""
    problem: str = ""
    playing: str = ""


def left(study: Study, width: int) -> Line:
    """Return the recording's name, model and length, for a bar of so many cells."""
    model = text.safe(study.session.model)
    return Line(
        (
            Span(f" {_name(text.safe(study.path.name), width)} ", "title"),
            Span(f" {model} " if model else ""),
            Span(f" {text.length(study.length_s)}  {text.count(len(study.index), 'entry', 'entries')}", "dim"),
        )
    )


def _name(name: str, width: int) -> str:
    """Return a name without its middle where it would take the place of all else; recordings' names end differently."""
    if width >= _ROOM_FOR_NAMES or len(name) <= _NAME_CHARACTERS:
        return name
    half = _NAME_CHARACTERS // 2
    return f"{name[:half]}…{name[len(name) - half + 1 :]}"


def right(study: Study, standing: Standing) -> Line:
    """Return the findings' tally and how things stand."""
    return Line((Span(" "), *_state(study, standing), Span("  "), *groups.tally(study.counts)))


def tabs(names: Sequence[str], active: str, notes: Mapping[str, str]) -> Line:
    """Return the panes' numbered names, one span each, with a note beside some; the active one in brackets."""
    spans = []
    for number, name in enumerate(names, 1):
        note = f" {notes[name]}" if notes.get(name) else ""
        label = f"{number} {name.capitalize()}{note}"
        shown = f"[{label}]" if name == active else f" {label}"
        spans.append(Span(shown, "title" if name == active else "dim"))
    return Line(tuple(spans))


def number(count: int) -> str:
    """Return how many there are, in no more than four cells: all the names go into eighty."""
    if count < 10:
        return f"({count})" if count else ""
    return str(count) if count < 1000 else "999+"


def _state(study: Study, standing: Standing) -> list[Span]:
    if standing.problem:
        return [Span(text.safe(standing.problem), "error")]
    spans = [Span(f"{standing.playing}  ", "good")] if standing.playing else []
    if standing.filter:
        spans.append(Span(f"filter {standing.filter}  ", "warning"))
    if standing.search:
        spans.append(Span(f"{standing.search}  ", "warning"))
    if study.index.progress < 1 and not study.read_through:
        spans.append(Span(f"indexing {study.index.progress:.0%}  ", "dim"))
    elif study.analysed < len(study.index):
        spans.append(Span(f"checking {study.analysed / len(study.index):.0%}  ", "dim"))
    return [*spans, *_growth(study, standing)]


def _growth(study: Study, standing: Standing) -> list[Span]:
    if not study.caught_up:
        return []
    if study.live:
        return [Span("● live ", "good"), _news(standing)]
    if study.index.ended or not study.read_through:
        return []
    torn = study.index.problem or study.index.torn_bytes
    return [Span("cut off: run repair" if torn else "no end: cut off", "warning")]


def _news(standing: Standing) -> Span:
    if standing.following:
        return Span("following", "dim")
    return Span(f"+{standing.unseen:,} new (G)" if standing.unseen else "stays here (G follows)", "warning")
