"""A fault as a person writes it: what happens, how often, and where.

    delay 300ms..900ms on type:response.created
    stall 4s nth 3 on type:response.output_audio.delta
    drop 5% on from:server
    error rate_limit_exceeded every 2 on type:response.create
    close 1011 "try again" after 10s connection 1

First the fault with what it needs, then conditions in any order, then `on` and a filter, in the language of
`events --filter`. Conditions: `P%` by chance; `nth N` the N-th match alone; `every N` each N-th; `times N` at most N;
`after TIME` not before the connection is that old; `connection N` on the N-th connection alone. Matches are counted
for each connection, refusals for the whole server.

Reads text only; what a fault does is in `link.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum

from realtime_inspector.analysis import filter as filters
from realtime_inspector.analysis.filter import Filter, FilterError
from realtime_inspector.errors import TextError


class Action(StrEnum):
    """What happens; see `HELP` for what each needs."""

    DELAY = "delay"
    JITTER = "jitter"
    STALL = "stall"
    THROTTLE = "throttle"
    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    TRUNCATE = "truncate"
    MALFORMED = "malformed"
    BINARY = "binary"
    FRAGMENT = "fragment"
    UNKNOWN = "unknown"
    ERROR = "error"
    FAIL = "fail"
    LIMITS = "limits"
    CLOSE = "close"
    RESET = "reset"
    EXPIRE = "expire"
    SLOW_READER = "slow-reader"
    REFUSE = "refuse"


HELP: Mapping[Action, tuple[str, str]] = {
    Action.DELAY: ("TIME|TIME..TIME", "comes so much later, and what follows it behind it"),
    Action.JITTER: ("TIME|TIME..TIME", "as delay, anew for each message; one time is the most"),
    Action.STALL: ("TIME", "nothing comes for so long, then all at once; once, unless `times` says more"),
    Action.THROTTLE: ("RATE", "no more than so many bytes a second, such as 20kB/s"),
    Action.DROP: ("", "never comes"),
    Action.DUPLICATE: ("[N]", "comes again, N times"),
    Action.REORDER: ("[N]", "comes after the N messages that follow it"),
    Action.TRUNCATE: ("[BYTES]", "ends after so many bytes; half of it is lost if not said"),
    Action.MALFORMED: ("", "comes as something that is no JSON"),
    Action.BINARY: ("", "comes as a binary message"),
    Action.FRAGMENT: ("[N]", "comes in N frames"),
    Action.UNKNOWN: ("[TYPE]", "an event that nobody knows comes after it"),
    Action.ERROR: ("CODE [TEXT]", "an error event; to a client's event it is the answer, and the server gets nothing"),
    Action.FAIL: ("CODE [TEXT]", "the response ends at once as failed, with this error"),
    Action.LIMITS: ("[N]", "rate_limits.updated says that N are left"),
    Action.CLOSE: ("[CODE [TEXT]]", "the server closes, with 1011 if not said"),
    Action.RESET: ("", "the TCP connection breaks, without a close frame"),
    Action.EXPIRE: ("", "the session has lasted its time: error session_expired, then close 1001"),
    Action.SLOW_READER: ("TIME", "the server reads nothing for so long: what the client sends piles up"),
    Action.REFUSE: ("STATUS", "the upgrade is answered with this HTTP status"),
}
"""Action → what it needs, and what it does."""

NEEDS_NO_MESSAGE = frozenset(
    {Action.STALL, Action.UNKNOWN, Action.ERROR, Action.CLOSE, Action.RESET, Action.EXPIRE, Action.SLOW_READER}
)
"""Without `on`, these happen at a moment: when the connection opens, or `after` a time."""

CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""What may stand in a close frame."""

DEFAULT_CLOSE = 1011


class FaultError(TextError):
    """A text is no fault: what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, ready to happen."""

    text: str
    """As it was written."""
    action: Action
    low_s: float = 0.0
    high_s: float = 0.0
    """A time is drawn between these two."""
    number: int | None = None
    """How many, or which code or status."""
    rate: float = 0.0
    """Bytes a second."""
    code: str = ""
    """An error's code, or a type."""
    words: str = ""
    """An error's message, or a close's reason."""
    chance: float = 1.0
    nth: int = 0
    every: int = 0
    times: int = 0
    """0: without end."""
    after_s: float = 0.0
    connection: int = 0
    """0: on each."""
    where: Filter | None = None

    @property
    def is_timed(self) -> bool:
        """Whether it happens at a moment, not at a message."""
        return self.where is None and not self.nth and not self.every and self.action in NEEDS_NO_MESSAGE


def parse(text: str, saved: Mapping[str, str] | None = None) -> Fault:
    """Read a fault.

    Args:
        text: The fault.
        saved: Name → filter, for `on @name`.

    Raises:
        FaultError: If it is none, with the place.
    """
    return _Parser(text, saved or {}).whole()


