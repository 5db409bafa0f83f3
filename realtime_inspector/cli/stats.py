"""`stats`: how many turns, how long the waits, how many tokens, how much money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.audible import Onsets
from realtime_inspector.analysis.cost import Bill, Cost, cost
from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.metrics import Spread, Tokens
from realtime_inspector.analysis.rates import Rates
from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.cli import budgeting, budgets_kept, output, pricing, reading
from realtime_inspector.cli.budgeting import Budget
from realtime_inspector.cli.budgets_kept import Spent
from realtime_inspector.cli.stats_formats import FORMATS
from realtime_inspector.formats import Readable
from realtime_inspector.protocol.realtime.models import Table
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.tui import text

SCHEMA_VERSION = 1

_HELP = """Count turns, waits, tokens and their cost.

\b
  realtime-inspector stats                       the folder ./recordings
  realtime-inspector stats call.jsonl --json | jq .total.latencies
  realtime-inspector stats --prices my-prices.toml
  realtime-inspector stats --budget ttfa_p95=800ms --budget 'cost=$0.05'

With a budget (a wait at median, p90, p95, p99 or max of all recordings; cost
and tokens of the dearest session; cost_total) the exit code is 1 if calls take
more. One that cannot be measured is told and fails nothing.

Times are taken where this tool read the events. "Audio" is the first piece
that arrived, the earliest moment at which it can be heard; "audible" is its
first sample that is no silence. The cost goes by public prices of the day it
names; what has no price is unknown, not free.
"""
_WAITS = {
    "voice_to_voice_ms": "the user falls silent -> audio",
    "speech_stop_to_audio_ms": "speech_stopped -> audio",
    "answer_ms": "asked -> first output",
    "time_to_first_audio_ms": "response.created -> audio",
    "time_to_sound_ms": "response.created -> audible",
    "create_to_output_ms": "response.create -> first output",
    "generation_ms": "response.created -> response.done",
    "endpointing_ms": "the user falls silent -> speech_stopped",
    "barge_in_detect_ms": "the user speaks -> speech_started",
    "server_stop_ms": "interrupted -> response.done",
    "client_stop_ms": "interrupted -> truncated",
    "transcription_ms": "committed -> transcribed",
    "tool_round_trip_ms": "tool: arguments -> output sent",
    "tool_follow_up_ms": "tool: output sent -> first output",
    "dead_air_ms": "tool: last sound -> next sound",
    "connect_ms": "upgrade -> session.created",
    "config_ms": "session.update -> session.updated",
}
"""What is measured, and how it is named for people."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one recording, or of several together."""

    length_s: float
    turns: int
    interruptions: int
    responses: int
    calls: int
    waits: dict[str, list[float]]
    """Name of `_WAITS` → every measurement, in milliseconds."""
    tokens: Tokens
    cost: Cost
    rates: Rates

    @classmethod
    def of(cls, session: Session, prices: Table, onsets: Onsets | None = None) -> Figures:
        """Return the figures of a session; what can be heard when is known of `onsets` alone."""
        exchanges = turns(session)
        waits = {
            name: [value for value in values if value is not None]
            for name, values in _measured(session, exchanges, onsets or Onsets())
        }
        return cls(
            length_s=metrics.length_s(session),
            turns=len(exchanges),
            interruptions=metrics.interruptions(exchanges),
            responses=len(session.responses),
            calls=len(session.calls),
            waits=waits,
            tokens=metrics.tokens(session),
            cost=cost(session, prices),
            rates=Rates.of(session),
        )

    @classmethod
    def together(cls, several: Sequence[Figures]) -> Figures:
        """Return the figures of several recordings."""
        return cls(
            length_s=sum(one.length_s for one in several),
            turns=sum(one.turns for one in several),
            interruptions=sum(one.interruptions for one in several),
            responses=sum(one.responses for one in several),
            calls=sum(one.calls for one in several),
            waits={name: [value for one in several for value in one.waits[name]] for name in _WAITS},
            tokens=sum((one.tokens for one in several), Tokens()),
            cost=sum((one.cost for one in several), Cost()),
            rates=sum((one.rates for one in several), Rates()),
        )

    def spreads(self) -> dict[str, Spread | None]:
        """Return the spread of every wait."""
        return {name: metrics.spread(values) for name, values in self.waits.items()}

    def members(self) -> dict[str, Any]:
        """Return the figures for other programs; a wait that was never measured is null."""
        return {
            "length_s": round(self.length_s, 6),
            "turns": self.turns,
            "interruptions": self.interruptions,
            "responses": self.responses,
            "calls": self.calls,
            "latencies": {name: None if found is None else asdict(found) for name, found in self.spreads().items()},
            "rates": _rates(self.rates, self.tokens),
            "tokens": {**asdict(self.tokens), "total": self.tokens.total},
            "cost": {
                "usd": _rounded(self.cost.whole.total),
                "responses": _bill(self.cost.responses),
                "transcription": _bill(self.cost.transcription),
            },
        }


