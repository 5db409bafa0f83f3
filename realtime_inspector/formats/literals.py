"""Objects as programs print them, read leniently: JSON, Python's and JavaScript's notation, and representations.

    {"type": "error"}                       JSON, on one line or on many
    {'type': 'error', 'code': None}         Python's dictionaries
    { type: 'error', error: [Object] }      Node's console.log
    ErrorEvent(type='error', code=None)     models that show their fields
    event_id='event_1' type='error'         models printed as a text, by pydantic

Nothing is executed. One pass, no recursion: the time is linear in the length, the depth is bounded, and what cannot be
read any further ends the reading with what was read so far.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 64
"""Objects nested deeper are not read: events are not."""

_SPACE = re.compile(r"\s*")
_COMMENTED = re.compile(r"(?:\s*+(?:(?://|\#)[^\n]*+|/\*(?:[^*]|\*(?!/)){0,1000}+\*/))*+\s*+")
"""Space with the remarks that people write into what they paste."""
_STRING = re.compile(
    r"""(?:[bBuUrRfF]{1,2})?(?:
        "(?P<double>[^"\\\n]*+(?:\\.[^"\\\n]*+)*+)(?P<end1>"?)
      | '(?P<single>[^'\\\n]*+(?:\\.[^'\\\n]*+)*+)(?P<end2>'?)
      | `(?P<back>[^`\\\n]*+(?:\\.[^`\\\n]*+)*+)(?P<end3>`?))""",
    re.VERBOSE,
)
_WORD = re.compile(r"[A-Za-z_$][\w$.]*+")
_NUMBER = re.compile(r"[-+]?(?:\d{1,400}+(?:\.\d{0,400}+)?(?:[eE][-+]?\d{1,4})?)n?(?![\w.])")
_JOINT = re.compile(r"[ \t]*+(?:\+[ \t]*+)?\n[ \t]*+")
"""Between the parts of a string that Python or Node broke over lines."""
_ELIXIR = re.compile(r"%[\w.]*+(?=\{)")
"""What stands before the brace of a map or a struct of Elixir."""
_SEPARATOR = re.compile(r"\s*(?::|=>?)")
_CALL = re.compile(r"[A-Za-z_][\w.]*+\(")
_KEYWORD = re.compile(r"\s*([A-Za-z_]\w*+)\s*=(?!=)")
_FIELD = re.compile(r"[ \t]*+([A-Za-z_]\w*+)=(?!=)")
_ELISION = re.compile(r"(?:\.\.\.|…)[^,\]})\n\"'{\[(]*+")
_STAND_IN = re.compile(
    r"\[(?:Object|Array|Function|Circular|Getter|Setter|class)\b[^\]\n]{0,200}\]|<(?P<shown>[^<>\n]{0,500})>"
)
_COUNTED = re.compile(r"(?P<whole>Array|Object|Map|Set)?\(\d{1,9}\)[ \t]*+(?(whole)(?![\[{])|(?=[\[{]))")
"""How a browser's console counts a list: `Array(2)` in its place, `(2)` before it."""
_SHOWN = re.compile(r":\s*(['\"])(.*)\1$")
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[^\n])")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "a": "\a"}
_WORDS: dict[str, Any] = {
    "true": True, "false": False, "null": None, "True": True, "False": False, "None": None, "undefined": None,
    "NaN": None, "nan": None, "Infinity": None, "inf": None, "NOT_GIVEN": None, "Ellipsis": None, "nil": None,
}  # fmt: skip
_PLAIN = re.compile(r"(?:-?\d[\d.eE+-]*+|true|false|null|True|False|None)[ \t]*+(?:,|$)", re.MULTILINE)
"""An element of a list, alone on its line."""
_OPEN = {"{": "}", "[": "]", "(": ")"}
_PROSE = frozenset({"text", "transcript", "delta", "message", "instructions", "output", "reason", "audio"})
"""Members whose strings are texts."""
_MAY_BEGIN_A_LINE = frozenset("}])\"',.…")
"""What may stand at the very beginning of a line inside an object; anything else begins the next line of a log."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read at one place."""

    value: Any
    end: int
    """Where the reading ended, in the text."""
    open_ids: frozenset[int]
    """`id` of every object and list that was not closed; empty if the whole was read."""
    too_deep: bool = False
    elided_ids: frozenset[int] = frozenset()
    """`id` of every object and list in which the logger left something out (`{…}`)."""


