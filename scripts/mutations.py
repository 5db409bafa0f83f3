"""Make one thing wrong in healthy sessions, many times over, and print what the linter and `why` find, as a table.

    python scripts/mutations.py [--most 25] [--seed 0] [KIND ...]

Takes about half a minute for 25 sessions of each kind. What was missed stands below the table, and makes the exit code
1 if it is more than one in twenty.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.analysis.mutations.table import KINDS, check, markdown

ENOUGH = 0.95


def main() -> int:
    """Do it, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=25, help="sessions of each kind")
    parser.add_argument("--seed", type=int, default=0, help="which of them")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="these kinds only")
    asked = parser.parse_args()
    unknown = set(asked.kinds) - set(KINDS)
    if unknown:
        parser.error(f"no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    rows = [
        check(kind, asked.most, asked.seed) for kind in KINDS.values() if not asked.kinds or kind.name in asked.kinds
    ]
    print("\n".join(markdown(rows)))
    for row in rows:
        for missed in row.missed:
            print(f"missed: {row.kind.name}: {missed}")
    found, tried = sum(row.found for row in rows), sum(row.tried for row in rows)
    return 0 if found >= ENOUGH * tried else 1


if __name__ == "__main__":
    sys.exit(main())
