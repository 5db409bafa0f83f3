"""Which versions of the format are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_inspector.errors import NotAnEntry, UnknownVersion
from realtime_inspector.recording import versions
from realtime_inspector.recording.entry import FORMAT_VERSION, Header

HEADER = Header("x", "2026-11-22T11:10:03.123456Z")


def test_the_version_that_is_written_is_read() -> None:
    versions.check(HEADER)


def test_a_newer_version_is_refused_with_what_to_do() -> None:
    newer = replace(HEADER, version=FORMAT_VERSION + 1)
    with pytest.raises(UnknownVersion, match=r"recording format 2 is newer than 1, .*; upgrade realtime-inspector"):
        versions.check(newer)


def test_a_version_that_never_was_is_no_recording() -> None:
    with pytest.raises(NotAnEntry, match="there is no recording format 0"):
        versions.check(replace(HEADER, version=0))
