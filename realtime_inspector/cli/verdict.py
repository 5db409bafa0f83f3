"""What `run --lint` says when the program has ended: what is wrong, and where nothing is, why it was silent."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.why import explain, last
from realtime_inspector.cli import diagnostics, output
from realtime_inspector.cli.findings import Linted, lint
from realtime_inspector.cli.findings_text import Text
from realtime_inspector.cli.why import Page
from realtime_inspector.formats import Readable, read_any
from realtime_inspector.recording.printable import shell_word


def tell(paths: Sequence[Path], policy: Policy) -> bool:
    """Write what is found in recordings to the standard error, and tell whether one finding is an error."""
    ink, width = output.Ink(on=output.wants_colour(sys.stderr)), output.width()
    text, page = Text(ink, width), Page(ink, width)
    recordings = [read_any(path) for path in paths]
    linted = [lint(each, policy.rules_for(each.path), policy.dialect_for(each.path)) for each in recordings]
    for line in dict.fromkeys(line for one in linted for line in one.troubles):
        diagnostics.warn(line)
    for one in linted:
        _say(text.recording(one))
    _say(text.summary(linted) if linted else ())
    for recording, one in zip(recordings, linted, strict=True):
        if not any(finding.severity is not Severity.INFO for finding in one.findings):
            _say(_silence(recording, one, page))
    return any(finding.severity is Severity.ERROR for one in linted for finding in one.findings)


def _silence(recording: Readable, linted: Linted, page: Page) -> Iterator[str]:
    """Yield why the assistant was silent at last: who runs this hears nothing, and the rules say little or nothing."""
    why = last(explain(recording, recording.header, findings=linted.findings, dialect=linted.dialect))
    yield from page.sentence(why)
    yield f"silent elsewhere? `{diagnostics.PROGRAM} why --all {shell_word(str(recording.path))}`"


def _say(lines: Iterator[str] | Sequence[str]) -> None:
    for line in lines:
        diagnostics.say(line)
