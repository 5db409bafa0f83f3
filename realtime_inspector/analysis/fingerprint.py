"""What stays of a finding when the same session is recorded anew.

Ids, times, sizes and counts are other ones each time; the rule and the words of its message are not.
"""

from __future__ import annotations

import re
from hashlib import sha256

from realtime_inspector.analysis.finding import Finding

_SAID = re.compile(r"(?<!\w)'[^']* [^']*'(?!\w)|\"[^\"]* [^\"]*\"")
"""Quoted speech: a name has no blank in it."""
_ID = re.compile(r"\b(?:item|call|resp|event|evt|sess|msg|conv|fc|rs|mcp[a-z]*)_[\w-]+")
_NUMBER = re.compile(r"\$?[\w-]*\d[\w-]*(?:[.:,]\d+)*%?")
_SEVERAL = re.compile(r"#(?:(?:, | and |, and |/)#)+")


def shape(message: str) -> str:
    """Return a message without what is another one each time: `item_x is 5 s late` as `# is # s late`."""
    for pattern, sign in ((_SAID, "'…'"), (_ID, "#"), (_NUMBER, "#"), (_SEVERAL, "#")):
        message = pattern.sub(sign, message)
    return message


def fingerprint(finding: Finding) -> str:
    """Return what tells a finding from others of the session, and not from itself in the next recording of it."""
    return sha256(f"{finding.rule}\0{shape(finding.message)}".encode("utf-8", "backslashreplace")).hexdigest()[:16]
