"""Other tools' files, told by how they begin; each reader is loaded when there is something for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_inspector.formats.imported import Imported

if TYPE_CHECKING:
    from realtime_inspector.formats.mapped import Data

_HAR = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:\s*\{')
_ZIP = b"PK\x03\x04"
_FLOWS = re.compile(rb"\A\d{2,12}:\d{1,2}:[a-z_]+[;,]")
_YAML = re.compile(rb"^[\"']?(?:interactions|frames)[\"']?[ \t]*:[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_YAML_ITEM = re.compile(rb"^[ \t]*-[ \t]+\{?[ \t]*(?:direction|kind|type|data|from|side|request)[ \t]*:", re.MULTILINE)
_HEAD_BYTES = 64 * 1024


def open_file(path: Path) -> list[Imported] | None:
    """Read another tool's file that may be larger than memory, each connection in it; None for any other.

    Raises:
        RecordingError: If it is one and cannot be read.
        OSError: If it cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if _HAR.match(head) or _FLOWS.match(head):
        from realtime_inspector.formats.mapped import mapped

        return read(mapped(path), path)
    return None


def read(content: Data, path: Path) -> list[Imported] | None:
    """Read another tool's file, each connection in it; None if it is none of those that are known.

    Raises:
        RecordingError: If it is one and cannot be read.
    """
    head = content[:_HEAD_BYTES]
    if _HAR.match(head):
        from realtime_inspector.formats import har_reading

        return har_reading.read(content, path)
    if head.startswith(_ZIP):
        from realtime_inspector.formats import har_reading

        return har_reading.read_zip(bytes(content), path)
    if _FLOWS.match(head):
        from realtime_inspector.formats import flow_file

        return flow_file.read(content, path)
    if _YAML.search(head) and _YAML_ITEM.search(head):
        from realtime_inspector.formats import yaml_frames

        return yaml_frames.read(bytes(content), path)
    return None
