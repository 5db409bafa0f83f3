"""Asked where the client sets a number that has a range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number


@dataclass(frozen=True, slots=True)
class _Range:
    least: float
    most: float | None = None

    def holds(self, value: float) -> bool:
        return value >= self.least and (self.most is None or value <= self.most)

    def nearest(self, value: float) -> float:
        bound = self.least if value < self.least or self.most is None else self.most
        return int(bound) if float(bound).is_integer() else bound

    def __str__(self) -> str:
        return f"{self.least:g} to {self.most:g}" if self.most is not None else f"{self.least:g} or more"


_DETECTION = "session.audio.input.turn_detection"
_RANGES: Mapping[str, Mapping[str, _Range]] = {
    "session.update": {
        f"{_DETECTION}.threshold": _Range(0, 1),
        f"{_DETECTION}.prefix_padding_ms": _Range(0),
        f"{_DETECTION}.silence_duration_ms": _Range(0),
        f"{_DETECTION}.idle_timeout_ms": _Range(5000, 30000),
        "session.audio.output.speed": _Range(0.25, 1.5),
        "session.max_output_tokens": _Range(1),
        "session.truncation.retention_ratio": _Range(0, 1),
    },
    "response.create": {"response.max_output_tokens": _Range(1)},
}


class Ranges(GaRule):
    """A number is outside of what the API takes, or belongs to another kind of voice detection.

    Why: the server refuses the complete event, the other settings in it included.
    Fix: use a value of the range that the message names.
    Limits: only documented ranges; the most output tokens differ by model and are not looked at.
    Source: Realtime API reference and its OpenAPI description, `session` (read 2026-11-22).
    """

    id = "SES016"
    name = "ranges"
    severity = Severity.ERROR
    on = tuple(_RANGES)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"max_output_tokens": "inf", "audio": {"output": {"speed": 1.5}}}}
        > {"type": "response.create", "response": {"max_output_tokens": 1}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"audio": {"input": {"turn_detection": {"idle_timeout_ms": null}}}}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"audio": {"output": {"speed": 2}}}}  # SES016
        > {"type": "session.update", "session": {"audio": {"input": {"turn_detection": {"threshold": 5}}}}}  # SES016
        > {"type": "response.create", "response": {"max_output_tokens": 0}}  # SES016
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"audio": {"input": {"turn_detection":
        """.rstrip()
        + """ {"type": "semantic_vad", "idle_timeout_ms": 6000}}}}}  # SES016
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Hold every number against its range."""
        wrong, mended = [], dict(event.body)
        for path, allowed in _RANGES[event.type].items():
            value = number(event.get(path))
            if value is not None and not allowed.holds(value):
                wrong.append(f"{path} is {value:g}, the API takes {allowed}: write {allowed.nearest(value):g}")
                mended = mend.put(mended, path, allowed.nearest(value)) or mended
        if event.get(f"{_DETECTION}.type") == "semantic_vad" and event.get(f"{_DETECTION}.idle_timeout_ms") is not None:
            wrong.append(f"{_DETECTION}.idle_timeout_ms belongs to server_vad, not to semantic_vad: leave it out")
            mended = mend.without(mended, f"{_DETECTION}.idle_timeout_ms")
        if wrong:
            yield self.finding(event, "; ".join(wrong), corrected=mended)
