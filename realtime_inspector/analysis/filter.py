"""The filter language: which events to show.

    type:response.*            the event's type; `*` and `?` stand for anything, a comma for "or"
    from:client                who sent it: client, server, proxy
    kind:ping                  what crossed the wire: message, ping, close, …
    n:41   n:100..200          the entry's number
    turn:3   turn>=2           the turn it stands in
    t>1.5s                     when it came, from the start of the recording
    bytes>1k                   the size of its payload (k and M are thousands and millions)
    latency>800ms              how long after the event it answers it came
    severity>=warning          it has a finding that bad: info, warning, error
    rule:TOOL*                 it has a finding of that rule, by id or name
    word   ~"two words"        the text is somewhere in it, whatever the case; audio is not looked at
    /call_[0-9a-f]+/           the regular expression fits somewhere in it
    @slow                      the filter of that name lets it through, of those that are saved

Terms are joined by `and` (or by standing side by side), `or`, `not` and parentheses. `:` and `=` mean the same.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

import orjson

from realtime_inspector.analysis.facts import NOTHING, Facts
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.errors import TextError
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event
from realtime_inspector.recording.entry import Kind, Side

Predicate = Callable[[Event, Facts], bool]
_Compare = Callable[[float, float], bool]


class FilterError(TextError):
    """A text is no filter: what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, ready to be asked."""

    text: str
    fields: frozenset[str]
    """What it looks at: fields, `text` for words and regular expressions, and `regex` for the latter."""
    _predicate: Predicate

    @property
    def needs_facts(self) -> bool:
        """Whether it asks for more than the event itself: turn, findings, latency."""
        return not self.fields.isdisjoint(_OF_FACTS)

    @property
    def may_take_long(self) -> bool:
        """Whether a regular expression is in it: on some texts, one may never come to an end."""
        return "regex" in self.fields

    def __call__(self, event: Event, facts: Facts = NOTHING) -> bool:
        """Tell whether an event is to be shown."""
        return self._predicate(event, facts)


def compile(text: str, saved: Mapping[str, str] | None = None) -> Filter:  # noqa: A001 - the word for it, as in `re`
    """Read a filter; an empty text lets everything through.

    Args:
        text: The filter.
        saved: Name → filter, for `@name`.

    Raises:
        FilterError: If it is none, with the place.
    """
    return _Parser(text, saved or {}).whole()


FIELDS: Mapping[str, Sequence[str]] = {
    "type": (),
    "from": tuple(Side),
    "kind": tuple(Kind),
    "n": (),
    "turn": (),
    "t": (),
    "bytes": (),
    "latency": (),
    "severity": tuple(reversed(Severity)),
    "rule": (),
}
"""Every field, with its values where they can be listed: what a completion offers."""

_OF_FACTS = frozenset({"turn", "latency", "severity", "rule"})
_OPERATORS: Mapping[str, _Compare] = {
    ":": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_UNITS: Mapping[str, Mapping[str, float]] = {
    "n": {"": 1},
    "turn": {"": 1},
    "bytes": {"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6},
    "t": {"ms": 0.001, "s": 1, "m": 60},
    "latency": {"ms": 1, "s": 1000},
}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)")

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<paren>[()])
      | (?P<field>[A-Za-z_]+)(?P<op>>=|<=|!=|[:=<>])(?P<value>"(?:\\.|[^"\\])*"|[^\s()"]*)
      | ~?"(?P<quoted>(?:\\.|[^"\\])*)"
      | /(?P<regex>(?:\\.|[^/\\])+)/(?=[\s()]|$)
      | ~?(?P<word>[^\s()"~]+)
    """,
    re.VERBOSE,
)
_KEYWORDS = frozenset({"and", "or", "not"})


