"""When a rule may hold a session against what the API takes since general availability.

A client often sends its first events before the server's first has shown which dialect it speaks. What would be wrong
on one server is right on another, so such an event is judged as soon as the dialect shows, and never if it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import beta, blame
from realtime_inspector.protocol.realtime.conversation import Pending
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

OPENAI_HOST = "api.openai.com"
BETA_ENDED = datetime(2026, 5, 12, tzinfo=UTC).timestamp()
"""Unix time from which on OpenAI speaks GA alone."""

_NEAR_HOSTS = frozenset({"", "localhost", "127.0.0.1", OPENAI_HOST})
_OTHER_PATHS = ("/realtime/translations", "/live/")
_TRANSLATORS = "gpt-realtime-translate"
"""How the names of models begin whose sessions have events of their own."""
_FIRST_LOOK_S = 0.25
_LAST_LOOK_S = 10.0
_UPDATES = frozenset({"session.update", "transcription_session.update"})


class GaRule(Rule):
    """A rule about a client event that is wrong on a server that speaks GA, and may be right on another."""

    dialects: ClassVar[frozenset[str]] = frozenset({"ga", ""})

    def judge(self, event: Event, session: Session) -> Iterable[Finding]:
        """Yield what is wrong with a client event; asked only where the server speaks GA."""
        raise NotImplementedError

    def check(self, event: Event, before: Session) -> Iterable[Finding]:
        """Judge the event at once where the dialect is known."""
        return self.judge(event, before) if event.from_client and speaks_ga(before) else ()

    def may_wait(self, session: Session) -> bool:
        """Wait only while the dialect is not known."""
        return not session.dialect or type(self).wait is not GaRule.wait

    def wait(self, event: Event, after: Session) -> Iterable[Deadline]:
        """Judge it later where it is not."""
        if event.from_client and not speaks_ga(after) and not after.dialect and speaks_realtime(after):
            yield Deadline(event.t + _FIRST_LOOK_S, event, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterable[Finding | Deadline]:
        """Judge the event if the dialect has shown by now; an update that the server took is right there."""
        event = deadline.event
        if speaks_ga(session):
            if not _taken(event, session):
                certain_t = round(deadline.moment(session), 6)
                yield from (replace(finding, t=certain_t) for finding in self.judge(event, session))
        elif session.ended is None and deadline.at - event.t < _LAST_LOOK_S:
            yield deadline.again(event.t + 2 * (deadline.at - event.t))


def is_openai(session: Session) -> bool:
    """Tell whether the connection went to OpenAI itself."""
    return host(session, session.request) == OPENAI_HOST


def may_be_openai(session: Session) -> bool:
    """Tell whether the connection went to OpenAI or Azure, as far as its host shows: a proxy on this machine may."""
    name = host(session, session.request)
    return name in _NEAR_HOSTS or name.endswith(".azure.com")


def host(session: Session, request: Event | None) -> str:
    """Return the host a request went to, in lower case and without its port; empty if nothing shows it."""
    upstream = _authority(session.upstream)
    named = request.entry.header("host") if request is not None and not upstream else None
    return _host(upstream or named or "")


@lru_cache(maxsize=64)
def _authority(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition("?")[0]


@lru_cache(maxsize=64)
def _host(authority: str) -> str:
    return authority.rpartition("@")[2].partition(":")[0].lower()


def speaks_realtime(session: Session) -> bool:
    """Tell whether URL and model are of the Realtime API, not of its translations or of the Live API."""
    return _is_realtime(session.target) and not text(session.config.get("model")).startswith(_TRANSLATORS)


@lru_cache(maxsize=64)
def _is_realtime(target: str) -> bool:
    path = target.partition("?")[0]
    return not any(other in path for other in _OTHER_PATHS)


def speaks_ga(session: Session) -> bool:
    """Tell whether the server speaks GA: it has shown it, or it is OpenAI and nobody asked for the beta."""
    if not speaks_realtime(session):
        return False
    return session.dialect == "ga" or (not session.dialect and is_openai(session) and not in_beta_times(session))


def in_beta_times(session: Session) -> bool:
    """Tell whether a session was recorded while OpenAI still spoke the beta."""
    return session.started is not None and session.started < BETA_ENDED


def refused_unseen(event: Event, before: Session) -> Iterator[tuple[str, str]]:
    """Yield code and parameter of an `error` event whose cause is not in the recording, as in a server's own log."""
    error = mapping(event.body.get("error"))
    if event.from_server and cause_of(event, before) is None:
        yield str(error.get("code") or ""), blame.param(error)


def cause_of(event: Event, before: Session) -> Pending | None:
    """Return the client event that an `error` event answers, if it is known."""
    return blame.find(mapping(event.body.get("error")), before.unanswered, before.named)[0]


def said_twice(event: Event, session: Session) -> dict[str, str]:
    """Return the settings that an event has in the beta's place and in GA's: the one → the other."""
    member, paths = (
        ("response", beta.RESPONSE_PATHS) if event.type == "response.create" else ("session", beta.SESSION_PATHS)
    )
    asked = event.get(member)
    if not isinstance(asked, Mapping):
        return {}
    return {
        name: path
        for name, path in paths.items()
        if name in asked and name not in session.config and dig(asked, path) is not None
    }


def _taken(event: Event, session: Session) -> bool:
    return event.type in _UPDATES and any(
        update.status == "accepted" for update in session.updates if update.at.n == event.n
    )
