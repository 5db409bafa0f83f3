"""`prune`: deletes old recordings, or the oldest when there are too many."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from realtime_inspector.capture.held import is_held
from realtime_inspector.capture.retention import PIN, RECENT_S, Stored, chosen, duration_s, size_bytes
from realtime_inspector.cli import diagnostics, folders, output
from realtime_inspector.errors import UsageError
from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Kind
from realtime_inspector.tui import text

_TAIL_BYTES = 4096
"""The end entry is shorter."""


_HELP = """Delete old recordings of a folder and its subfolders.

\b
  realtime-inspector prune --keep 7d --dry-run
  realtime-inspector prune --max-size 2GB calls/

Only recordings go, and never one that is being written, or one beside which
there is a file of its name with .pin behind it: `touch call.jsonl.pin` keeps
call.jsonl.
"""


@click.command(help=_HELP)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@folders.option("where the recordings are, if no DIR is given", "default")
@click.option("--keep", metavar="TIME", help="delete what is older: 7d, 12h, 30m")
@click.option("--max-size", metavar="SIZE", help="then delete the oldest until the rest is no larger: 2GB, 500MB")
@click.option("--dry-run", is_flag=True, help="say what would go, and delete nothing")
def command(folder: Path | None, default: Path, keep: str | None, max_size: str | None, dry_run: bool) -> None:
    """Delete old recordings of a folder and its subfolders."""
    if keep is None and max_size is None:
        raise UsageError("say what may stay: --keep 7d, --max-size 2GB, or both")
    keep_s = duration_s(keep) if keep is not None else None
    max_bytes = size_bytes(max_size) if max_size is not None else None
    where = folder if folder is not None else default
    if not where.is_dir():
        raise UsageError(f"{where}: no such folder; name the one with the recordings")
    now = time.time()
    found = list(_stored(where, now))
    going = chosen(found, now, keep_s, max_bytes)
    gone = [stored for stored in going if dry_run or _delete(stored)]
    output.write_lines(str(stored.path) for stored in gone)
    diagnostics.say(_summary(found, gone, dry_run=dry_run))
    if max_bytes is not None and sum(each.size for each in found) - sum(each.size for each in gone) > max_bytes:
        diagnostics.warn(f"what is left is more than {max_size}: it is pinned, or being written")


def _stored(folder: Path, now: float) -> Iterator[Stored]:
    for path, parts in files.find_parts(folder).items():
        try:
            if not files.is_recording(path):
                continue
            status = [part.stat() for part in parts]
            changed = max(each.st_mtime for each in status)
            just_now = abs(now - changed) < RECENT_S  # a clock that was set back leaves files of the future
            live = any(map(is_held, parts)) or (just_now and not _has_ended(parts[-1]))
        except OSError as error:
            diagnostics.warn(f"{path}: left alone: {error.strerror or error}")
            continue
        pinned = any(part.with_name(part.name + PIN).exists() for part in parts)
        yield Stored(path, sum(each.st_size for each in status), changed, pinned, live, tuple(parts))


def _has_ended(path: Path) -> bool:
    """Tell whether a recording that is not compressed has its last entry; a compressed one is never written live."""
    if path.name.endswith(".zst"):
        return True
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        lines = stream.read(_TAIL_BYTES).splitlines()
    return bool(lines) and f'"kind":"{Kind.END}"'.encode() in lines[-1]


def _delete(stored: Stored) -> bool:
    try:
        for part in reversed(stored.parts):  # the first, by which it is found, goes last
            part.unlink()
    except OSError as error:
        diagnostics.warn(f"{stored.path}: left alone: {error.strerror or error}")
        return False
    return True


def _summary(found: list[Stored], gone: list[Stored], *, dry_run: bool) -> str:
    left = len(found) - len(gone)
    kept = sum(1 for stored in found if stored.pinned)
    live = sum(1 for stored in found if stored.live)
    size = text.size(sum(stored.size for stored in gone))
    rest = text.size(sum(stored.size for stored in found) - sum(stored.size for stored in gone))
    verb = "would go" if dry_run else "deleted"
    return f"{len(gone)} {verb} ({size}), {left} left ({rest}); {kept} pinned, {live} being written"
