"""Text from a recording made safe to show: control sequences are shown, never sent to the terminal.

Whatever a peer sent may hold escape sequences that move the cursor, rename the window or fill the clipboard, and
direction marks that make a line read as something else. `printable` replaces each by its name in a backslash notation,
so that it can be seen, copied and searched for. What is left alone prints as one column or more, or joins letters.
"""

from __future__ import annotations

import os
import re
import shlex

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks, embeddings, overrides and isolates of the bidirectional algorithm."""
_INVISIBLE = "\u00ad\u180e\u200b\u2028\u2029\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""Nothing to see: soft hyphens, zero-width spaces, line separators, tags. The joiners U+200C and U+200D stay."""
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}{_INVISIBLE}]")
_UNSAFE_IN_LINES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}{_INVISIBLE}]")
_WORD = re.compile(r"[\w.:\\/@+=,-]+")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}


def printable(text: str) -> str:
    r"""Return the text as one line that can be shown: `\n`, `\e[31m` and `\u202e` are written out."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_name, text)


def printable_lines(text: str) -> str:
    """Return the text with line breaks and tabs kept and everything else of `printable` written out."""
    return _UNSAFE_IN_LINES.sub(_name, text.replace("\r\n", "\n"))


def shell_word(text: str, system: str = os.name) -> str:
    """Return the text as one word of a command line: Windows knows no apostrophes, and names there have no quotes."""
    if system != "nt":
        return shlex.quote(text)
    return text if _WORD.fullmatch(text) else f'"{text}"'


def _name(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
