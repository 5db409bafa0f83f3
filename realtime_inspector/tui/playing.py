"""The Replay screen: where the recording is served, how far each client has come, what did not fit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from realtime_inspector.recording.printable import printable_lines
from realtime_inspector.replay.matching import Policy
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.player import Player
from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line, Span

_BAR_CELLS = 30
_POLICIES = {
    Policy.CAUSAL: "the same by meaning, each event after what caused it",
    Policy.STRICT: "the same events in the same order, with the same fields",
    Policy.TYPES: "the same types of events; what is in them may differ",
    Policy.NONE: "nothing is compared; events come at their recorded times",
}
"""How exactly a client is held to what the recorded one did."""
_LISTED = 8
_AS_RECORDED = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one client has come."""

    matched: int
    expected: int
    """Client events of the recording, audio left out."""
    sent: int
    steps: int
    """Server events of the recording."""
    over: bool = False
    extras: tuple[str, ...] = ()
    never_came: tuple[str, ...] = ()
    never_asked_for: tuple[str, ...] = ()

    @classmethod
    def of(cls, player: Player) -> Progress:
        """Take down how far a player is."""
        left, unsent = player.never_came, player.never_asked_for
        steps = len(player.script.steps)
        return cls(
            matched=len(player.matched),
            expected=len(player.script.expected),
            sent=steps - len(unsent),
            steps=steps,
            over=player.over,
            extras=tuple(player.extras),
            never_came=tuple(map(str, left[:_LISTED])),
            never_asked_for=tuple(map(str, unsent[:_LISTED])),
        )


@dataclass(frozen=True, slots=True)
class Playing:
    """A replay as it stands."""

    base_url: str
    options: Options
    clients: Sequence[Progress] = ()
    mismatches: Sequence[str] = ()
    refusing: bool = False


def environment(base_url: str) -> str:
    """Return what a client's environment has to hold."""
    return f"OPENAI_BASE_URL={base_url} OPENAI_API_KEY=any"


def lines(playing: Playing) -> list[Line]:
    """Return a replay as lines."""
    policy = playing.options.match
    pace = "as recorded" if playing.options.speed == _AS_RECORDED else "without any delay"
    shown = [
        Line((Span("serving on  ", "key"), Span(playing.base_url, "title"))),
        Line((Span("a client    ", "key"), Span(environment(playing.base_url))), indent=12),
        Line((Span("speed       ", "key"), Span(pace))),
        Line((Span("policy      ", "key"), Span(f"{policy.value}: {_POLICIES[policy]}")), indent=12),
        Line(),
    ]
    if not playing.clients:
        shown.append(text.plain("no client yet: start yours with the variables above (y copies them)", "warning"))
    for number, progress in enumerate(playing.clients, 1):
        shown += _client(number, progress)
    if playing.mismatches:
        shown += [Line(), text.plain(f"What did not fit ({len(playing.mismatches)})", "title")]
        shown += [text.plain(line, "error" if at == 0 else "", indent=2) for told in playing.mismatches
                  for at, line in enumerate(printable_lines(told).splitlines())]  # fmt: skip
    if playing.refusing:
        shown += [Line(), text.plain("no further client is let in: r serves the recording anew", "warning")]
    return shown


def _client(number: int, progress: Progress) -> Iterator[Line]:
    state = "over" if progress.over else "connected"
    yield Line((Span(f"client {number}  ", "title"), Span(state, "dim" if progress.over else "good")))
    yield _bar("it sent", progress.matched, progress.expected)
    yield _bar("was sent", progress.sent, progress.steps)
    if progress.extras:
        yield text.plain(f"  {text.count(len(progress.extras), 'harmless event')} more than recorded", "dim")
    if progress.over:
        yield from _left("never came", progress.never_came, progress.expected - progress.matched)
        yield from _left("never asked for", progress.never_asked_for, progress.steps - progress.sent)
        if not progress.never_came and not progress.never_asked_for:
            yield text.plain("  all of the recording happened", "good")


def _bar(name: str, done: int, whole: int) -> Line:
    cells = round(_BAR_CELLS * done / whole) if whole else _BAR_CELLS
    bar = "█" * cells + "░" * (_BAR_CELLS - cells)
    return Line((Span(f"  {name:<9} ", "key"), Span(bar, "server"), Span(f" {done:,} of {whole:,}")))


def _left(what: str, named: Sequence[str], number: int) -> Iterator[Line]:
    if named:
        more = f", and {number - len(named):,} more" if number > len(named) else ""
        yield text.plain(f"  {what}: {text.safe(', '.join(named))}{more}", "warning", indent=4)
