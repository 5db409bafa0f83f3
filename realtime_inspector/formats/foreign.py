"""Other tools' files, told by how they begin; each reader is loaded when there is something for it."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from realtime_inspector.formats.imported import Imported

if TYPE_CHECKING:
    from realtime_inspector.formats.mapped import Data

_HAR = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:\s*\{')
_ZIP = b"PK\x03\x04"
_FLOWS = re.compile(rb"\A\d{2,12}:\d{1,2}:[a-z_]+[;,]")
_YAML = re.compile(rb"^[\"']?(?:interactions|frames)[\"']?[ \t]*:[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_YAML_ITEM = re.compile(rb"^[ \t]*-[ \t]+\{?[ \t]*(?:direction|kind|type|data|from|side|request)[ \t]*:", re.MULTILINE)
HEAD_BYTES = 64 * 1024


def open_file(path: Path) -> list[Imported] | None:
    """Read another tool's file that may be larger than memory, each connection in it; None for any other.

    Raises:
        RecordingError: If it is one and cannot be read.
        OSError: If it cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(_ZIP):
            return _zipped(file, path)
    if _may_be_large(head):
        from realtime_inspector.formats.mapped import mapped

        return read(mapped(path), path)
    return None


def open_stream(source: IO[bytes], begun: bytes, path: Path) -> list[Imported] | None:
    """Read another tool's file from a stream that may be larger than memory; None for any other.

    Args:
        source: The stream. It is read only if it holds such a file.
        begun: Its first `HEAD_BYTES`, which were read before.
        path: What it is called.

    Raises:
        RecordingError: If it is one and cannot be read.
        OSError: If there is no room for it.
    """
    if not begun.startswith(_ZIP) and not _may_be_large(begun):
        return None
    from realtime_inspector.formats.mapped import content_of, stored

    with stored(source, begun) as file:
        return _zipped(file, path) if begun.startswith(_ZIP) else read(content_of(file), path)


def _may_be_large(head: bytes) -> bool:
    return bool(_HAR.match(head) or _FLOWS.match(head))


def _zipped(file: IO[bytes], path: Path) -> list[Imported]:
    from realtime_inspector.formats import har_reading

    return har_reading.read_zip(file, path)


def read(content: Data, path: Path) -> list[Imported] | None:
    """Read another tool's file, each connection in it; None if it is none of those that are known.

    Raises:
        RecordingError: If it is one and cannot be read.
    """
    head = content[:HEAD_BYTES]
    if _HAR.match(head):
        from realtime_inspector.formats import har_reading

        return har_reading.read(content, path)
    if head.startswith(_ZIP):
        return _zipped(BytesIO(content), path)
    if _FLOWS.match(head):
        from realtime_inspector.formats import flow_file

        return flow_file.read(content, path)
    if _YAML.search(head) and _YAML_ITEM.search(head):
        from realtime_inspector.formats import yaml_frames

        return yaml_frames.read(bytes(content), path)
    return None
