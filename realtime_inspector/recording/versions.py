"""Older recordings brought to the format of this release, one step per version.

A step takes a line's members as its version wrote them and returns them as the next version would have. There is one
version so far, hence no step; `upgrade` refuses what a newer release wrote.
"""

from __future__ import annotations

from realtime_inspector.errors import UnknownVersion
from realtime_inspector.recording.entry import FORMAT_VERSION, Header


def check(header: Header) -> None:
    """Make sure that this release can read the recording.

    Raises:
        UnknownVersion: If a newer release wrote it.
    """
    if header.version > FORMAT_VERSION:
        raise UnknownVersion(
            f"recording format {header.version} is newer than {FORMAT_VERSION}, the newest this release reads; "
            "upgrade realtime-inspector"
        )
