"""Times as logs write them: found in the words around an event or in a field, and brought to seconds from the first.

A log has one way of telling time, now and then two. The way that most events have counts; where fewer than half of them
have one, no time is known and all events stand at 0, so that nothing is concluded from silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from statistics import median
from typing import Any

_ISO = re.compile(
    r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T ,]{1,2}(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\d*(?: ?(Z|[+-]\d\d:?\d\d))?"
)
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?([AaPp])\.?[Mm])?(?![\d:])")
_OFFSET = re.compile(r"(?<![\w.])\+(\d{1,9}(?:\.\d{1,9})?) ?(ms|s)\b|\[ *(\d{1,9}\.\d{1,9}) ?(ms|s)?\]")
_EPOCH = re.compile(r"(?<![\w.])(1\d{9}|1\d{12}|1\d{15}|1\d{18})(\.\d{1,9})?(?![\w.])")
_EPOCH_LEAST = 1.2e9
"""A number from here on is a date (2008), a smaller one an offset."""
_DAY_S = 86400.0
_SESSION_S = 3700.0
_DOZEN = 12
"""No session is longer: an hour is the limit."""
_RESTART_S = 1.0
"""Times that fall by half and so much more begin anew."""
_KEYS = (
    "timestamp", "ts", "time", "t", "@timestamp", "datetime", "date", "at", "received_at", "sent_at", "created_at",
    "logged_at", "startedDateTime", "timestamp_ms", "ts_ms", "time_ms", "offset_ms", "elapsed_ms", "offset", "elapsed",
)  # fmt: skip
"""Names of fields that hold an event's time, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One time, in seconds, as its way of telling has it."""

    way: str
    """`date` (since 1970), `clock` (since midnight) or `offset` (since whatever the log began with)."""
    seconds: float
    bare: bool = field(default=False, compare=False)
    """It is a number, and nothing says of what: of seconds, or of milliseconds as a browser's clock has them."""


def in_words(text: str) -> Stamp | None:
    """Return the time that stands in a line of a log; None if none does."""
    for pattern, read in ((_ISO, _iso), (_CLOCK, _clock), (_EPOCH, _epoch), (_OFFSET, _offset)):
        found = pattern.search(text)
        stamp = read(found) if found is not None else None
        if stamp is not None:
            return stamp
    return None


def in_fields(fields: Mapping[str, Any]) -> Stamp | None:
    """Return the time in an object that wraps an event; None if it has none."""
    for key in _KEYS:
        value = fields.get(key)
        stamp = None
        if isinstance(value, str):
            stamp = in_words(value)
            value = _number(value) if stamp is None else None
        if stamp is None and isinstance(value, int | float) and not isinstance(value, bool):
            stamp = _from_number(float(value), key)
        if stamp is not None:
            return stamp
    return None


def seconds(stamps: Sequence[Stamp | None]) -> tuple[list[float], str]:
    """Return each event's time since the first, never going back, and the first as a date (empty if unknown)."""
    ways = Counter(stamp.way for stamp in stamps if stamp is not None)
    way, many = ways.most_common(1)[0] if ways else ("", 0)
    if many * 2 < len(stamps) or not many:
        return [0.0] * len(stamps), ""
    known = [stamp.seconds if stamp is not None and stamp.way == way else None for stamp in stamps]
    if way == "clock":
        known = _over_midnight(known)
    if way == "offset":
        known = _added_up(known) if _are_steps(known) else _over_restarts(known)
        if all(stamp.bare for stamp in stamps if stamp is not None and stamp.way == way):
            known = _in_seconds(known)
    first = next(value for value in known if value is not None)
    times, now = [], first
    for value in known:
        now = max(now, first if value is None else value)
        times.append(round(now - first, 6))
    return times, iso(first) if way == "date" else ""


def in_order(stamps: Sequence[Stamp | None]) -> list[int]:
    """Return the places of events by their time, where times go back: in a log of one side after the other.

    Times that go back by less than a second stay as they are, as do offsets, which may begin anew.
    """
    places = list(range(len(stamps)))
    ways = Counter(stamp.way for stamp in stamps if stamp is not None)
    way = ways.most_common(1)[0][0] if ways else ""
    if way not in {"date", "clock"} or ways[way] * 2 < len(stamps):
        return places
    known: list[float] = []
    for stamp in stamps:
        known.append(stamp.seconds if stamp is not None and stamp.way == way else known[-1] if known else 0.0)
    if not any(_RESTART_S < earlier - later < _DAY_S / 2 for earlier, later in pairwise(known)):
        return places
    return sorted(places, key=lambda place: known[place])


