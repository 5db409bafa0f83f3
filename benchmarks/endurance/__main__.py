"""Runs the parts; see the package's docstring."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import benchmarks.endurance
from benchmarks.endurance import churn, descriptors, disk, kill, volume
from benchmarks.endurance.outcome import Options, Outcome, table

PARTS: dict[str, Callable[[Options], Iterator[Outcome]]] = {
    "kill": kill.run,
    "disk": disk.run,
    "churn": churn.run,
    "descriptors": descriptors.run,
    "volume": volume.run,
}


def main() -> int:
    """Run what was asked for, and return the exit code."""
    arguments = _arguments()
    options = Options(arguments.folder, arguments.full, arguments.share)
    outcomes: list[Outcome] = []
    for name in arguments.only:
        for outcome in PARTS[name](options):
            outcomes.append(outcome)
            print(
                f"{outcome.part}: {outcome.done}: {outcome.seen}{'' if outcome.held else ' NOT HELD'}", file=sys.stderr
            )
    print(table(outcomes))
    return 0 if all(outcome.held for outcome in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.endurance",
        description=benchmarks.endurance.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words: Callable[[str], list[str]] = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--only", type=words, default=list(PARTS), help=f"of {','.join(PARTS)}")
    parser.add_argument("--full", action="store_true", help="who stops reading does so for a minute")
    parser.add_argument("--share", type=float, default=1.0, help="do that part of everything, as a rehearsal")
    parser.add_argument("--folder", type=Path, help="where recordings are made for the time of a part")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.only if name not in PARTS]
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; known are {', '.join(PARTS)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