@dataclass(slots=True)
class _Frame:
    closer: str
    value: Any
    """A dict or a list."""
    key: str | None = None
    needs_comma: bool = False
    bare: bool | None = None
    """Whether its first key stood without quotes."""
    call: bool = False
    """It is what stands in the parentheses of a call."""


def read(text: str, start: int) -> Reading | None:
    """Read the object that begins at `start`, with `{` or with a name and `(`; None if nothing there is one."""
    return _Reader(text, start).read()


def read_fields(text: str, start: int) -> Reading:
    """Read the fields that begin at `start`, each `name=value`, with nothing but space between them."""
    return _Reader(text, start).fields()


def string(text: str, start: int) -> tuple[str, int] | None:
    """Return what the string whose quote is at `start` stands for, and where it ends; None without an end."""
    found = _STRING.match(text, start)
    value, ended = _text_of(found) if found is not None else ("", False)
    return (value, found.end()) if found is not None and ended else None


class _Reader:
    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._at = start
        self._frames: list[_Frame] = []
        self._too_deep = False
        self._elided: set[int] = set()
        self._many_lines = False
        """It is laid out on many lines: one thing a line, and remarks behind."""

    def read(self) -> Reading | None:
        root = self._open()
        if root is None:
            return None
        self._many_lines = self._text[self._at : self._at + 2].lstrip(" \r").startswith("\n")
        while self._step():
            if not self._frames:
                return Reading(root.value, self._at, frozenset(), elided_ids=frozenset(self._elided))
        self._end_keys()
        opened = frozenset(id(frame.value) for frame in self._frames)
        end = max(self._at, self._start + 1)
        return Reading(root.value, end, opened, self._too_deep, frozenset(self._elided))

    def fields(self) -> Reading:
        """Read fields up to where none follows; a value that cannot be read leaves the whole open."""
        root = _Frame("", {}, bare=True)
        self._frames.append(root)
        while (found := _FIELD.match(self._text, self._at)) is not None:
            root.key, self._at = found[1], found.end()
            whole = self._at < len(self._text) and self._value(self._text[self._at])
            while whole and len(self._frames) > 1:
                whole = self._step()
            if not whole:
                self._end_keys()
                opened = frozenset(id(frame.value) for frame in self._frames)
                return Reading(root.value, max(self._at, self._start + 1), opened, self._too_deep)
        return Reading(root.value, max(self._at, self._start + 1), frozenset())

    def _step(self) -> bool:
        """Read one thing: an end, a comma, a key or a value; False if what stands there is none."""
        if not self._skip_space():
            return False
        frame, character = self._frames[-1], self._text[self._at]
        if character == frame.closer:
            self._close()
            return True
        if character == ",":
            self._at += 1
            frame.needs_comma = False
            return True
        elision = _ELISION.match(self._text, self._at)
        if elision is not None:
            self._at = elision.end()
            self._elided.add(id(frame.value))
            return True
        if frame.needs_comma:
            return False
        if isinstance(frame.value, dict) and frame.key is None:
            return self._key(frame)
        return self._value(character)

    def _skip_space(self) -> bool:
        """Go to the next thing; False at the end of the text, and where a new line of a log begins."""
        before = self._at
        found = (_COMMENTED if self._many_lines else _SPACE).match(self._text, self._at)
        self._at = found.end() if found else self._at
        if self._at >= len(self._text):
            return False
        if self._at == before or self._text[self._at - 1] != "\n":
            return True
        character = self._text[self._at]
        if character in _MAY_BEGIN_A_LINE:
            return True
        if self._many_lines and self._continues(character):
            return True
        self._at = before
        return False

    def _continues(self, character: str) -> bool:
        """Tell whether a line that is not indented goes on with an object laid out on many lines."""
        frame = self._frames[-1]
        if character in "{[" or frame.key is not None:
            return True
        if isinstance(frame.value, list):
            return _PLAIN.match(self._text, self._at) is not None
        return bool(self._frames[0].bare) and (character.isalpha() or character == "_")

    def _key(self, frame: _Frame) -> bool:
        string = _STRING.match(self._text, self._at)
        word = None if string else (_WORD.match(self._text, self._at) or _NUMBER.match(self._text, self._at))
        found = string or word
        separator = _SEPARATOR.match(self._text, found.end()) if found else None
        if found is None or separator is None:
            return False
        if frame.bare is None:
            frame.bare = word is not None
        if word is not None and not self._frames[0].bare and not frame.bare:
            return False
        frame.key = _text_of(string)[0] if string else found[0]
        self._at = separator.end()
        return True

    def _value(self, character: str) -> bool:
        stand_in = _STAND_IN.match(self._text, self._at) if character in "[<" else None
        if stand_in is not None:
            shown = _SHOWN.search(stand_in["shown"] or "")
            return self._put(shown[2] if shown else None, stand_in.end())
        counted = _COUNTED.match(self._text, self._at)
        if counted is not None:
            return self._put(None, counted.end()) if counted["whole"] else self._skip(counted.end())
        if character == "%" and (named := _ELIXIR.match(self._text, self._at)) is not None:
            self._at, character = named.end(), "{"
        if character in _OPEN:
            return self._open() is not None
        string = _STRING.match(self._text, self._at)
        if string is not None:
            return self._string(string)
        number = _NUMBER.match(self._text, self._at)
        if number is not None:
            return self._put(_number(number[0]), number.end())
        if _CALL.match(self._text, self._at):
            return self._open() is not None
        word = _WORD.match(self._text, self._at + (character in "+-"))
        if word is not None and word[0] in _WORDS:
            return self._put(_WORDS[word[0]], word.end())
        return False

    def _skip(self, end: int) -> bool:
        """Pass over a remark on the value that follows."""
        self._at = end
        return self._skip_space() and self._value(self._text[self._at])

    def _string(self, found: re.Match[str]) -> bool:
        """Put a string, with the ones on the next lines that belong to it; False if it has no end.

        Half a text still tells something; half a name is another name.
        """
        parts = []
        following: re.Match[str] | None = found
        ended = True
        while following is not None and ended:
            part, ended = _text_of(following)
            parts.append(part)
            end = following.end()
            joint = _JOINT.match(self._text, end)
            following = _STRING.match(self._text, joint.end()) if joint else None
            if following is not None and _SEPARATOR.match(self._text, following.end()):
                break
        if ended or self._frames[-1].key in _PROSE or self._frames[-1].key is None:
            self._put("".join(parts), end)
        else:
            self._at = end
        return ended

    def _put(self, value: Any, end: int) -> bool:
        frame = self._frames[-1]
        self._at = end
        if isinstance(frame.value, dict):
            frame.value[frame.key] = value
            frame.key = None
            frame.needs_comma = True
        else:
            frame.value.append(value)
            frame.needs_comma = True
        return True

    def _open(self) -> _Frame | None:
        """Open the object, list or call that begins here; None if it is none, or too deep."""
        if len(self._frames) >= MAX_DEPTH:
            self._too_deep = True
            return None
        closer = _OPEN.get(self._text[self._at])
        if closer is not None:
            frame = _Frame(closer, {} if closer == "}" else [])
            end = self._at + 1
        else:
            call = _CALL.match(self._text, self._at)
            if call is None:
                return None
            end = call.end()
            named = _KEYWORD.match(self._text, end)
            if named is None and not self._frames:
                return None
            frame = _Frame(")", {} if named else [], bare=True, call=True)
        self._at = end
        self._frames.append(frame)
        return frame

    def _close(self) -> None:
        """Close the innermost object and put it where it belongs."""
        frame = self._frames.pop()
        self._at += 1
        if not self._frames:
            return
        value = frame.value
        if frame.call and isinstance(value, list):  # OrderedDict({...}), datetime(2026, 1, 1), Decimal('1')
            value = value[0] if len(value) == 1 else None
        self._put(value, self._at)

    def _end_keys(self) -> None:
        """Hang what was not closed into what holds it, so that it can be seen from the root."""
        for outer, inner in reversed(list(zip(self._frames, self._frames[1:], strict=False))):
            if isinstance(outer.value, dict):
                outer.value[outer.key] = inner.value
            else:
                outer.value.append(inner.value)


def _text_of(found: re.Match[str]) -> tuple[str, bool]:
    """Return what a string literal stands for, and whether it has an end."""
    inner = next(found[group] for group in ("double", "single", "back") if found[group] is not None)
    ended = bool(found["end1"] or found["end2"] or found["end3"])
    if "\\" in inner:
        inner = _ESCAPE.sub(_unescaped, inner)
        if any("\ud800" <= character <= "\udfff" for character in inner):
            inner = inner.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return inner, ended


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return _ESCAPES.get(code, code)


def _number(text: str) -> int | float | None:
    text = text.rstrip("n")
    if text.lstrip("+-").isdigit():
        number = int(text)
        if -(2**63) <= number < 2**64:
            return number
    value = float(text)
    return value if math.isfinite(value) else None