class Format(click.Choice):  # type: ignore[type-arg]  # generic since click 8.2, not where this still runs
    """The formats, with the reason for the one of `lint` that is not among them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the format's name."""
        if value == "sarif":
            self.fail("sarif has findings at lines, and a budget has none: junit, ctrf, github and gitlab tell of it")
        return super().convert(value, param, ctx)


@click.command("stats", help=_HELP)
@click.option("--format", "format_name", type=Format(list(FORMATS)), default="text", show_default=True,
              help="how to write it; junit, ctrf and github tell of the budgets")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="the same as --format json: one object")
@budgeting.option
@pricing.option
@reading.paths_argument
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    folder: Path,
    format_name: str,
    as_json: bool,
    budgets: tuple[Budget, ...],
    prices: Path | None,
) -> None:
    """Write the figures of recordings."""
    table = pricing.table(prices)
    measured = []
    for recording in reading.each(reading.find(paths, folder)):
        measured.append((recording, *_fold(recording, table)))
        reading.tell_problems(recording, most=1)
    if not measured:
        raise reading.nothing_in(paths or (folder,))
    total = Figures.together([figures for _, _, figures in measured])
    spent = [Spent(str(recording.path), figures.cost.whole, figures.tokens.total) for recording, _, figures in measured]
    kept = list(budgets_kept.check(budgets, total.waits, spent))
    if as_json or format_name == "json":
        output.write_json(_document(measured, total, table) | {"budgets": [one.members() for one in kept]})
    else:
        output.write_lines(FORMATS[format_name](lines(len(measured), total, table.read), kept))
    if any(one.exceeded for one in kept):
        ctx.exit(1)


def lines(recordings: int, total: Figures, prices_of: str) -> Iterator[str]:
    """Yield figures as people read them; `prices_of` is the day of the prices."""
    yield ", ".join(
        [
            text.count(recordings, "recording"),
            text.length(total.length_s),
            f"{text.count(total.turns, 'turn')} ({total.interruptions} interrupted)",
            text.count(total.responses, "response"),
            text.count(total.calls, "tool call"),
        ]
    )
    known = [(name, found) for name, found in total.spreads().items() if found is not None]
    if known:
        yield ""
        rows = [("from -> to", "count", "median", "p95", "longest"), *(_row(name, found) for name, found in known)]
        yield from output.table(rows, right=(1, 2, 3, 4))
    shares = list(_shares(total.rates))
    if shares:
        yield ""
        yield from output.table(shares)
    if total.tokens.total:
        yield ""
        yield from _tokens(total.tokens)
        yield from _cost(total.cost, prices_of)


def _fold(recording: Readable, prices: Table) -> tuple[Session, Figures]:
    session, onsets = Session(), Onsets()
    for event in events(recording):
        session.apply(event)
        onsets.note(event, session)
    return session, Figures.of(session, prices, onsets)


def _measured(
    session: Session, exchanges: Sequence[Turn], onsets: Onsets
) -> Iterator[tuple[str, Iterable[float | None]]]:
    responses, speech = session.responses.values(), session.input_audio.speech
    yield "voice_to_voice_ms", map(metrics.voice_to_voice_ms, exchanges)
    yield "speech_stop_to_audio_ms", map(metrics.speech_stop_to_audio_ms, exchanges)
    yield "answer_ms", map(metrics.answer_ms, exchanges)
    yield "time_to_first_audio_ms", map(metrics.time_to_first_audio_ms, responses)
    yield "time_to_sound_ms", (onsets.time_to_sound_ms(session, response) for response in responses)
    yield "create_to_output_ms", map(metrics.create_to_output_ms, responses)
    yield "generation_ms", map(metrics.generation_ms, responses)
    yield "endpointing_ms", map(metrics.endpointing_ms, speech)
    yield "barge_in_detect_ms", map(metrics.barge_in_detect_ms, speech)
    yield "server_stop_ms", (metrics.server_stop_ms(session, each) for each in speech)
    yield "client_stop_ms", (metrics.client_stop_ms(session, each) for each in speech)
    yield "transcription_ms", map(metrics.transcription_ms, session.items.values())
    yield "tool_round_trip_ms", map(metrics.tool_round_trip_ms, session.calls.values())
    yield "tool_follow_up_ms", (metrics.follow_up_ms(turn, call) for turn in exchanges for call in turn.calls)
    yield "dead_air_ms", (metrics.dead_air_ms(session, turn) for turn in exchanges)
    yield "connect_ms", [metrics.connect_ms(session)]
    yield "config_ms", [metrics.config_ms(session)]


