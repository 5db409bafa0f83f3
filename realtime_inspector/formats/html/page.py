"""The page: its parts in order, and what holds it together.

It asks for nothing: no font, no script, no picture from elsewhere, and its content policy forbids all of that. Its own
style and script are let in by their hashes, so nothing that a recording brings can run, whatever it holds.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from importlib import resources

from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.formats import sound
from realtime_inspector.formats.html import event_list, findings, header, timeline, transcript, waterfall
from realtime_inspector.formats.html.playable import MOST_BYTES, playable
from realtime_inspector.formats.html.study import study
from realtime_inspector.formats.html.tags import Html, join, tag
from realtime_inspector.formats.reading import Readable, clean


def write(
    recording: Readable,
    *,
    audio: bool = True,
    with_events: bool = True,
    title: str = "",
    most_bytes: int = MOST_BYTES,
    policy: Policy | None = None,
) -> Iterator[bytes]:
    """Yield the page of one recording, which must be one that can be read twice.

    Args:
        recording: What was opened.
        audio: Whether the call can be played.
        with_events: Whether the events are there, behind a fold.
        title: What stands above it; the file's name, if nothing.
        most_bytes: What the sound may take; a longer call gets a coarser sound, and then only its beginning.
        policy: The rules as a project wants them; the usual ones without.
    """
    safe = clean(recording)
    known = study(safe, policy)
    style, script = _resource("page.css"), _resource("page.js")
    title = title or recording.path.name
    layout = known.layout
    sounds = audio and bool(layout.user or layout.voices) and not sound.too_long(layout)
    yield _bytes(_head(title, style, script))
    yield _bytes(header.draw(title, known, recording))
    yield _bytes(header.places(known, with_events=with_events, with_sound=sounds))
    yield _bytes(findings.draw(known))
    with ExitStack() as stack:
        samples = stack.enter_context(sound.of(recording, places=layout)) if sounds else None
        drawing = timeline.draw(layout, samples, known.turns, known.findings)
        yield _bytes(join(Html('<section id="time">'), tag("h2", "Timeline"), drawing, timeline.legend()))
        if samples is not None:
            yield from playable(samples, most_bytes)
        yield _bytes(Html("</section>"))
    yield _bytes(transcript.draw(known))
    yield _bytes(waterfall.draw(known.turns, layout))
    if with_events:
        yield from map(_bytes, event_list.draw(events(safe), findings.pointed(known)))
    yield _bytes(join(header.footer(known), Html(f"</main><script>{script}</script></body></html>")))


def _head(title: str, style: str, script: str) -> Html:
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; media-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts: Iterable[Html] = (
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        Html(f"<style>{style}</style>"),
    )
    return join(Html('<!DOCTYPE html><html lang="en"><head>'), *parts, Html("</head><body><main>"))


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def _resource(name: str) -> str:
    return (resources.files("realtime_inspector.formats.html") / name).read_text(encoding="utf-8")


def _bytes(part: Html) -> bytes:
    return part.encode(errors="backslashreplace") + b"\n"
