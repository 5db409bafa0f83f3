"""Runs the comparison; see the package's docstring."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import benchmarks.proxy
from benchmarks.proxy.machine import described
from benchmarks.proxy.peers import Peer, peers
from benchmarks.proxy.report import Figures, medians, table
from benchmarks.proxy.running import Outcome, Place, run
from benchmarks.proxy.scenarios import SCENARIOS
from benchmarks.proxy.targets import judged


@dataclass
class Results:
    """All that was measured so far."""

    head: str
    runs: dict[str, dict[str, list[Figures]]] = field(default_factory=dict)
    wrong: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    notes: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def add(self, scenario: str, name: str, outcome: Outcome) -> None:
        """Take in a run."""
        figures = [outcome.figures] if outcome.figures is not None else []
        self.runs.setdefault(scenario, {}).setdefault(name, []).extend(figures)
        self.wrong.setdefault(scenario, {}).setdefault(name, set()).update(outcome.wrong)
        self.notes.setdefault(scenario, {}).setdefault(name, set()).update(outcome.notes)

    def markdown(self) -> str:
        """Return everything as tables."""
        parts = [self.head]
        for scenario, by_name in self.runs.items():
            marks = {name: self.wrong[scenario][name] | self.notes[scenario][name] for name in by_name}
            parts += [f"### {scenario}: {SCENARIOS[scenario].says}", table(by_name, marks)]
        judgement = judged({scenario: medians(by_name) for scenario, by_name in self.runs.items()}, self.wrong)
        if judgement:
            parts += ["### Targets", judgement]
        return "\n\n".join(parts) + "\n"

    def json(self) -> str:
        """Return the figures of every run."""
        return json.dumps(asdict(self), default=sorted, indent=1) + "\n"

    def write(self, file: Path) -> None:
        """Write both forms."""
        file.write_text(self.markdown(), encoding="utf-8")
        file.with_suffix(".json").write_text(self.json(), encoding="utf-8")

    def wrong_of_relay(self) -> bool:
        """Tell whether a run of the relay went wrong."""
        return any(
            marks for by_name in self.wrong.values() for name, marks in by_name.items() if name.startswith("relay")
        )


def main() -> int:
    """Compare, and return the exit code."""
    options = _options()
    command = " ".join(["uv run python -m benchmarks.proxy", *sys.argv[1:]])
    results = Results(f"{described(options.mitmdump)}; medians of {options.repetitions}; `{command}`")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as certificates, contextlib.suppress(KeyboardInterrupt):
        place = Place(Path(certificates), options.folder, *_cores(), realtime=options.rt)
        for repetition in range(options.repetitions):
            for scenario, peer in _pairs(options):
                job = SCENARIOS[scenario].job
                if options.duration and not job.most_bytes:
                    job = replace(job, duration_s=options.duration)
                outcome = run(peer, job, place)
                results.add(scenario, peer.name, outcome)
                said = ", ".join(filter(None, [*sorted(outcome.wrong), outcome.why]))
                print(f"{repetition + 1}: {scenario}, {peer.name}: {said or 'done'}", file=sys.stderr)
            if options.output is not None:
                results.write(options.output)
    print(results.markdown())
    return 1 if results.wrong_of_relay() else 0


def _pairs(options: argparse.Namespace) -> Iterator[tuple[str, Peer]]:
    """Return who is to be run in which scenario."""
    for scenario in options.scenarios:
        known = {peer.name: peer for peer in peers(SCENARIOS[scenario].job.security, options.mitmdump)}
        for name in SCENARIOS[scenario].peers:
            if known[name].installed and (not options.proxies or name in options.proxies):
                yield scenario, known[name]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.proxy",
        description=benchmarks.proxy.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words: Callable[[str], list[str]] = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--scenarios", type=words, default=list(SCENARIOS), help=f"of {','.join(SCENARIOS)}")
    parser.add_argument("--proxies", type=words, default=[], help="names, as in the tables; all that are installed")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--duration", type=float, default=0.0, help="seconds of each window, by default the scenario's")
    parser.add_argument("--mitmdump", default=_mitmdump(), help="the program, if it is in another environment")
    parser.add_argument("--folder", type=Path, help="where recordings are made for the time of a run")
    parser.add_argument("--output", type=Path, help="Markdown file to write; the figures of every run go beside it")
    parser.add_argument("--rt", action="store_true", help="run in real time, before all other work (needs root)")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"unknown scenario {unknown[0]!r}; known are {', '.join(SCENARIOS)}")
    all_peers = {peer.name: peer for peer in peers("plain", options.mitmdump)}
    strange = [name for name in options.proxies if name not in all_peers]
    if strange:
        parser.error(f"unknown proxy {strange[0]!r}; known are {', '.join(all_peers)}")
    for peer in all_peers.values():
        if not peer.installed:
            print(f"{peer.name}: not installed, left out", file=sys.stderr)
    return options


def _cores() -> tuple[int | None, int | None]:
    """Return which core the proxy gets and which the load; none if there is but one."""
    ours = sorted(os.sched_getaffinity(0))
    return (ours[0], ours[1]) if len(ours) > 1 else (None, None)


def _mitmdump() -> str:
    return shutil.which("mitmdump", path=str(Path(sys.executable).parent)) or "mitmdump"


if __name__ == "__main__":
    sys.exit(main())
