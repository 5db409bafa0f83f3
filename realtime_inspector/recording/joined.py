"""The bytes of a recording's parts as if they were one file: a header, then lines, and a gap for a missing part."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.recording import jsonl, parts
from realtime_inspector.recording.lines import Reader
from realtime_inspector.recording.parts import Part
from realtime_inspector.recording.sources import Plain, open_source

_PATIENCE_LOOKS = 20
"""So often a part that was announced is looked for before it counts as missing."""
_TAIL_BYTES = 256
"""The line that ends a part is shorter."""
_LONGEST_BYTES = 1 << 22
"""A last line that is longer is not looked at for its number."""


@dataclass(slots=True)
class _Extent:
    """Bytes that follow each other in the whole and in their source."""

    start: int
    """Where in the whole."""
    source: Plain | bytes
    offset: int = 0
    """Where in the source."""
    length: int = 0


class Joined:
    """All parts from one file on.

    Raises:
        RecordingError: If the first file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part: Part | None = None
        """The last of them; None until its header is there."""
        self._source = open_source(path)
        """The last part's."""
        self._sources = [self._source]
        self._extents = [_Extent(0, self._source)]
        self._begun = False
        self._expected: jsonl.PartEnd | None = None
        self._looks = 0
        self._count = 1
        self._missing = ""

    @property
    def problem(self) -> str:
        """Why nothing more can be read, or not everything could; empty while all is well."""
        if self._source.problem or self._missing:
            return self._source.problem or self._missing
        if self._expected is not None and self._looks > _PATIENCE_LOOKS:
            return f"part {self._expected.part} of the recording is missing"
        return ""

    def close(self) -> None:
        """Let the files go."""
        for source in self._sources:
            source.close()

    def prepare(self, max_bytes: int) -> bool:
        """Make more ready to be read; tell whether all is that is in the files by now."""
        if not self._begun:
            self._begin()
        if not self._source.prepare(max_bytes):
            return False
        self._end()
        following = self._following()
        if following is None:
            self._looks += self._expected is not None
            return True
        self._seal()
        self._append(following)
        return False

    def size(self) -> int:
        """Return how many bytes can be read."""
        last = self._extents[-1]
        last.length = max(0, self._end() - last.offset)
        return last.start + last.length

    def replaced(self) -> bool:
        """Tell whether another file has taken the place of one of these."""
        return any(source.replaced() for source in self._sources)

    def progress(self, offset: int) -> float:
        """Return how much of the files is before an offset, between 0 and 1."""
        last = self._extents[-1]
        if len(self._sources) == 1:
            return (last.offset and 1.0) or self._source.progress(offset)
        within = self._source.progress(max(0, offset - last.start) + last.offset)
        return (len(self._sources) - 1 + within) / max(self._count, len(self._sources))

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes from an offset, fewer at the end."""
        if len(self._extents) == 1:
            return self._source.read(offset, max(0, min(size, self._extents[0].length - offset)))
        found: list[bytes] = []
        at = bisect_right(self._extents, offset, key=lambda extent: extent.start) - 1
        while size > 0 and at < len(self._extents):
            extent = self._extents[at]
            inside = offset - extent.start
            piece = _of(extent, inside, min(size, extent.length - inside))
            found.append(piece)
            offset, size, at = offset + len(piece), size - len(piece), at + 1
        return b"".join(found)

    def _begin(self) -> None:
        """Find out which part the first file is; what is before it is a gap."""
        line = parts.header_line(self._path)
        header = parts.header_of(line)
        if header is None:
            return
        self._begun = True
        part = self._part = Part(self._path, header)
        reader = Reader()
        text = b"".join(map(jsonl.dump, reader.begin(part)))
        if text:
            self._missing = reader.problems[-1].message
            first = self._extents[0]
            first.length = len(line)
            self._extents += [
                _Extent(len(line), text, 0, len(text)),
                _Extent(len(line + text), self._source, len(line)),
            ]

    def _end(self) -> int:
        """Return where the entries of the last part end: before the line that names the next."""
        end = self._source.size()
        start = max(0, end - _TAIL_BYTES)
        tail = self._source.read(start, end - start)
        line = tail.rfind(b"\n", 0, len(tail) - 1) + 1
        if line and tail.startswith(jsonl.PART_END, line):
            self._expected = jsonl.part_end(tail[line:]) or self._expected
            return start + line
        return end

    def _following(self) -> Part | None:
        if self._part is None:
            return None
        return self._part.following(thorough=self._expected is not None or self._part.header.part > 1)

    def _seal(self) -> None:
        """Take the last part for complete: what is torn at its end is a line by itself."""
        last = self._extents[-1]
        size = self.size()
        if last.length and _of(last, last.length - 1, 1) != b"\n":
            self._extents.append(_Extent(size, b"\n", 0, 1))

    def _append(self, part: Part) -> None:
        """Go on with a part, behind what stands for missing ones."""
        assert self._part is not None  # noqa: S101 - what follows was found by it
        reader = Reader(self._part.header.part, *self._last())
        self._part, self._source = part, open_source(part.path)
        self._sources.append(self._source)
        self._expected, self._looks = None, 0
        self._count = len(self._sources) - 1 + len(parts.all_of(part.path))
        text = b"".join(map(jsonl.dump, reader.begin(part)))
        self._missing = reader.problems[-1].message if reader.problems else self._missing
        start = self._extents[-1].start + self._extents[-1].length
        if text:
            self._extents.append(_Extent(start, text, 0, len(text)))
        self._extents.append(_Extent(start + len(text), self._source, len(parts.header_line(part.path))))

    def _last(self) -> tuple[int, float]:
        """Return number and time of the last entry, as far as they can be told."""
        end, size = self._end(), _TAIL_BYTES
        while size <= _LONGEST_BYTES:
            start = max(0, end - size)
            whole = self._source.read(start, end - start)
            line = whole.rfind(b"\n", 0, len(whole) - 1) + 1
            if line:
                try:
                    entry = jsonl.parse(whole[line:])
                except NotAnEntry:
                    break
                return entry.n, entry.t
            if start == 0:
                break
            size *= 8
        return (self._expected.first - 1 if self._expected is not None else 0), 0.0


def _of(extent: _Extent, offset: int, size: int) -> bytes:
    if isinstance(extent.source, bytes):
        return extent.source[offset : offset + size]
    return extent.source.read(extent.offset + offset, size)
