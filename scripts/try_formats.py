"""Ask validators that this project did not write about every format that it writes.

    python scripts/try_formats.py [FORMAT ...]

Writes all formats of the recordings in `recordings/` and of one made to be awkward, and installs each validator into an
environment of its own in a temporary folder, from npm or PyPI; `sox`, `opusinfo`, `java`, `chromium`, `unzip`, `node`
are the system's. Prints a table of what each said (some two minutes for all); the exit code is 1 if one objected. What
is not here is said, and fails nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from formats_checked import audio, ci, files, network, project
from formats_checked.made import make
from formats_checked.place import Missing, Objection, Place, Verdict

Ask = Callable[[Place], Verdict]
CHECKS: tuple[tuple[str, str, Ask], ...] = (
    ("recording", "jsonschema (PyPI)", project.recordings),
    ("sarif", "SARIF Multitool (npm)", ci.sarif),
    ("ctrf", "ctrf (npm)", ci.ctrf),
    ("junit", "xUnit plugin's XSD (in pytest)", ci.junit_schema),
    ("junit", "junitparser (PyPI)", ci.junit_reader),
    ("gitlab", "codeclimate-types (npm)", ci.gitlab),
    ("github", "@actions/core (npm)", ci.github),
    ("markdown", "cmarkgfm (PyPI)", ci.markdown),
    ("har", "har-validator (npm)", network.har_schema),
    ("har", "DevTools of Chromium", network.har_devtools),
    ("har", "mitmdump -nr (PyPI)", network.har_mitmproxy),
    ("mitm", "mitmdump -nr (PyPI)", network.flows),
    ("otlp", "opentelemetry-proto (PyPI)", network.otlp),
    ("wav, flac", "sox", audio.sox),
    ("wav, flac, opus", "soundfile (PyPI)", audio.soundfile),
    ("opus", "opusinfo", audio.opusinfo),
    ("vtt", "W3C's webvtt-parser (npm)", audio.vtt_strict),
    ("vtt", "webvtt-py (PyPI)", audio.vtt),
    ("srt", "pysrt, srt (PyPI)", audio.srt),
    ("html", "html-validate (npm)", files.html_validate),
    ("html", "Nu Html Checker (npm)", files.nu),
    ("html", "Chromium, requests counted", files.html_chromium),
    ("csv, parquet", "duckdb (PyPI)", files.duckdb),
    ("bundle", "unzip -t", files.bundle),
    ("python, javascript", "py_compile, node --check", files.programs),
    ("action.yml", "check-jsonschema (PyPI)", project.action),
    ("docs/ci.md", "check-jsonschema (PyPI)", project.pipelines),
    ("hooks", "pre-commit (PyPI)", project.hooks),
    ("Dockerfile", "hadolint (PyPI)", project.image),
)
"""What is checked, by what, and the function that asks it."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one check."""

    format: str
    validator: str
    version: str
    said: str
    well: bool


def attempt(format_name: str, validator: str, ask: Ask, place: Place) -> Row:
    """Ask one validator."""
    try:
        verdict = ask(place)
    except Objection as objection:
        return Row(format_name, validator, "", f"NOT OK: {objection}", False)
    except Missing as missing:
        return Row(format_name, validator, "", f"not here: {missing}", True)
    except subprocess.SubprocessError as error:
        return Row(format_name, validator, "", f"NOT OK: {error}", False)
    return Row(format_name, validator, verdict.version, verdict.said, True)


def line(row: Row) -> str:
    """Return a row of the table, in Markdown."""
    cells = (row.format, " ".join(filter(None, (row.validator, row.version))), row.said)
    return f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in cells)} |"


def main(chosen: Sequence[str]) -> int:
    """Try all, or the formats named."""
    wanted = [check for check in CHECKS if not chosen or set(check[0].split(", ")) & set(chosen)]
    if not wanted:
        raise SystemExit(f"no such format; known are {', '.join(dict.fromkeys(name for name, _, _ in CHECKS))}")
    with tempfile.TemporaryDirectory(prefix="try-formats-") as folder:
        place = Place(Path(folder))
        make(place)
        os.chdir(folder)
        print("| format | validator | said |\n|---|---|---|", flush=True)
        rows = []
        for check in wanted:
            rows.append(attempt(*check, place))
            print(line(rows[-1]), flush=True)
    return 0 if all(row.well for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
