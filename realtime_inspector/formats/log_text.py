"""The text of a log as somebody pasted it: decoded, and freed of what terminals, forums and mails added.

Lines stay where they are, so that a line's number is the one in the file.
"""

from __future__ import annotations

import codecs
import re
from html import unescape

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ANSI = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)|[@-Z\\^_])")
_QUOTED = re.compile(r"^(?:> ?)+(?!\s*\{.*\}\s*$)", re.MULTILINE)
"""A Markdown quote; a line such as `> {…}` is left alone, as `>` may well say who sent it."""
_CONTAINER = re.compile(r"^[\w.-]{1,64} +\| ?", re.MULTILINE)
"""What `docker compose logs` puts before each line."""
_HEAD = (
    r"(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\d[T ][\d:.,]{5,18}(?:Z|[+-]\d\d:?\d\d)?)"
    r"(?: (?:std(?:out|err) [FP]|[\w.-]{1,64}\[[\w.-]{1,64}\]:|[\w.-]{1,64} [\w./-]{1,64}(?:\[\d+\])?:))? "
)
_HEADS = re.compile(
    rf"^{_HEAD}(?=[ \t]+(?:\"[^\"\n]{{1,64}}\"[ \t]*:|\"[^\"\n]*\",?[ \t]*$"
    r"|[{\[][ \t]*$|-?\d[\d.]*,?[ \t]*$|(?:true|false|null),?$)"
    r"|[ \t]*[}\]][ \t,}\]]*$)",
    re.MULTILINE,
)
"""Time and program that the journal, Heroku or kubectl put before each line, also of an object laid out on many."""
_SHEET = re.compile(r"[{,]\s*\"\"type\"\"\s*:")
_CELL = re.compile(r"\"((?:[^\"]|\"\")*+)\"")
_ENTITIES = re.compile(r"[{\s,]&(?:quot|apos|#0?34|#0?39|#x22|#x27);type&")
_TYPOGRAPHIC = re.compile(r"[{\s,][\u201c\u201d\u201e\u2018\u2019]type[\u201c\u201d\u2018\u2019]\s*:")
_BOLD = re.compile(r"(['\"])\*\*([\w .:-]{1,80})\*\*\1")
"""A value that somebody marked in the log."""
_STRAIGHT = str.maketrans("\u201c\u201d\u201e\u2018\u2019", '"""' + "''")


def clean(content: bytes) -> str:
    """Return the text that was pasted."""
    text = _decode(content).replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if _ENTITIES.search(text):
        text = unescape(text.replace("&#10;", " ").replace("&#xa;", " "))
    if '"type"' not in text and _TYPOGRAPHIC.search(text):
        text = text.translate(_STRAIGHT)
    text = _BOLD.sub(r"\1\2\1", _QUOTED.sub("", text))
    if _SHEET.search(text):
        text = _CELL.sub(_cell, text)
    lines = text.count("\n") + 1
    if len(_CONTAINER.findall(text)) * 2 > lines:
        text = _CONTAINER.sub("", text)
    return _HEADS.sub("", text)


def _cell(found: re.Match[str]) -> str:
    """Return what a cell of a sheet (CSV) holds, where that is JSON."""
    return found[1].replace('""', '"') if '{""' in found[1] else found[0]


def _decode(content: bytes) -> str:
    for bom, name in _BOMS:
        if content.startswith(bom):
            return content[len(bom) if name == "utf-8" else 0 :].decode(name, "replace")
    if content[1:2] == b"\0" and content[3:4] == b"\0":
        return content.decode("utf-16-le", "replace")
    return content.decode("utf-8", "replace")
