"""Recordings in the making: one track a connection, from its bytes to the lines of its file.

The recorder names and numbers, redacts and hands lines to the writer's thread. It knows no socket; the relay and the
interceptor feed it. Nothing here raises because of traffic or of a disk: what is lost becomes a gap.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from realtime_inspector import __version__
from realtime_inspector.capture.chains import Chains
from realtime_inspector.capture.express import Read, line, lines
from realtime_inspector.capture.figures import Counts, Figures
from realtime_inspector.capture.frames import gap, whole_text
from realtime_inspector.capture.sink import Rotation, Sink, make_folder
from realtime_inspector.capture.tags import request_tags
from realtime_inspector.capture.tap import Tap
from realtime_inspector.capture.writer import Writer
from realtime_inspector.errors import UsageError, words_of
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.redact import Redactor

_STEP_MESSAGES = 16
_STEP_BYTES = 24 * 1024
"""So much is made lines of before others get their turn."""
_FLOOD_BYTES = 128 * 1024
_FLOOD_STEP_BYTES = 64 * 1024
"""Of a read so big that no call is in time anyway, more is done in one go."""
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Source:
    """What a recording's header says of its connection."""

    client: str
    """Address of the client, `127.0.0.1:51324`."""
    upstream: str = ""
    """Where the requests go: `wss://api.openai.com`."""
    target: Callable[[str], str] = str
    """Gives a request's target as the upstream gets it."""
    via: str = "relay"
    tags: Mapping[str, str] | None = None