_WORD = re.compile(r'\s*(?:"(?P<quoted>(?:\\.|[^"\\])*)"(?=\s|$)|(?P<plain>[^\s"]+))')
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)(k|kB|M|MB|B)?/s")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_SIZES = {None: 1.0, "B": 1.0, "k": 1e3, "kB": 1e3, "M": 1e6, "MB": 1e6}
_NUMBERS = ("nth", "every", "times", "connection")
_STATUSES = range(400, 600)
_MOST_DIGITS = 12
_LONGEST_S = 86_400.0
_MOST_REASON_BYTES = 123


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    at: int
    quoted: bool


class _Parser:
    def __init__(self, text: str, saved: Mapping[str, str]) -> None:
        self._text = text
        self._saved = saved
        self._tokens, self._filter_at = self._scan()
        self._at = 0

    def whole(self) -> Fault:
        if not self._tokens:
            raise FaultError(
                "a fault is missing before the filter" if self._filter_at else "it is empty", self._text, 0
            )
        action = self._action()
        fault = _ARGUMENTS[action](self, Fault(self._text, action))
        while self._at < len(self._tokens):
            fault = self._condition(fault)
        fault = replace(fault, where=self._where())
        if fault.action is Action.STALL and not fault.times and not fault.every:
            fault = replace(fault, times=1)
        return fault

    def _scan(self) -> tuple[list[_Token], int]:
        """Return the words before `on`, and where the filter begins; 0 if there is none."""
        tokens: list[_Token] = []
        at = 0
        while self._text[at:].strip():
            found = _WORD.match(self._text, at)
            if found is None:
                start = at + len(self._text[at:]) - len(self._text[at:].lstrip())
                raise FaultError('a text in quotes has a " at both ends, and a blank behind it', self._text, start)
            quoted = found["quoted"] is not None
            word = re.sub(r"\\(.)", r"\1", found["quoted"]) if quoted else found["plain"]
            if not quoted and word == "on":
                return tokens, found.end()
            tokens.append(_Token(word, found.start("plain") if not quoted else found.start("quoted") - 1, quoted))
            at = found.end()
        return tokens, 0

    def _action(self) -> Action:
        token = self._take("a fault")
        try:
            return Action(token.text)
        except ValueError:
            known = [str(action) for action in Action]
            near = get_close_matches(token.text, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise self._error(f"no fault {token.text!r}; {hint}", token) from None

    # what a fault needs

    def time(self, fault: Fault) -> Fault:
        token = self._take("a time, such as 300ms or 2s")
        return replace(fault, low_s=(seconds := self._seconds(token.text, token)), high_s=seconds)

    def times(self, fault: Fault) -> Fault:
        token = self._take("a time, such as 300ms, or two, such as 300ms..2s")
        first, dots, last = token.text.partition("..")
        low = self._seconds(first, token)
        high = self._seconds(last, token) if dots else low
        if high < low:
            raise self._error("the second time is the smaller one", token)
        return replace(fault, low_s=low if dots or fault.action is Action.DELAY else 0.0, high_s=high)

    def rate(self, fault: Fault) -> Fault:
        token = self._take("a rate, such as 20kB/s")
        found = _RATE.fullmatch(token.text)
        if found is None or not float(found[1]):
            raise self._error(f"{token.text!r} is no rate, such as 20kB/s", token)
        return replace(fault, rate=float(found[1]) * _SIZES[found[2]])

    def count(self, fault: Fault) -> Fault:
        token = self._peek()
        if token is None or not token.text.isdecimal() or token.quoted:
            return fault
        self._at += 1
        least = 0 if fault.action in {Action.LIMITS, Action.TRUNCATE} else 1
        return replace(fault, number=self._whole(token, least))

    def name(self, fault: Fault) -> Fault:
        token = self._peek()
        if token is None or self._is_condition(token):
            return fault
        self._at += 1
        return replace(fault, code=token.text)

    def error(self, fault: Fault) -> Fault:
        token = self._take("an error's code, such as server_error")
        if self._is_condition(token):
            raise self._error("an error's code stands first, such as server_error", token)
        return self._quoted(replace(fault, code=token.text))

    def close(self, fault: Fault) -> Fault:
        token = self._peek()
        if token is None or not token.text.isdecimal() or token.quoted:
            return replace(fault, number=DEFAULT_CLOSE)
        self._at += 1
        if (code := _number(token.text)) not in CLOSE_CODES:
            raise self._error(f"{token.text} is no close code that can be sent; take 1000, 1011 or 3000 to 4999", token)
        return self._quoted(replace(fault, number=code))

    def status(self, fault: Fault) -> Fault:
        token = self._take("an HTTP status, such as 429")
        if (status := _number(token.text)) not in _STATUSES:
            raise self._error(f"{token.text!r} is no status of a refusal, such as 401, 429 or 503", token)
        return replace(fault, number=status)

    def nothing(self, fault: Fault) -> Fault:
        return fault

    def _quoted(self, fault: Fault) -> Fault:
        token = self._peek()
        if token is None or not token.quoted:
            return fault
        self._at += 1
        if fault.action is Action.CLOSE and len(token.text.encode()) > _MOST_REASON_BYTES:
            raise self._error(f"a close's reason has at most {_MOST_REASON_BYTES} bytes", token)
        return replace(fault, words=token.text)

    # conditions

    def _condition(self, fault: Fault) -> Fault:
        token = self._take("a condition")
        percent = _PERCENT.fullmatch(token.text)
        if percent is not None and not token.quoted:
            if not 0 < float(percent[1]) <= 100:
                raise self._error("a chance is above 0% and not above 100%", token)
            return replace(fault, chance=float(percent[1]) / 100)
        if token.text in _NUMBERS and not token.quoted:
            number = self._whole(self._take(f"a number after {token.text!r}"), 1)
            return replace(fault, **{token.text: number})  # type: ignore[arg-type]  # the four are whole numbers
        if token.text == "after" and not token.quoted:
            time = self._take("a time after 'after', such as 10s")
            if fault.action is Action.REFUSE:
                raise self._error(
                    "an upgrade is refused at the beginning or not at all: choose by `connection N`", token
                )
            return replace(fault, after_s=self._seconds(time.text, time))
        needs = HELP[fault.action][0]
        expected = f"{fault.action} {needs}".rstrip()
        raise self._error(
            f"{token.text!r} does not belong here: `{expected}`, then conditions, then `on` FILTER", token
        )

    def _is_condition(self, token: _Token) -> bool:
        if token.quoted:
            return False
        return token.text in {*_NUMBERS, "after"} or _PERCENT.fullmatch(token.text) is not None

    def _where(self) -> Filter | None:
        if not self._filter_at:
            return None
        text = self._text[self._filter_at :]
        if not text.strip():
            raise FaultError("a filter is missing after 'on'", self._text, len(self._text))
        try:
            where = filters.compile(text, self._saved)
        except FilterError as error:
            raise FaultError(error.problem, self._text, self._filter_at + error.position) from None
        if where.needs_facts:
            problem = "turn, latency, severity and rule are known afterwards alone: choose by type, from, n, t or text"
            start = self._filter_at + len(text) - len(text.lstrip())
            raise FaultError(problem, self._text, start)
        return where

    # words

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, what: str) -> _Token:
        token = self._peek()
        if token is None:
            end = len(self._text[: self._filter_at].removesuffix("on").rstrip()) if self._filter_at else len(self._text)
            raise FaultError(f"{what} is missing", self._text, end)
        self._at += 1
        return token

    def _seconds(self, text: str, token: _Token) -> float:
        found = _TIME.fullmatch(text)
        if found is None:
            raise self._error(f"{text!r} is no time, such as 300ms, 2s or 1m", token)
        seconds = float(found[1]) * _UNITS[found[2]]
        if seconds > _LONGEST_S:
            raise self._error("no time is longer than a day", token)
        return seconds

    def _whole(self, token: _Token, least: int) -> int:
        if (number := _number(token.text)) is None or number < least:
            raise self._error(f"{token.text!r} is no number from {least} on", token)
        return number

    def _error(self, problem: str, token: _Token) -> FaultError:
        return FaultError(problem, self._text, token.at)


def _number(text: str) -> int | None:
    """Return a whole number; None if it is none, or one that nobody means."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


_ARGUMENTS: Mapping[Action, Callable[[_Parser, Fault], Fault]] = {
    Action.DELAY: _Parser.times,
    Action.JITTER: _Parser.times,
    Action.STALL: _Parser.time,
    Action.THROTTLE: _Parser.rate,
    Action.DROP: _Parser.nothing,
    Action.DUPLICATE: _Parser.count,
    Action.REORDER: _Parser.count,
    Action.TRUNCATE: _Parser.count,
    Action.MALFORMED: _Parser.nothing,
    Action.BINARY: _Parser.nothing,
    Action.FRAGMENT: _Parser.count,
    Action.UNKNOWN: _Parser.name,
    Action.ERROR: _Parser.error,
    Action.FAIL: _Parser.error,
    Action.LIMITS: _Parser.count,
    Action.CLOSE: _Parser.close,
    Action.RESET: _Parser.nothing,
    Action.EXPIRE: _Parser.nothing,
    Action.SLOW_READER: _Parser.time,
    Action.REFUSE: _Parser.status,
}
