"""What a user notes beside a recording: marked entries, comments, tags. The recording itself is never changed.

Kept in a small JSON file next to it, `call.jsonl.notes.json`, that can be read, shared and thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from realtime_inspector.errors import UsageError
from realtime_inspector.recording.whole_file import replacing

SCHEMA_VERSION = 1
SUFFIX = ".notes.json"


@dataclass(frozen=True, slots=True)
class Note:
    """What was noted about one entry."""

    marked: bool = False
    comment: str = ""


NOTHING = Note()


class Notes:
    """The notes of one recording."""

    def __init__(self, recording: Path) -> None:
        self.path = path_of(recording)
        self.tags: tuple[str, ...] = ()
        self.version = 0
        """Grows with every change."""
        self._entries: dict[int, Note] = {}
        self._read()

    def __getitem__(self, n: int) -> Note:
        """Return what was noted about an entry, by its number."""
        return self._entries.get(n, NOTHING)

    @property
    def entries(self) -> Sequence[int]:
        """The numbers of all entries with a note, ascending."""
        return sorted(self._entries)

    def mark(self, n: int) -> bool:
        """Mark an entry, or take its mark away; tell whether it has one now.

        Raises:
            UsageError: If the notes cannot be written.
        """
        marked = not self[n].marked
        self._put(n, Note(marked, self[n].comment))
        return marked

    def comment(self, n: int, words: str) -> None:
        """Set an entry's comment; an empty one takes it away.

        Raises:
            UsageError: If the notes cannot be written.
        """
        self._put(n, Note(self[n].marked, words.strip()))

    def tag(self, tags: Iterable[str]) -> None:
        """Set the recording's tags.

        Raises:
            UsageError: If the notes cannot be written.
        """
        before, self.tags = self.tags, tuple(dict.fromkeys(word.lstrip("#") for word in tags if word.lstrip("#")))
        try:
            self._write()
        except UsageError:
            self.tags = before
            raise

    def _put(self, n: int, note: Note) -> None:
        before = dict(self._entries)
        if note == NOTHING:
            self._entries.pop(n, None)
        else:
            self._entries[n] = note
        try:
            self._write()
        except UsageError:
            self._entries = before
            raise

    def _write(self) -> None:
        kept = {
            "schema_version": SCHEMA_VERSION,
            "tags": list(self.tags),
            "entries": {
                str(n): {"marked": self[n].marked, **({"comment": self[n].comment} if self[n].comment else {})}
                for n in self.entries
            },
        }
        try:
            if not self.tags and not self._entries:
                self.path.unlink(missing_ok=True)
            else:
                with replacing(self.path) as stream:
                    stream.write(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            why = f"notes cannot be kept there: {error.strerror or error}"
            raise UsageError(f"{self.path}: {why}; a copy in a folder of yours takes them") from error
        self.version += 1

    def _read(self) -> None:
        """Take in what is there; what is no note is passed over."""
        with suppress(OSError, ValueError):
            kept = orjson.loads(self.path.read_bytes())
            if isinstance(kept, dict):
                tags, entries = kept.get("tags"), kept.get("entries")
                self.tags = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
                for n, note in entries.items() if isinstance(entries, dict) else ():
                    self._take(n, note)

    def _take(self, n: str, note: Any) -> None:
        if n.isdecimal() and isinstance(note, dict):
            comment = note.get("comment")
            read = Note(note.get("marked") is True, comment if isinstance(comment, str) else "")
            if read != NOTHING:
                self._entries[int(n)] = read


def path_of(recording: Path) -> Path:
    """Return where the notes of a recording are kept."""
    return recording.with_name(recording.name + SUFFIX)