def iso(since_1970: float) -> str:
    """Return seconds since 1970 as a recording's header has them."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=since_1970)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _are_steps(known: Sequence[float | None]) -> bool:
    """Tell whether offsets are times since the event before: such go down as often and as far as up.

    Times since the beginning go down a little where two sides are logged side by side, and to nothing at a restart.
    """
    values = [value for value in known if value is not None]
    steps = [later - earlier for earlier, later in pairwise(values) if later != earlier]
    down = [-step for step in steps if step < 0]
    return len(down) * 3 >= len(steps) > 0 and 2 * sum(down) > sum(step for step in steps if step > 0)


def _over_restarts(known: Sequence[float | None]) -> list[float | None]:
    """Let times go on where they begin anew at nothing."""
    out: list[float | None] = []
    base, before = 0.0, 0.0
    for value in known:
        if value is not None:
            base += before if value < before / 2 - _RESTART_S else 0.0
            before = value
        out.append(None if value is None else base + value)
    return out


def _in_seconds(known: Sequence[float | None]) -> list[float | None]:
    """Take numbers for milliseconds where no session lasts for so many seconds, and hardly two events share one.

    In a shorter log too, where they are whole: a response has a dozen events in the second in which it begins.
    """
    values = [value for value in known if value is not None]
    steps = [later - earlier for earlier, later in pairwise(values) if later > earlier]
    is_long = max(values) - min(values) > _SESSION_S
    if not (is_long or _are_spread(values)) or not steps or median(steps) < 1.0:
        return list(known)
    return [None if value is None else value / 1000 for value in known]


def _are_spread(values: Sequence[float]) -> bool:
    """Tell whether whole numbers, of a dozen events or more, are hardly ever shared by two that follow each other."""
    shared = sum(earlier == later for earlier, later in pairwise(values))
    return len(values) >= _DOZEN and all(value == int(value) for value in values) and shared * 10 < len(values)


def _over_midnight(known: Sequence[float | None]) -> list[float | None]:
    """Add a day wherever the clock falls back by more than half of one."""
    out: list[float | None] = []
    days, before = 0, 0.0
    for value in known:
        if value is not None:
            days += before - value > _DAY_S / 2
            before = value
        out.append(None if value is None else value + days * _DAY_S)
    return out


def _added_up(known: Sequence[float | None]) -> list[float | None]:
    """Read offsets that go up and down as times since the event before."""
    total, out = 0.0, []
    for value in known:
        total += value or 0.0
        out.append(total)
    return list(out)


def _iso(found: re.Match[str]) -> Stamp | None:
    year, month, day, hour, minute, second = (int(found[group]) for group in range(1, 7))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found[8]))
        since_1970 = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return Stamp("date", since_1970 + _fraction(found[7]))


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _clock(found: re.Match[str]) -> Stamp | None:
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    if found[5]:
        hour = hour % 12 + (12 if found[5] in "Pp" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    return Stamp("clock", hour * 3600 + minute * 60 + second + _fraction(found[4]))


def _offset(found: re.Match[str]) -> Stamp:
    value, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
    return Stamp("offset", float(value) / (1000 if unit == "ms" else 1))


def _epoch(found: re.Match[str]) -> Stamp | None:
    return _from_number(float(found[1] + (found[2] or "")), "")


def _from_number(value: float, key: str) -> Stamp | None:
    if not 0 <= value < 1e20:
        return None
    if value < _EPOCH_LEAST:
        return Stamp("offset", value / 1000) if key.endswith("_ms") else Stamp("offset", value, bare=True)
    for unit in (1, 1e3, 1e6, 1e9):
        if value / unit < _EPOCH_LEAST * 4:
            return Stamp("date", value / unit)
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _fraction(digits: str | None) -> float:
    return int(digits) / 10 ** len(digits) if digits else 0.0
