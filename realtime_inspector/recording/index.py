"""Where every line of a recording stands, so that any of a million entries can be shown by one seek.

Knows a line's offset, time, sender, kind, payload type and size from its first bytes; parses a whole line only where
its envelope or the place of its `type` is not the usual one. Built in slices, also while the file grows. What cannot be
read keeps its place, marked. The bytes come from `joined.py`, as if all parts of a recording were one file.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from realtime_inspector.errors import NotAnEntry, RecordingError
from realtime_inspector.recording import files, jsonl
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.joined import Joined

SLICE_BYTES = 4 << 20
"""What one `advance` looks at, unless told otherwise: a few milliseconds."""

_BLOCK_BYTES = 1 << 20
_LOOK_BYTES = 600
_STREAMED = (".delta", ".append")

# Groups: time, sender, where the payload begins, type.
_LINE = re.compile(
    rb'\{"n":\d+,"t":(\d{1,9}(?:\.\d+)?),"from":"(client|server|proxy)","kind":"message"'
    rb'(?:,"fragments":\d+)?(?:,"compressed":true)?,"event":'
    rb'()\{\s*(?:"event_id"\s*:\s*"[^"\\]*"\s*,\s*)?"type"\s*:\s*"([^"\\]*)"'
)
_ITEM_ID = re.compile(rb'"item_id"\s*:\s*"([^"\\]*)"')
_CHUNK = re.compile(rb'"(?:audio|delta)"\s*:\s*"')


class Label(NamedTuple):
    """What lines have in common that belong together; kept once, however many they are."""

    side: Side | None
    """None for a line that is not an entry."""
    kind: Kind | None
    type: str = ""
    """The payload's `type`; empty for what is not a typed JSON object."""
    stream: str = ""
    """For one piece of many (`….delta`, `….append`): the item it is a piece of."""

    @property
    def streamed(self) -> bool:
        """Whether the line is one piece of many."""
        return self.type.endswith(_STREAMED)


UNREADABLE = Label(None, None)
"""The label of a line that is not an entry."""


