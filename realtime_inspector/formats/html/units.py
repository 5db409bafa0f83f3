"""Times and sums as the page writes them."""

from __future__ import annotations

from realtime_inspector.analysis.cost import Bill


def ms(milliseconds: float) -> str:
    """Write how long something took: `85 ms`, `3.2 s`, `2:05 min`."""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 99_950:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes}:{seconds:02} min"


def clock(seconds: float) -> str:
    """Write a time of the recording: `0:02.3`."""
    minutes, rest = divmod(round(max(0.0, seconds), 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def counted(number: int, what: str) -> str:
    """Write how many there are of something whose plural ends in s: `1 error`, `1,200 events`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def clipped(words: str, most: int) -> str:
    """Write the beginning of a text on one line, at most so many characters."""
    line = " ".join(words[: 4 * most].split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def shortened(words: str, most: int) -> str:
    """Write the beginning of a text, and how much is left out."""
    return words if len(words) <= most else f"{words[:most]}… ({len(words) - most:,} more characters)"


def moment(started: str) -> str:
    """Write when it began: `2026-11-23 07:42:43 UTC`; what is no such time as it is."""
    day, t, rest = started.partition("T")
    return f"{day} {rest[:8]} UTC" if t and started.endswith("Z") and len(rest) > 8 else started


def usd(bill: Bill) -> tuple[str, str]:
    """Write what it cost, as far as that is known, and how far that is; empty where nothing has a price."""
    if not bill.priced:
        return "", ""
    part = " and a part without a price" if bill.unpriced else ""
    return f"${bill.usd:.4f}" if bill.usd < 1 else f"${bill.usd:.2f}", f"{part}, by public prices"
