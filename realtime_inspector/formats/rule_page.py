"""A rule's page in Markdown: what it flags, why that hurts, how to mend it, what it may get wrong, and an example.

For `docs/rules.md` and for the help of formats that have room for it. Everything comes from the rule itself.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from realtime_inspector.analysis import dialect_rules, threshold
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import CUT_OFF

_DIALECTS = {"ga": "GA", "beta": "beta"}
_FENCE = "~~~"
"""Not what an event in an example may hold."""
_LINE_CHARS = 320


def lines(rule: Rule) -> Iterator[str]:
    """Yield the page without a title."""
    page = rule.page()
    yield _plain(page.what)
    for heading, text in (("Why", page.why), ("Fix", page.fix), ("Limits", page.limits), ("Source", page.source)):
        yield ""
        yield f"**{heading}**: {_plain(text)}"
    yield from _not_asked(rule)
    yield from _settings(rule)
    yield from example(rule)


def example(rule: Rule) -> Iterator[str]:
    """Yield the first of the rule's bad transcripts, with what it says of it."""
    if not rule.bad:
        return
    yield ""
    yield f"{_FENCE}text"
    yield from shown(rule.bad[0])
    yield _FENCE
    for message in dict.fromkeys(said(rule, rule.bad[0])):
        yield ""
        yield f"> {_plain(message)}"


def shown(text: str) -> Iterator[str]:
    """Yield a transcript to be read: equal lines once, with their number, and long ones without their middle."""
    for line, same in groupby(textwrap.dedent(text).strip("\n").rstrip().splitlines()):
        yield line if len(line) <= _LINE_CHARS else f"{line[: _LINE_CHARS - 63]} … {line[-60:]}"
        more = len(list(same)) - 1
        if more:
            yield f"# the line above {more} times more" if more > 1 else line


def said(rule: Rule, text: str) -> list[str]:
    """Return what the rule says of a transcript, time passing to its last line."""
    parsed = transcript.parse(text)
    linter = Linter([rule], header=parsed.header)
    found = []
    for event in events(parsed.entries):
        if event.is_wire and event.body.get("how") == CUT_OFF:
            found += linter.advance(parsed.end_t)
        found += linter.feed(event)
    return [finding.message for finding in sorted(found, key=lambda finding: (finding.entry, finding.t))]


def about(rule: Rule) -> str:
    """Return severity, dialects and when the rule is asked, in a line."""
    known = sorted(_DIALECTS.get(dialect, dialect) for dialect in rule.dialects if dialect)
    words = [rule.severity.value, f"dialects: {', '.join(known)}"]
    if rule.acoustic:
        words.append("with `--acoustic`")
    if rule.optional:
        words.append("only if selected by id or name")
    if rule.once:
        words.append("said once a session")
    return " · ".join(words)


def _not_asked(rule: Rule) -> Iterator[str]:
    """Yield the servers that the rule is not asked about, by reason, but for those that its whole group is not for."""
    servers: dict[str, list[str]] = {}
    for server, off in dialect_rules.OFF.items():
        if rule.id in off:
            servers.setdefault(off[rule.id], []).append(f"`{server}`")
    if servers:
        yield ""
        told = (f"{', '.join(names)}: {_plain(why)}" for why, names in servers.items())
        yield f"**Not asked** of {'; of '.join(told)}."


def _settings(rule: Rule) -> Iterator[str]:
    settings = threshold.of(rule)
    if not settings:
        return
    yield ""
    yield "| threshold | default | is |"
    yield "|---|---|---|"
    for name, setting in settings.items():
        yield f"| `{name}` | {setting.default:g} {setting.unit} | {_plain(setting.about)} |"


def _plain(text: str) -> str:
    """Return text without anything that Markdown would take for HTML."""
    return text.replace("<", "&lt;")
