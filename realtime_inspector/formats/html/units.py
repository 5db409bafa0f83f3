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


def moment(started: str) -> str:
    """Write when it began: `2026-11-23 07:42:43 UTC`; what is no such time as it is."""
    day, t, rest = started.partition("T")
    return f"{day} {rest[:8]} UTC" if t and started.endswith("Z") and len(rest) > 8 else started


def usd(bill: Bill) -> str:
    """Write what it cost, as far as that is known; empty where nothing has a price."""
    if not bill.priced:
        return ""
    part = " and a part without a price" if bill.unpriced else ""
    return f"${bill.usd:.4f}{part}, by public prices" if bill.usd < 1 else f"${bill.usd:.2f}{part}, by public prices"