class _Parser:
    def __init__(self, text: str, saved: Mapping[str, str], within: tuple[str, ...] = ()) -> None:
        self._text = text
        self._saved = saved
        self._within = within
        """The names of the filters that this one is a part of."""
        self._fields: set[str] = set()
        self._tokens = self._scan()
        self._at = 0

    def whole(self) -> Filter:
        predicate: Predicate = (lambda event, facts: True) if not self._tokens else self._any()
        if self._at < len(self._tokens):
            raise self._error("a closing parenthesis without an opening one", self._next())
        return Filter(self._text, frozenset(self._fields), predicate)

    def _scan(self) -> list[re.Match[str]]:
        tokens = []
        at = 0
        while at < len(self._text):
            found = _TOKEN.match(self._text, at)
            if found is None or _unclosed(found, self._text):
                start = at if found is None else found.end()
                mark = self._text[start]
                problem = (
                    'a text in quotes stands alone, with a " at both ends'
                    if mark == '"'
                    else f"{mark!r} begins nothing"
                )
                raise FilterError(problem, self._text, start)
            if found["space"] is None:
                tokens.append(found)
            at = found.end()
        return tokens

    def _any(self) -> Predicate:
        terms = [self._all()]
        while self._keyword() == "or":
            self._at += 1
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else lambda event, facts: any(term(event, facts) for term in terms)

    def _all(self) -> Predicate:
        terms = [self._term()]
        while self._at < len(self._tokens) and self._keyword() != "or" and self._next()["paren"] != ")":
            if self._keyword() == "and":
                self._at += 1
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda event, facts: all(term(event, facts) for term in terms)

    def _term(self) -> Predicate:
        if self._at >= len(self._tokens):
            raise FilterError("something is missing at the end", self._text, len(self._text))
        token = self._next()
        self._at += 1
        if _keyword(token) == "not":
            inner = self._term()
            return lambda event, facts: not inner(event, facts)
        if _keyword(token):
            raise self._error(f"nothing stands before {token[0]!r}", token)
        return self._group(token) if token["paren"] else self._leaf(token)

    def _group(self, token: re.Match[str]) -> Predicate:
        if token["paren"] == ")":
            raise self._error("something is missing before the closing parenthesis", token)
        inner = self._any()
        if self._at >= len(self._tokens):
            raise self._error("a parenthesis that is not closed", token)
        self._at += 1
        return inner

    def _leaf(self, token: re.Match[str]) -> Predicate:
        if token["field"] is not None:
            return self._field(token)
        if token[0].startswith("@"):
            return self._named(token)
        self._fields.add("text")
        if token["regex"] is not None:
            return self._regex(token)
        wanted = _unquoted(token["quoted"]) if token["quoted"] is not None else token["word"]
        return _contains(wanted)

    def _named(self, token: re.Match[str]) -> Predicate:
        name = token[0][1:]
        if name not in self._saved:
            near = get_close_matches(name, self._saved, n=1)
            hint = f"did you mean '@{near[0]}'?" if near else self._known()
            raise self._error(f"no filter is saved as {name!r}; {hint} (in quotes it is a text)", token)
        if name in self._within:
            raise self._error(f"the saved filter {name!r} is made of itself", token)
        try:
            found = _Parser(self._saved[name], self._saved, (*self._within, name)).whole()
        except FilterError as error:
            raise self._error(f"in the saved filter {name!r}, {error.text!r}: {error.problem}", token) from None
        self._fields |= found.fields
        return found

    def _known(self) -> str:
        return f"there are {', '.join(f'@{name}' for name in sorted(self._saved))}" if self._saved else "none is saved"

    def _regex(self, token: re.Match[str]) -> Predicate:
        self._fields.add("regex")
        try:
            pattern = re.compile(token["regex"].replace("\\/", "/"))
        except re.error as error:
            at = token.start("regex") + (error.pos or 0)
            raise FilterError(f"no regular expression: {error.msg}", self._text, min(at, len(self._text))) from None
        return lambda event, facts: pattern.search(searched(event)) is not None

    def _field(self, token: re.Match[str]) -> Predicate:
        name, value = token["field"].lower(), token["value"]
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(FIELDS)}"
            raise self._error(f"no field {name!r}; {hint} (in quotes it is a text)", token)
        if not value:
            raise FilterError(f"{name!r} has no value", self._text, token.end())
        self._fields.add(name)
        if name in _UNITS:
            return self._number(name, token)
        if name == "severity":
            return self._severity(token)
        return self._word(name, token)

    def _word(self, name: str, token: re.Match[str]) -> Predicate:
        if token["op"] not in {":", "=", "!="}:
            raise self._error(f"{name!r} is a word: use {name}:…", token, "op")
        wanted = _unquoted(token["value"].strip('"')).split(",")
        for value in wanted if FIELDS[name] else ():
            self._listed(name, value, token)
        test = _WORDS[name](wanted)
        return test if token["op"] != "!=" else lambda event, facts: not test(event, facts)

    def _severity(self, token: re.Match[str]) -> Predicate:
        rank = Severity(self._listed("severity", token["value"], token)).rank
        compare = _OPERATORS[token["op"]]
        return lambda event, facts: any(compare(-finding.severity.rank, -rank) for finding in facts.findings)

    def _listed(self, name: str, value: str, token: re.Match[str]) -> str:
        if value not in FIELDS[name]:
            raise self._error(f"no {name} {value!r}; known are {', '.join(FIELDS[name])}", token, "value")
        return value

    def _number(self, name: str, token: re.Match[str]) -> Predicate:
        measure = _MEASURES[name]
        first, dots, last = token["value"].partition("..")
        low = self._amount(name, first, token)
        if dots:
            high = self._amount(name, last, token)
            if token["op"] not in {":", "="}:
                raise self._error(f"a range goes with {name}:…", token, "op")
            return lambda event, facts: (value := measure(event, facts)) is not None and low <= value <= high
        compare = _OPERATORS[token["op"]]
        return lambda event, facts: (value := measure(event, facts)) is not None and compare(value, low)

    def _amount(self, name: str, text: str, token: re.Match[str]) -> float:
        found = _NUMBER.fullmatch(text)
        units = _UNITS[name]
        if found is None:
            raise self._error(f"{text!r} is no number", token, "value")
        if found[2].lower() not in units:
            known = ", ".join(unit for unit in units if unit) or "none"
            unit = f"no unit {found[2]!r}" if found[2] else "a number without its unit"
            raise self._error(f"{unit}; units of {name!r} are {known}", token, "value")
        return float(found[1]) * units[found[2].lower()]

    def _next(self) -> re.Match[str]:
        return self._tokens[self._at]

    def _keyword(self) -> str:
        return _keyword(self._tokens[self._at]) if self._at < len(self._tokens) else ""

    def _error(self, problem: str, token: re.Match[str], part: str | int = 0) -> FilterError:
        return FilterError(problem, self._text, token.start(part))