class Recorder:
    """Makes recordings in one folder. Close it when all its tracks have ended."""

    def __init__(
        self,
        folder: Path,
        *,
        redactor: Redactor | None = None,
        warn: Callable[[str], None] = lambda text: None,
        writer: Writer | None = None,
        rotation: Rotation | None = None,
    ) -> None:
        """Use a folder; it is made, for its owner only, with the first recording.

        Args:
            folder: Where the files go.
            redactor: What takes secrets out; by default one that knows this process's environment.
            warn: Told once when the disk fails, and once when it works again; called from another thread.
            writer: The thread that writes; by default one of its own.
            rotation: When its own goes on in another file; by default never.
        """
        self.folder = folder
        self.redactor = redactor if redactor is not None else Redactor.from_environment(os.environ)
        self.chains = Chains()
        self.counts = Counts()
        self._writer = writer if writer is not None else Writer(warn, rotation=rotation)

    def check(self) -> None:
        """Make the folder now, to tell a mistake before there is a call.

        Raises:
            UsageError: If nothing can be written there.
        """
        try:
            make_folder(self.folder)
            probe = self.folder / f".{make_id(time.time())}"
            probe.touch(mode=0o600, exist_ok=False)
            probe.unlink()
        except OSError as error:
            why = "it is no folder" if isinstance(error, FileExistsError) else words_of(error)
            raise UsageError(
                f"{self.folder}: recordings cannot be written there: {why}; choose another folder with --dir"
            ) from error

    def track(
        self,
        source: Source,
        opened: Callable[[Track], None] = lambda track: None,
        wanted: Callable[[Entry], bool] | None = None,
        shape: Callable[[Entry], Entry] | None = None,
    ) -> Track:
        """Begin the recording of a connection that was just accepted.

        It becomes a file with its first entry (of those that are wanted, if not all are); `opened` is told then.
        `shape` takes out what is not to be written.
        """
        return Track(self, source, opened, wanted, shape)

    def sink(self, path: Path, header: Header) -> Sink:
        """Return the file of a track."""
        return self._writer.sink(path, jsonl.dump_header(self.redactor.header(header)))

    def pressure(self) -> int:
        """Tell how many bytes wait for a disk that keeps up; see `Writer.pressure`."""
        return self._writer.pressure

    @property
    def files(self) -> int:
        """How many recordings are not finished and closed."""
        return self._writer.files

    def figures(self, connections: int, now_open: int, failures: Mapping[str, int]) -> Figures:
        """Return all figures of a proxy; it adds its own."""
        counts, writer = self.counts, self._writer
        return Figures(
            connections,
            now_open,
            {side.value: counts.messages[side] for side in (Side.CLIENT, Side.SERVER)},
            {side.value: counts.bytes[side] for side in (Side.CLIENT, Side.SERVER)},
            counts.gaps + writer.gaps,
            counts.lost + writer.lost,
            writer.backlog,
            dict(failures),
            {"line": counts.errors, "disk": writer.failures},
        )

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what is left, until the disk takes nothing for that long; see `Writer.close`."""
        self._writer.close(timeout_s)


class Track:
    """One connection being recorded. All times are those of `time.monotonic`."""

    def __init__(
        self,
        recorder: Recorder,
        source: Source,
        opened: Callable[[Track], None],
        wanted: Callable[[Entry], bool] | None = None,
        shape: Callable[[Entry], Entry] | None = None,
    ) -> None:
        self.source = source
        self.path: Path | None = None
        """The file, once there is something to record."""
        self.entries = 0
        """How many entries were handed to the writer."""
        self._recorder = recorder
        self._counts = recorder.counts
        self._redactor = recorder.redactor
        self._opened = opened
        self._wanted = wanted
        self._shape = shape
        self._identity: bytes | None = None
        """What the recordings of a client's reconnections have in common."""
        self._id = ""
        self._began = time.monotonic()
        self._started = time.time()
        self._tap = Tap()
        self._sink: Sink | None = None
        self._last_t = 0.0
        self._ended = False

    @property
    def lost(self) -> int:
        """How many entries the disk would not take."""
        return self._sink.lost if self._sink is not None else 0

    def feed(self, side: Side, data: bytes, at: float) -> None:
        """Take in bytes that were read from a side's socket at that time."""
        for _ in self.steps(side, data, at) or ():
            pass

    def steps(self, side: Side, data: bytes, at: float) -> Iterator[None] | None:
        """Do the same as `feed`, but leave what would take long to an iterator, in steps of some 50 microseconds."""
        t = at - self._began
        if t < self._last_t:
            t = self._last_t
        self._last_t = t
        self._counts.bytes[side] += len(data)
        if self._sink is None or self._wanted is not None or self._shape is not None:
            self.add(*self._tap.feed(side, data, t))
            return None
        found = self._tap.read(side, data, t)
        if len(found) > 1:
            step_bytes = _STEP_BYTES if len(data) < _FLOOD_BYTES else _FLOOD_STEP_BYTES
            count = min(_STEP_MESSAGES, len(found) * step_bytes // (len(data) or 1) + 1)
            if len(found) > count:
                return self._portions(found, count, side, t)
        if found:
            self._put(found, side, t)
        return None

    def eof(self, side: Side, at: float) -> None:
        """Note that a side sends no more."""
        self.add(*self._tap.eof(side, self._t(at)))

    def cut(self, at: float) -> None:
        """Record what has begun and will not be completed."""
        self.add(*self._tap.cut(self._t(at)))

    def note(self, text: str, at: float) -> None:
        """Record a remark of this tool."""
        self.add(Entry(0, self._t(at), Side.PROXY, Kind.NOTE, members={"text": text}))

    def between_frames(self, side: Side) -> bool:
        """Tell whether a side of a WebSocket has sent whole frames only, of all that was fed."""
        return self._tap.between_frames(side)

    def closing(self, code: int, reason: str, at: float) -> None:
        """Record a close that this tool sent to both sides."""
        self.add(Entry(0, self._t(at), Side.PROXY, Kind.CLOSE, members={"code": code, "reason": reason}))

    def answer(self, status: int, reason: str, headers: list[tuple[str, str]], body: str, at: float) -> None:
        """Record an answer that this tool gave itself."""
        members = {"status": status, "reason": reason, "headers": headers, "body": body}
        self.add(Entry(0, self._t(at), Side.PROXY, Kind.RESPONSE, members=members))

    def end(self, at: float, how: str = "closed", error: str = "", by: str = "") -> Sink | None:
        """Record how the TCP connection ended, and finish the file; return it if there is one."""
        if not self._ended:
            self._ended = True
            self.add(*self._tap.end(self._t(at), how, error, by))
            if self._sink is not None:
                self._sink.finish()
            if self._identity is not None:
                self._recorder.chains.end(self._identity, self._id, self._began + self._last_t)
        return self._sink

    def add(self, *entries: Entry) -> None:
        """Record entries, whatever their numbers are."""
        if self._wanted is not None:
            entries = tuple(filter(self._wanted, entries))
        if not entries:
            return
        if self._sink is None:
            if entries[0].kind is Kind.END:
                return  # a connection that sent nothing makes no file
            self._sink = self._open(entries[0])
            self._opened(self)
        if self._shape is not None:
            entries = tuple(self._shaped(entry, self._shape) for entry in entries)
        self._put(entries, entries[0].side, entries[0].t)

    def _portions(self, found: list[Read], count: int, side: Side, t: float) -> Iterator[None]:
        for start in range(0, len(found), count):
            self._put(found[start : start + count], side, t)
            yield

    def _put(self, found: Sequence[Read], side: Side, t: float) -> None:
        sink = self._sink
        assert sink is not None  # noqa: S101 - the callers have just looked
        number, count = sink.next_number, len(found)
        try:
            if count == 1:
                block = line(found[0], side, t, number, self._redactor, self._line)
            else:
                block = lines(found, side, t, number, self._redactor, self._line)
        except Exception as error:  # a fault of ours may cost entries, never the call
            why = f"cannot be written as lines: {type(error).__name__}"
            block = jsonl.dump(gap(side, t, why, count), number)
            self._counts.lost += count
            self._counts.gaps += 1
            self._counts.errors += 1
            self._counts.messages[side] -= 1
            count = 1
        self._counts.messages[side] += count
        self.entries += count
        sink.put(block, count, t)

    def _line(self, read: Read, number: int, side: Side, t: float) -> bytes:
        entry = whole_text(side, t, read) if isinstance(read, bytes) else read
        if entry.kind is not Kind.MESSAGE or entry.side is not side:
            self._counts.correct(side, entry)
        try:
            return jsonl.dump(self._redactor.entry(entry), number)
        except Exception as error:  # a fault of ours may cost an entry, never the call
            self._counts.errors += 1
            return jsonl.dump(gap(entry.side, entry.t, f"cannot be written as a line: {type(error).__name__}"), number)

    def _t(self, at: float) -> float:
        self._last_t = max(self._last_t, at - self._began)
        return self._last_t

    def _open(self, first: Entry) -> Sink:
        started = datetime.fromtimestamp(self._started, UTC)
        self._id = make_id(self._started)
        header = Header(
            id=self._id,
            started=started.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            tool=f"realtime-inspector {__version__}",
            via=self.source.via,
            url=self._url(first),
            client=self.source.client,
            tags={**(self.source.tags or {}), **request_tags(first)},
            extra=self._links(first),
        )
        self.path = self._recorder.folder / f"{started:%Y%m%dT%H%M%SZ}_{header.id}.jsonl"
        return self._recorder.sink(self.path, header)

    def _shaped(self, entry: Entry, shape: Callable[[Entry], Entry]) -> Entry:
        try:
            return shape(entry)
        except Exception as error:  # a fault of ours may cost an entry, never the call
            return gap(entry.side, entry.t, f"what is not to be kept cannot be told: {type(error).__name__}")

    def _links(self, first: Entry) -> dict[str, str]:
        """Return the header's member that names the recording this connection takes up again, if one is certain."""
        chains = self._recorder.chains
        self._identity = chains.identity(self.source.client, self.source.upstream, first)
        after = chains.begin(self._identity, self._began) if self._identity is not None else None
        return {"after": after} if after is not None else {}

    def _url(self, first: Entry) -> str:
        target = str(first.members.get("target", ""))
        if not target.startswith("/"):
            return self.source.upstream
        scheme, _, rest = self.source.upstream.partition("://")
        if first.header("upgrade") is None:
            scheme = scheme.replace("ws", "http", 1)
        return f"{scheme}://{rest}{self.source.target(target)}"


def make_id(now: float) -> str:
    """Return an id that sorts by time: a ULID."""
    number = (int(now * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
