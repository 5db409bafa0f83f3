"""The base of every rule, and where the rules are found.

A rule is a class: its docstring is its page, its `good` and `bad` transcripts are its tests. It keeps no state: what
must be remembered is a field of `Session`. It is asked three things, and a fourth for speed:

    check(event, before)    at every event of a type in `on`, with the session as it was when the event arrived
    wait(event, after)      after that event was applied: what should happen, and by when
    due(deadline, session)  when that time has passed: did it?
    rest(event, after)      after an event: which ones like it are nothing to the rule, so that it need not be asked?

What its user may set of it are its severity and its thresholds; a rule that was `set_up` is a copy.

Time passes as data: a deadline fires when a later event, or `Linter.advance`, passes it, so a live view and a file give
the same findings.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Self

from realtime_inspector.analysis import threshold
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import Rest
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.session import Session

_HEADINGS = ("Why", "Fix", "Limits", "Source")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment at which a rule wants to be asked whether something came."""

    at: float
    """Seconds since the recording's start."""
    event: Event
    """The event that began the wait."""
    subject: str = ""
    """What is waited for, as the rule likes it: a `call_id`, a response's id."""
    step: int = 0
    """For a rule that waits again: how often it did."""
    at_end: bool = False
    """Ask too when the session ends before that moment; `session.ended` tells the two apart."""

    def moment(self, session: Session) -> float:
        """Return when the rule is asked: at its time, or at the session's end before that."""
        return self.at if session.ended is None else min(self.at, session.ended.t)

    def again(self, at: float) -> Deadline:
        """Return the same wait, to a later moment."""
        return replace(self, at=at, step=self.step + 1)


class Rule:
    """One diagnostic; a subclass is found by its module's place. The module's docstring says what it is asked."""

    id: ClassVar[str]
    """Group and three digits, such as `TOOL003`."""
    name: ClassVar[str]
    """What is flagged, in kebab case."""
    severity: ClassVar[Severity]
    """Of most of its findings; `finding` can be given another one."""
    on: ClassVar[tuple[str, ...]]
    """Event types, as GA names them; an event under its beta name is offered too. `*` is every event."""
    dialects: ClassVar[frozenset[str]] = frozenset({"ga", "beta", ""})
    """Where it holds: `ga`, `beta`, and `` for a session whose dialect nothing shows; or servers by their names in
    `protocol/realtime/dialects.py`. Of the servers that speak one of these, `dialect_rules.py` leaves some out."""
    needs: ClassVar[frozenset[str]] = frozenset()
    """What it concludes from, in the words of `protocol/realtime/left_out.py`: a log that leaves one of these out gives
    no finding of this rule."""
    once: ClassVar[bool] = False
    """Said once a session: what is wrong with one is wrong with all."""
    acoustic: ClassVar[bool] = False
    """It decodes audio, which takes time: asked only where that is wanted."""
    optional: ClassVar[bool] = False
    """Not everybody cares: asked only if it is chosen by id or name."""
    good: ClassVar[tuple[str, ...]] = ()
    """Transcripts that give no finding of this rule."""
    bad: ClassVar[tuple[str, ...]] = ()
    """Transcripts in which each line that ends in `# ID` gives exactly that finding."""

    origin = ""
    """The file or the package that a rule of the user comes from; empty for one of this tool."""
    wanted: Severity | None = None
    """What the user wants its findings to be, in place of what the rule says."""

    def check(self, event: Event, before: Session) -> Iterable[Finding]:
        """Yield what is wrong with the event, given the session before it."""
        return ()

    def wait(self, event: Event, after: Session) -> Iterable[Deadline]:
        """Yield the moments at which something must have followed the event."""
        return ()

    def may_wait(self, session: Session) -> bool:
        """Tell whether `wait` may have to do with an event, as long as the dialect is what it is."""
        return True

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Return within which bounds events of this type, from this side, are nothing to this rule from here on.

        None, as it is for most rules, has each of them shown to `check` and `wait`.
        """
        return None

    def due(self, deadline: Deadline, session: Session) -> Iterable[Finding | Deadline]:
        """Yield what is wrong now that the moment has passed, or a later moment to ask again."""
        return ()

    def finding(
        self,
        event: Event,
        message: str,
        *,
        cause: At | int | None = None,
        severity: Severity | None = None,
        related: Iterable[int] = (),
        t: float | None = None,
        corrected: Mapping[str, Any] | None = None,
        fix: str = "",
    ) -> Finding:
        """Make a finding of this rule about the event; `t` is the end of the wait for something that never came."""
        began = cause.n if isinstance(cause, At) else cause
        return Finding(
            rule=self.id,
            name=self.name,
            severity=self.wanted or severity or self.severity,
            entry=event.n,
            line=event.entry.line,
            t=event.t if t is None else round(t, 6),
            message=message,
            fix=fix or self.page().fix,
            cause=None if began == event.n else began,
            related=tuple(related),
            corrected=corrected,
        )

    def set_up(self, thresholds: Mapping[str, Any], severity: Severity | None = None) -> Self:
        """Return the rule with numbers and a severity of the user's.

        Raises:
            KeyError: If it has no threshold of a name.
            ValueError: If a value is none for its threshold; the message follows the name.
        """
        known = threshold.of(self)
        changed = copy.copy(self)
        changed.wanted = severity or self.wanted
        for name, value in thresholds.items():
            setattr(changed, name, known[name].read(value))
        return changed

    def as_declared(self) -> Self:
        """Return the rule without what its user has set, as its page and its examples have it."""
        plain = copy.copy(self)
        for name in ("wanted", *threshold.of(self)):
            vars(plain).pop(name, None)
        return plain

    @classmethod
    def page(cls) -> Page:
        """Return the rule's page, read from its docstring."""
        return _page(cls.__doc__ or "")


@dataclass(frozen=True, slots=True)
class Page:
    """What `explain` says about a rule."""

    what: str
    why: str
    fix: str
    limits: str
    source: str


@cache
def _page(text: str) -> Page:
    sections = {"What": ""}
    current = "What"
    for line in inspect.cleandoc(text).splitlines():
        heading, colon, rest = line.partition(":")
        if colon and heading in _HEADINGS:
            current, line = heading, rest
        sections[current] = f"{sections.get(current, '')} {line.strip()}".strip()
    return Page(*(sections.get(heading, "") for heading in ("What", *_HEADINGS)))


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return an instance of every rule, by id.

    Raises:
        ValueError: If two rules have one id.
    """
    from realtime_inspector.analysis import rules as package

    found: dict[str, Rule] = {}
    for rule in _walk(package.__path__, package.__name__ + "."):
        if rule.id in found:
            raise ValueError(f"{rule.id} is the id of {type(found[rule.id]).__name__} and of {rule.__name__}")
        found[rule.id] = rule()
    return tuple(found[rule_id] for rule_id in sorted(found))


def _walk(path: Iterable[str], prefix: str) -> Iterator[type[Rule]]:
    for module in pkgutil.walk_packages(path, prefix):
        if module.ispkg:
            continue
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if (
                issubclass(member, Rule)
                and member is not Rule
                and member.__module__ == module.name
                and "id" in vars(member)
            ):
                yield member