def searched(event: Event) -> str:
    """Return the text of an event that a search looks at: as it was sent, its audio left out."""
    payload = event.entry.payload
    if event.is_wire and not payload:
        return f"{event.type} {orjson.dumps(dict(event.body)).decode()}"
    if event.type in AUDIO_FIELDS:
        return orjson.dumps(event.body).decode()
    text = payload.decode(errors="replace")
    if "\\u" in text and not event.is_wire:  # escaped on the wire, written plainly by whoever searches
        text += orjson.dumps(event.body).decode()
    return text


def _unclosed(found: re.Match[str], text: str) -> bool:
    """Tell whether a token ends before a quotation mark: what follows is a text that is never closed."""
    return found["space"] is None and found["paren"] is None and text[found.end() : found.end() + 1] == '"'


def _keyword(token: re.Match[str]) -> str:
    word = token["word"]
    return word.lower() if word and not token[0].startswith("~") and word.lower() in _KEYWORDS else ""


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _contains(text: str) -> Predicate:
    wanted = text.casefold()
    return lambda event, facts: wanted in event.type or wanted in searched(event).casefold()


def _types(wanted: Sequence[str]) -> Predicate:
    return lambda event, facts: any(fnmatchcase(event.type, pattern) for pattern in wanted)


def _sides(wanted: Sequence[str]) -> Predicate:
    return lambda event, facts: event.side in wanted


def _kinds(wanted: Sequence[str]) -> Predicate:
    return lambda event, facts: event.entry.kind in wanted


def _rules(wanted: Sequence[str]) -> Predicate:
    patterns = [pattern.casefold() for pattern in wanted]

    def found(event: Event, facts: Facts) -> bool:
        names = {name.casefold() for finding in facts.findings for name in (finding.rule, finding.name)}
        return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

    return found


_WORDS: Mapping[str, Callable[[Sequence[str]], Predicate]] = {
    "type": _types,
    "from": _sides,
    "kind": _kinds,
    "rule": _rules,
}
_MEASURES: Mapping[str, Callable[[Event, Facts], float | None]] = {
    "n": lambda event, facts: event.n,
    "turn": lambda event, facts: facts.turn,
    "t": lambda event, facts: event.t,
    "bytes": lambda event, facts: len(event.entry.payload),
    "latency": lambda event, facts: facts.latency_ms,
}