class Index:
    """The lines of one recording after its header, by position; 0 is line 2 of the file.

    Raises:
        RecordingError: If the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        """None until the first line is there."""
        self.offsets = array("Q")
        self.times = array("d")
        """Seconds; an unreadable line has the time of the one before it."""
        self.label_ids = array("I")
        """Into `labels`."""
        self.sizes = array("I")
        """Bytes of the payload."""
        self.chunks = array("I")
        """Length of a streamed line's `delta` or `audio` string without base64 padding; 0 elsewhere."""
        self.labels: list[Label] = [UNREADABLE]
        self.torn_bytes = 0
        """What stands behind the last whole line, as after a crash."""
        self.ended = False
        """Whether an `end` entry was seen."""
        self._known: dict[Label, int] = {UNREADABLE: 0}
        self._quick: dict[tuple[bytes, bytes], tuple[int, bool]] = {}
        """Sender and type → label, and whether it is a stream's."""
        self._streams: dict[tuple[int, bytes], int] = {}
        """Label without an item, and item → label."""
        self._offset = 0
        self._seen_bytes = -1
        self._unbroken = False
        self._too_long = False
        self._source = Joined(path)

    def __len__(self) -> int:
        """Return how many lines were indexed so far."""
        return len(self.offsets)

    def close(self) -> None:
        """Let the file go."""
        self._source.close()

    @property
    def progress(self) -> float:
        """How much of the file was indexed, between 0 and 1."""
        return self._source.progress(self._offset)

    def label(self, position: int) -> Label:
        """Return what is known of a line without reading it."""
        return self.labels[self.label_ids[position]]

    @property
    def problem(self) -> str:
        """Why nothing more of the file can be read; empty while all is well."""
        return self._source.problem

    def line(self, position: int) -> bytes:
        """Return one line as it stands in the file, or the beginning of one that is too long."""
        start = self.offsets[position]
        return self._source.read(start, min(self._end(position) - start, jsonl.MAX_LINE_BYTES))

    def entry(self, position: int) -> Entry:
        """Read one entry.

        Raises:
            NotAnEntry: If the line is unreadable.
        """
        return jsonl.parse(self.line(position), position + 2)

    def block(self, start: int, stop: int) -> tuple[bytes, int]:
        """Return lines as they stand in the file, from `start` on as many as go into a block, and where they end."""
        base = self.offsets[start]
        last = bisect_right(self.offsets, base + _BLOCK_BYTES, start + 1, stop)
        while last > start + 1 and self._end(last - 1) - base > _BLOCK_BYTES:
            last -= 1
        return self._source.read(base, self._end(last - 1) - base), last

    def lines(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the lines from `start` up to `stop`, read in large blocks."""
        while start < stop:
            base = self.offsets[start]
            block, last = self.block(start, stop)
            for position in range(start, last):
                yield block[self.offsets[position] - base : self._end(position) - base]
            start = last

    def advance(self, max_bytes: int = SLICE_BYTES) -> bool:
        """Index one more slice; tell whether all that is in the file by now was seen.

        Raises:
            RecordingError: If the file is no recording, or lost bytes that were indexed before.
        """
        complete = self._source.prepare(max_bytes)
        size = self._source.size()
        if size < self._offset or self._source.replaced():
            raise RecordingError(f"{self.path}: the file was cut or replaced while it was open; open it again")
        if size == self._seen_bytes:
            return complete
        block = self._source.read(self._offset, max_bytes)
        while b"\n" not in block and self._offset + len(block) < size and len(block) <= jsonl.MAX_LINE_BYTES:
            block += self._source.read(self._offset + len(block), len(block))
        self._scan(block)
        at_end = self._offset + self.torn_bytes >= size
        self._seen_bytes = size if at_end else -1
        return complete and at_end

    def _end(self, position: int) -> int:
        return self.offsets[position + 1] if position + 1 < len(self.offsets) else self._offset

    def _scan(self, block: bytes) -> None:
        base, start = self._offset, 0
        if self._unbroken and block:
            self._unbroken = False
            start = block.startswith(b"\n")
        while (end := block.find(b"\n", start)) >= 0:
            self._take(block, start, end, base + start)
            start = end + 1
        rest = block[start:]
        if len(rest) > jsonl.MAX_LINE_BYTES:
            self._pass_over(rest, base + start)
            start, rest = len(block), b""
        elif rest.rstrip().endswith(b"}") and _is_object(rest):
            # Nothing but a line break can follow a whole object: the last line of a file that lacks it.
            self._take(block, start, len(block), base + start)
            start, rest, self._unbroken = len(block), b"", True
        self.torn_bytes = len(rest)
        self._offset = base + start

    def _take(self, block: bytes, start: int, end: int, offset: int) -> None:
        if self._too_long:  # the end of a line whose beginning was taken already
            self._too_long = False
            return
        if self.header is None:
            self._take_header(block[start:end])
            return
        found = _LINE.match(block, start, end)
        if found is None or block[end - 1] != 0x7D:
            self._take_unusual(block[start:end], offset)
            return
        t, side, event_type = found.group(1, 2, 4)
        label_id, streamed = self._quick.get((side, event_type)) or self._learn(side, event_type)
        chunk = 0
        if streamed:
            label_id, chunk = self._piece(block, found.end(), end, label_id)
        self.offsets.append(offset)
        self.times.append(float(t))
        self.label_ids.append(label_id)
        self.sizes.append(end - 1 - found.start(3))
        self.chunks.append(chunk)

    def _take_header(self, line: bytes) -> None:
        self.header = files.read_header(self.path, line)

    def _learn(self, side: bytes, event_type: bytes) -> tuple[int, bool]:
        label = Label(Side(side.decode()), Kind.MESSAGE, event_type.decode(errors="replace"))
        known = self._quick[side, event_type] = (self._intern(label), label.streamed)
        return known

    def _piece(self, block: bytes, start: int, end: int, label_id: int) -> tuple[int, int]:
        """Return the label of a piece of a stream, its item named, and the length of its string without padding."""
        look = min(end, start + _LOOK_BYTES)
        found = _CHUNK.search(block, start, look)
        if found is not None:
            look = found.start()
            begin = found.end()
            stop = block.find(b'"', begin, end)
            chunk = max(0, stop - begin - block[stop - 2 : stop].count(b"="))
        else:
            chunk = 0
        item = _ITEM_ID.search(block, start, look)
        if item is None:
            return label_id, chunk
        of_item = self._streams.get((label_id, item[1]))
        if of_item is None:
            label = self.labels[label_id]._replace(stream=item[1].decode(errors="replace"))
            of_item = self._streams[label_id, item[1]] = self._intern(label)
        return of_item, chunk

    def _take_unusual(self, line: bytes, offset: int) -> None:
        label, t, size, chunk = UNREADABLE, self.times[-1] if self.times else 0.0, len(line), 0
        try:
            entry = jsonl.parse(line)
        except NotAnEntry:
            pass
        else:
            label, chunk = _look(entry)
            t, size = entry.t, len(entry.payload)
            self.ended = self.ended or entry.kind is Kind.END
        self.offsets.append(offset)
        self.times.append(t)
        self.label_ids.append(self._intern(label))
        self.sizes.append(size)
        self.chunks.append(chunk)

    def _pass_over(self, line: bytes, offset: int) -> None:
        """Take the beginning of a line that is too long to be read, once."""
        if self._too_long:
            return
        if self.header is None:
            self._take_header(line[: jsonl.MAX_LINE_BYTES])
        self._take_unusual(line[:1], offset)
        self._too_long = True

    def _intern(self, label: Label) -> int:
        known = self._known.get(label)
        if known is None:
            known = self._known[label] = len(self.labels)
            self.labels.append(label)
        return known


def _look(entry: Entry) -> tuple[Label, int]:
    """Return the label of an entry whose line is not the usual one, and its chunk."""
    payload = entry.payload
    if entry.kind is not Kind.MESSAGE or entry.binary:
        return Label(entry.side, entry.kind), 0
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError:
        body = None
    event_type = body.get("type") if isinstance(body, dict) else None
    if not isinstance(event_type, str):
        return Label(entry.side, entry.kind), 0
    label = Label(entry.side, entry.kind, event_type)
    if not label.streamed:
        return label, 0
    item = body.get("item_id")
    label = label._replace(stream=item if isinstance(item, str) else "")
    name = "delta" if body.get("delta") is not None else "audio"
    text = body.get(name)
    left_out = entry.members.get("audio")
    figures = left_out.get(name) if isinstance(left_out, dict) else None
    size = figures.get("bytes") if isinstance(figures, dict) else None
    if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 30:
        return label, -(-size * 4 // 3)
    return label, len(text) - text[-2:].count("=") if isinstance(text, str) else 0


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
