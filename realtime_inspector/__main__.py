"""`python -m realtime_inspector` is the command `realtime-inspector`."""

from __future__ import annotations

import sys

from realtime_inspector.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
