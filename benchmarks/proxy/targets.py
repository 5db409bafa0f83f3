"""What the relay is to reach, beside the others of the same run."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from benchmarks.proxy.report import Figures, row


@dataclass(frozen=True)
class Target:
    """A figure of the relay, over another's or by itself."""

    scenario: str
    figure: str
    limit: float
    against: str = ""
    """The other; empty if the figure counts by itself."""
    least: bool = False
    """The limit is the least that will do; else the most."""
    who: str = "relay"

    def reached(self, medians: Mapping[str, Mapping[str, Figures]]) -> float | None:
        """Return the figure, or the ratio; None if something of it was not measured."""
        runs = medians.get(self.scenario, {})
        ours = runs.get(self.who, {}).get(self.figure)
        if ours is None or not self.against:
            return ours
        theirs = runs.get(self.against, {}).get(self.figure)
        return ours / theirs if theirs else None

    def holds(self, reached: float) -> bool:
        """Tell whether that is good enough."""
        return reached >= self.limit if self.least else reached <= self.limit


TARGETS = (
    Target("sessions", "CPU us/msg", 1.3, "haproxy"),
    Target("sessions", "CPU us/msg", 0.12, "mitmdump"),
    Target("sessions", "p50 us", 1.1, "haproxy"),
    Target("sessions", "p99 us", 2.0, "haproxy"),
    Target("sessions-200", "CPU %", 75.0),
    Target("flood-up", "msgs/s", 45.0, "mitmdump", least=True),
    Target("flood-up", "msgs/s", 4.5, "websockets", least=True),
    Target("flood-up", "msgs/s", 2.3, "picows", least=True),
    Target("flood-up", "msgs/s", 0.45, "haproxy", least=True),
    Target("flood-down", "msgs/s", 45.0, "mitmdump", least=True),
    Target("flood-down", "msgs/s", 4.5, "websockets", least=True),
    Target("flood-down", "msgs/s", 2.3, "picows", least=True),
    Target("flood-down", "msgs/s", 0.45, "haproxy", least=True),
    Target("flood-200", "msgs/s", 130.0, "mitmdump", least=True),
    Target("flood-tls", "msgs/s", 40.0, "mitmdump", least=True),
    Target("sessions-tls", "CPU us/msg", 1.3, "haproxy"),
    Target("flood-intercept", "msgs/s", 25.0, "mitmdump", least=True),
    Target("sessions-intercept", "CPU us/msg", 0.2, "mitmdump"),
    Target("ping", "p50 us", 1.2, "haproxy"),
    Target("stalling-disk", "p99 us", 2.0, "relay", who="relay, stalling"),
    Target("slow", "grew MB", 30.0),
    Target("one-socket", "grew MB", 30.0),
)


def judged(
    medians: Mapping[str, Mapping[str, Figures]], wrong: Mapping[str, Mapping[str, Set[str]]] | None = None
) -> str:
    """Return a table of the targets and what was reached, as Markdown; those that were not measured are left out.

    A figure of runs in which the relay did something wrong holds nothing, however good it is.
    """
    lines = ["| scenario | figure | reached | target | |", "|---|---|---:|---:|---|"]
    for target in TARGETS:
        reached = target.reached(medians)
        if reached is not None:
            name = f"{target.figure}, {target.who}" + (f" / {target.against}" if target.against else "")
            limit = f"{'≥' if target.least else '≤'} {target.limit:g}"
            marks = (wrong or {}).get(target.scenario, {}).get(target.who, set())
            held = "held" if target.holds(reached) and not marks else ": ".join(["**not held**", *_joined(marks)])
            lines.append(row([target.scenario, name, f"{reached:.3g}", limit, held]))
    return "\n".join(lines) if len(lines) > 2 else ""


def _joined(marks: Set[str]) -> list[str]:
    return [", ".join(sorted(marks))] if marks else []