def _rates(rates: Rates, tokens: Tokens) -> dict[str, Any]:
    """Return shares and sums for other programs; null where there was nothing to take a share of."""
    return {
        "interruption_rate": _share(rates.interruption_rate),
        "false_turn_rate": _share(rates.false_turn_rate),
        "heard_ratio": _share(metrics.median(rates.heard)),
        "cached_ratio": _share(tokens.cached / tokens.input if tokens.input else None),
        "idle_share": _share(rates.idle_share),
        "real_time_factor": _share(metrics.median(rates.factors)),
        "stalls": rates.stalls,
        "stalled_ms": round(rates.stalled_ms, 3),
        "audio_in_s": round(rates.appended_ms / 1000, 6),
        "speech_s": round(rates.speech_ms / 1000, 6),
        "audio_out_s": round(rates.delivered_ms / 1000, 6),
        "errors": dict(rates.errors),
        "benign_errors": rates.benign,
    }


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _shares(rates: Rates) -> Iterator[tuple[str, str]]:
    """Yield shares and sums as people read them, those alone that tell something."""
    if rates.interruption_rate:
        yield "interrupted", f"{rates.interruption_rate:.0%} of the responses"
    if rates.false_turn_rate:
        yield "turns without words", f"{rates.false_turn_rate:.0%} of the spoken ones"
    heard, factor = metrics.median(rates.heard), metrics.median(rates.factors)
    if heard is not None:
        yield "heard of what was cut off", f"{heard:.0%} (median)"
    if factor is not None:
        yield "audio comes", f"{factor:.1f} times as fast as it plays (median)"
    if rates.stalls:
        yield "ran dry", f"{text.count(rates.stalls, 'time')}, {text.ms(rates.stalled_ms)} in all"
    if rates.appended_ms or rates.delivered_ms:
        out, spoken = text.length(rates.delivered_ms / 1000), text.length(rates.speech_ms / 1000)
        yield "audio", f"{text.length(rates.appended_ms / 1000)} in, {spoken} of it speech; {out} out"
        if rates.idle_share is not None:
            yield "silence", f"{rates.idle_share:.0%} of the time nobody was heard"
    if rates.errors:
        yield "errors", ", ".join(f"{text.safe(code)} {count}" for code, count in rates.errors.most_common())


def _row(name: str, found: Spread) -> tuple[str, ...]:
    return (_WAITS[name], str(found.count), text.ms(found.median), text.ms(found.p95), text.ms(found.max))


def _tokens(tokens: Tokens) -> Iterator[str]:
    yield f"tokens  {tokens.total:,}"
    parts = f"{tokens.input_audio:,} audio, {tokens.input_text:,} text; {tokens.cached:,} of them cached"
    yield f"  in    {tokens.input:,}  ({parts})"
    yield f"  out   {tokens.output:,}  ({tokens.output_audio:,} audio, {tokens.output_text:,} text)"


def _cost(cost: Cost, prices_of: str) -> Iterator[str]:
    yield f"cost    {_in_words(cost.whole)}"
    parts = {"responses": cost.responses, "transcription": cost.transcription}
    told = {name: bill for name, bill in parts.items() if bill.priced or bill.unpriced}
    if len(told) > 1 or cost.whole.unpriced:
        for name, bill in told.items():
            yield f"  {name:13}  {_in_words(bill)}{_why_unknown(bill)}"
    yield f"  prices         of {prices_of}; your own with --prices FILE"


def _in_words(bill: Bill) -> str:
    about = "" if bill.exact else "about "
    if bill.total is not None:
        return f"{about}${bill.usd:.4f}"
    return f"{about}${bill.usd:.4f} and an unknown part" if bill.priced else "unknown"


def _why_unknown(bill: Bill) -> str:
    if not bill.unpriced:
        return ""
    return f" (no price, or no usage, of {', '.join(sorted(name or 'a model' for name in bill.without_price))})"


def _bill(bill: Bill) -> dict[str, Any]:
    return {
        "usd": _rounded(bill.total),
        "known_usd": _rounded(bill.usd),
        "priced": bill.priced,
        "unpriced": bill.unpriced,
        "exact": bill.exact,
        "without_price": sorted(bill.without_price),
    }


def _rounded(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 9)


def _document(measured: Sequence[tuple[Readable, Session, Figures]], total: Figures, prices: Table) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "prices_of": prices.read,
        "recordings": [
            {
                "path": str(recording.path),
                "id": recording.header.id,
                "model": session.model,
                **figures.members(),
            }
            for recording, session, figures in measured
        ],
        "total": total.members(),
    }
